// fork, wait, restart.
#include "host/app/supervisor.hpp"

#include "host/app/exit_codes.hpp"

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
#include <vector>

namespace evhost::app {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void run_child(int argc, char** argv, pid_t parent, const sigset_t& signals) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(exit_ok);  // the parent went away in between
  ::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
  std::vector<char*> args;
  for (int i = 0; i < argc; ++i)
    if (std::string_view(argv[i]) != "--supervise") args.push_back(argv[i]);
  args.push_back(nullptr);
  ::execv("/proc/self/exe", args.data());
  std::fprintf(stderr, "evhost: cannot start the host again: %s\n", std::strerror(errno));
  ::_exit(exit_bug);
}

// Waits for the child; forwards what the parent is sent. stopping: a signal to end came.
int wait_for(pid_t child, const sigset_t& signals, bool& stopping) {
  for (;;) {
    int status = 0;
    const pid_t done = ::waitpid(child, &status, WNOHANG);
    if (done == child) return status;
    siginfo_t info;
    if (::sigwaitinfo(&signals, &info) < 0) continue;
    if (info.si_signo == SIGTERM || info.si_signo == SIGINT) {
      stopping = true;
      ::kill(child, SIGTERM);
    } else if (info.si_signo == SIGHUP) {
      ::kill(child, SIGHUP);
    }
  }
}

// Sleeps, but not through a signal to end. True when one came.
bool pause_for(std::chrono::milliseconds time, const sigset_t& signals) {
  const auto until = steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - steady_clock::now());
    if (left.count() <= 0) return false;
    const timespec wait{static_cast<std::time_t>(left.count() / 1'000'000'000), static_cast<long>(left.count() % 1'000'000'000)};
    siginfo_t info;
    const int signal = ::sigtimedwait(&signals, &info, &wait);
    if (signal == SIGTERM || signal == SIGINT) return true;
  }
}

}  // namespace

int supervise(int argc, char** argv) {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&signals, s);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  auto backoff = std::chrono::milliseconds(100);
  for (bool stopping = false;;) {
    const auto started = steady_clock::now();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
      std::fprintf(stderr, "evhost: cannot fork: %s\n", std::strerror(errno));
      return exit_unavailable;
    }
    if (child == 0) run_child(argc, argv, parent, signals);
    const int status = wait_for(child, signals, stopping);
    if (WIFEXITED(status) && (stopping || WEXITSTATUS(status) != exit_bug)) return WEXITSTATUS(status);
    if (stopping) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : exit_bug;
    if (steady_clock::now() - started > std::chrono::minutes(1)) backoff = std::chrono::milliseconds(100);
    std::fprintf(stderr, "evhost: the host %s %d; starting it again in %lld ms\n",
                 WIFSIGNALED(status) ? "was ended by signal" : "ended with code",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), static_cast<long long>(backoff.count()));
    if (pause_for(backoff, signals)) return exit_ok;
    backoff = std::min(backoff * 2, std::chrono::milliseconds(5000));
  }
}

}  // namespace evhost::app
