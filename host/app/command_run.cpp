// run and migrate: bring a host up, wait for a signal, bring it down.
#include "host/app/commands.hpp"
#include "host/app/exit_codes.hpp"
#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/app/host_process.hpp"
#include "host/app/secret_sources.hpp"
#include "host/runtime/crash_note.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>

namespace evhost::app {
namespace {

sigset_t block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT}) ::sigaddset(&set, s);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

}  // namespace

int run_host(const command_line& line) {
  const auto signals = block_signals();  // before any thread exists
  runtime::install_crash_note();
  host_process host(load_config(line));
  host.start();
  int signal = 0;
  ::sigwait(&signals, &signal);
  // From here on a second signal ends the process at once, as its sender wants.
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  host.stop();
  return exit_ok;
}

int migrate_database(const command_line& line) {
  if (!line.move_from.empty() || !line.move_to.empty()) return move_database(line);
  host_process host(load_config(line));
  host.migrate();
  std::printf("the database %s is at the version of this build and its %zu plugins\n", database_name(host.settings()).c_str(), host.plugins().size());
  return exit_ok;
}

}  // namespace evhost::app
