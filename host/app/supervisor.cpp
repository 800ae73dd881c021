// fork, wait, restart.
#include "host/app/supervisor.hpp"

#include "host/app/exit_codes.hpp"
#include "host/app/signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

namespace evhost::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds backoff_min{100}, backoff_max{5000};
constexpr unsigned check_seconds_max = 30;  // opening plugin files is all it does

class supervisor {
 public:
  supervisor(int argc, char** argv, const std::function<int()>& check) : argc_(argc), argv_(argv), check_(check) {
    ::sigemptyset(&signals_);
    for (const int s : {SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&signals_, s);
    if (!ignored(SIGHUP)) ::sigaddset(&signals_, SIGHUP);  // nohup means it
    ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  int run();

 private:
  bool start();
  [[noreturn]] void become_host(pid_t parent);
  int wait();
  void obey(const siginfo_t& signal);
  void begin_check();
  void end_check(int status);
  void drop_check();
  bool pause_for(milliseconds time);

  const int argc_;
  char** const argv_;
  const std::function<int()>& check_;
  const end_signals is_end_;
  sigset_t signals_;
  pid_t child_ = 0, checker_ = 0;
  bool stopping_ = false, reloading_ = false;
  bool check_again_ = false;  // SIGHUP came while a check was running: the files may have changed since
};

void supervisor::become_host(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(exit_ok);  // the parent went away in between
  ::signal(SIGHUP, SIG_IGN);  // a terminal that closes sends it to both: it is the supervisor's from the first moment
  // The others stay blocked until the host waits for them: one that comes before then is not lost and does not cut it short.
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_UNBLOCK, &children, nullptr);
  std::vector<char*> args;
  for (int i = 0; i < argc_; ++i)
    if (std::string_view(argv_[i]) != "--supervise") args.push_back(argv_[i]);
  args.push_back(nullptr);
  ::execv("/proc/self/exe", args.data());
  std::fprintf(stderr, "evhost: cannot start the host again: %s\n", std::strerror(errno));
  ::_exit(exit_bug);
}

bool supervisor::start() {
  const pid_t parent = ::getpid();
  child_ = ::fork();
  if (child_ == 0) become_host(parent);
  if (child_ < 0) std::fprintf(stderr, "evhost: cannot fork: %s\n", std::strerror(errno));
  return child_ > 0;
}

// Waits for the host's end, doing what it is told meanwhile. Returns the status.
int supervisor::wait() {
  for (;;) {
    int status = 0;
    if (checker_ > 0 && ::waitpid(checker_, &status, WNOHANG) == checker_) end_check(status);
    if (::waitpid(child_, &status, WNOHANG) == child_) return status;
    siginfo_t info;
    if (::sigwaitinfo(&signals_, &info) > 0) obey(info);
  }
}

void supervisor::obey(const siginfo_t& signal) {
  if (is_end_(signal)) {
    // A second signal ends the host at once: Ctrl-C has reached it already, and terminals hang up twice.
    const bool again = std::exchange(stopping_, true);
    const bool by_terminal = signal.si_code == SI_KERNEL;
    if (by_terminal && (again || signal.si_signo == SIGINT)) return;
    if (std::exchange(reloading_, false)) return;  // it drains already
    ::kill(child_, SIGTERM);
  } else if (signal.si_signo == SIGHUP && !stopping_ && !reloading_) {
    if (checker_ > 0) check_again_ = true;
    else begin_check();
  }
}

void supervisor::begin_check() {
  checker_ = ::fork();
  if (checker_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::sigprocmask(SIG_UNBLOCK, &signals_, nullptr);
    ::alarm(check_seconds_max);
    const int code = check_();
    std::fflush(nullptr);
    ::_exit(code);
  }
  if (checker_ < 0) std::fprintf(stderr, "evhost: not reloaded, the host goes on as it is: cannot fork: %s\n", std::strerror(errno));
}

void supervisor::end_check(int status) {
  checker_ = 0;
  if (stopping_) return;
  if (std::exchange(check_again_, false)) return begin_check();
  if (WIFSIGNALED(status)) {
    std::fprintf(stderr, "evhost: not reloaded, the host goes on as it is: the check was ended by signal %d%s\n", WTERMSIG(status),
                 WTERMSIG(status) == SIGALRM ? " after 30 s" : "; a plugin file may be broken, see evhost plugins");
  } else if (WEXITSTATUS(status) == exit_ok) {
    std::fprintf(stderr, "evhost: the configuration is good; the host drains and starts again with it\n");
    reloading_ = true;
    ::kill(child_, SIGTERM);
  }
}

// The host ended by itself: the next one reads the files anyway.
void supervisor::drop_check() {
  check_again_ = false;
  if (checker_ <= 0) return;
  ::kill(checker_, SIGKILL);
  ::waitpid(checker_, nullptr, 0);
  checker_ = 0;
}

// Sleeps, but not through a signal to end. True when one came.
bool supervisor::pause_for(milliseconds time) {
  const auto until = steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - steady_clock::now());
    if (left.count() <= 0) return false;
    const timespec pause{static_cast<std::time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
    siginfo_t info;
    if (::sigtimedwait(&signals_, &info, &pause) > 0 && is_end_(info)) return true;
  }
}

int supervisor::run() {
  for (auto backoff = backoff_min;;) {
    const auto started = steady_clock::now();
    if (!start()) return exit_unavailable;
    const int status = wait();
    drop_check();
    const bool reloaded = std::exchange(reloading_, false);
    const bool by_signal = WIFSIGNALED(status);
    if (stopping_) return by_signal ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    // Asked to end for a reload it has nothing to decide: ended by that signal it had not begun to serve.
    if (reloaded && (by_signal ? WTERMSIG(status) == SIGTERM : WEXITSTATUS(status) != exit_bug)) continue;
    if (!by_signal && WEXITSTATUS(status) != exit_bug) return WEXITSTATUS(status);
    if (steady_clock::now() - started > std::chrono::minutes(1)) backoff = backoff_min;
    std::fprintf(stderr, "evhost: the host %s %d; starting it again in %lld ms\n", by_signal ? "was ended by signal" : "ended with code",
                 by_signal ? WTERMSIG(status) : WEXITSTATUS(status), static_cast<long long>(backoff.count()));
    if (pause_for(backoff)) return exit_ok;
    backoff = std::min(backoff * 2, backoff_max);
  }
}

}  // namespace

int supervise(int argc, char** argv, const std::function<int()>& check) { return supervisor(argc, argv, check).run(); }

}  // namespace evhost::app
