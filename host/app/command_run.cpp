// run and migrate: bring a host up, wait for a signal, bring it down.
#include "host/app/commands.hpp"
#include "host/app/exit_codes.hpp"
#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/app/host_process.hpp"
#include "host/app/plugin_files.hpp"
#include "host/app/secret_sources.hpp"
#include "host/app/signals.hpp"
#include "host/runtime/crash_note.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace evhost::app {
namespace {

sigset_t block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT}) ::sigaddset(&set, s);
  if (!ignored(SIGHUP)) ::sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

// Its parent is the supervisor, which made it end with it.
bool supervised() {
  int with_parent = 0;
  return ::prctl(PR_GET_PDEATHSIG, &with_parent) == 0 && with_parent == SIGTERM;
}

// One line, however many problems there are.
void say_not_reloaded(std::string why) {
  std::ranges::replace(why, '\n', ';');
  std::fprintf(stderr, "evhost: not reloaded, the host goes on as it is: %s\n", why.c_str());
}

}  // namespace

int run_host(const command_line& line) {
  const end_signals is_end;
  auto signals = block_signals();  // before any thread exists
  runtime::install_crash_note();
  host_process host(load_config(line));
  host.start();
  for (siginfo_t signal{}; !is_end(signal);)
    if (::sigwaitinfo(&signals, &signal) == SIGHUP && !is_end(signal))
      host.log().log(io::log_level::warning, "app", "SIGHUP changes nothing here: restart the host, or run it with --supervise and send SIGHUP to that process");
  // What a whole group of processes was sent (systemd, kill -- -PGID) the supervisor passes on once more.
  const timespec for_the_twin{0, 50'000'000};
  if (supervised()) ::sigtimedwait(&signals, nullptr, &for_the_twin);
  // From here on a second signal to end does so at once, as its sender wants; a terminal that closes wants no more than this.
  ::sigdelset(&signals, SIGHUP);
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  host.stop();
  return exit_ok;
}

int check_reload(const command_line& line) {
  try {
    const auto chosen = choose_plugins(load_config(line).values);
    if (chosen.refusals.empty()) return exit_ok;
    say_not_reloaded(chosen.refusals.front().reason);
    return exit_data;
  } catch (const failure& why) {
    say_not_reloaded(why.what());
    return why.code();
  } catch (const config::config_error& why) {
    say_not_reloaded(why.what());
    return exit_config;
  } catch (const std::exception& why) {
    say_not_reloaded(why.what());
    return exit_bug;
  }
}

int migrate_database(const command_line& line) {
  if (!line.move_from.empty() || !line.move_to.empty()) return move_database(line);
  host_process host(load_config(line));
  host.migrate();
  std::printf("the database %s is at the version of this build and its %zu plugins\n", database_name(host.settings()).c_str(), host.plugins().size());
  return exit_ok;
}

}  // namespace evhost::app
