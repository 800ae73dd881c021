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
  const auto settings = with_secrets(load_config(line).values);
  io::system_clock clock;
  observe::registry metrics;
  observe::spdlog_sink sink(log_options(settings), clock, metrics);
  auto on = open_engine(settings, clock, sink, metrics);
  boost::asio::thread_pool pool(1);
  runtime::runtime plugins({*on.store, *on.log, clock, sink, metrics, pool.get_executor()}, runtime_options(settings));
  std::vector<io::plugin_candidate> candidates;
  runtime::runtime::settings_map shares;
  for (auto& p : choose_plugins(settings).plugins) {
    shares.emplace(p.candidate.id, p.settings);
    candidates.push_back(std::move(p.candidate));
  }
  plugins.load(candidates, shares);
  take(plugins.migrate());
  plugins.unload();
  pool.join();
  std::printf("the database %s is at the version of this build and its %zu plugins\n", database_name(settings).c_str(), candidates.size());
  return exit_ok;
}

}  // namespace evhost::app
