// What the process's signals mean.
#pragma once
#include <signal.h>

namespace evhost::app {

// Set so by who started us: nohup, or the supervisor for its host.
inline bool ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

// SIGTERM, SIGINT, or a SIGHUP that the kernel sent because the terminal went away; one that somebody sent is another thing.
inline bool is_end(const siginfo_t& signal) {
  return signal.si_signo == SIGTERM || signal.si_signo == SIGINT || (signal.si_signo == SIGHUP && signal.si_code == SI_KERNEL);
}

}  // namespace evhost::app
