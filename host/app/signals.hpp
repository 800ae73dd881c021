// What the process's signals mean.
#pragma once
#include <signal.h>
#include <unistd.h>

namespace evhost::app {

// Set so by who started us: nohup, or the supervisor for its host.
inline bool ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

// Which signals wish the process to end: SIGTERM, SIGINT, and a SIGHUP because the terminal it was started in is gone; one
// that somebody sent is another thing. Made at the start of the process.
class end_signals {
 public:
  bool operator()(const siginfo_t& signal) const {
    if (signal.si_signo == SIGTERM || signal.si_signo == SIGINT) return true;
    // The kernel tells the foreground, the shell its background jobs.
    return signal.si_signo == SIGHUP && (signal.si_code == SI_KERNEL || (had_terminal_ && ::isatty(STDERR_FILENO) == 0));
  }

 private:
  const bool had_terminal_ = ::isatty(STDERR_FILENO) == 1;
};

}  // namespace evhost::app
