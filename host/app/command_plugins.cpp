// plugins and validate: what can be said about plugin files without serving.
#include "host/app/commands.hpp"
#include "host/app/exit_codes.hpp"
#include "host/app/failure.hpp"
#include "host/app/host_options.hpp"
#include "host/app/engine.hpp"
#include "host/app/plugin_files.hpp"
#include "host/http/front.hpp"
#include "host/observe/metrics.hpp"
#include "host/observe/spdlog_sink.hpp"
#include "host/runtime/runtime.hpp"
#include "host/websocket/hub.hpp"

#include <boost/asio/thread_pool.hpp>
#include <boost/json.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace evhost::app {
namespace {

namespace json = boost::json;

void print(bool as_json, std::string_view id, std::string_view version, const std::filesystem::path& file, std::string_view state, std::string_view reason) {
  if (as_json) {
    std::puts(json::serialize(json::object{{"id", id}, {"version", version}, {"file", file.string()}, {"state", state}, {"reason", reason}}).c_str());
    return;
  }
  std::printf("%-20.*s %-10.*s %-9.*s %s\n", static_cast<int>(id.size()), id.data(), static_cast<int>(version.size()), version.data(),
              static_cast<int>(state.size()), state.data(), file.c_str());
  if (!reason.empty()) std::printf("    %.*s\n", static_cast<int>(reason.size()), reason.data());
}

// Takes one plugin through its life on an engine of its own, in this (child) process. Returns the sentence of a failure.
std::string live_once(const chosen_plugin& plugin, const std::filesystem::path& scratch) {
  config::settings settings;
  settings.host.data_dir = scratch;
  io::system_clock clock;
  observe::registry metrics;
  observe::spdlog_sink sink({.level = io::log_level::error}, clock, metrics);
  auto on = open_engine(settings, clock, sink, metrics);
  boost::asio::thread_pool pool(1);
  http::front_options off;
  off.port = 0;
  http::front front(off, {});
  websocket::hub sockets({});
  runtime::runtime_ports ports{*on.store, *on.log, clock, sink, metrics, pool.get_executor()};
  ports.http = &front;
  ports.websocket_routes = &sockets;
  ports.websocket_hub = &sockets;
  runtime::runtime one(ports, runtime_options(settings));
  runtime::runtime::settings_map shares;
  shares.emplace(plugin.candidate.id, plugin.settings);
  const auto why = [&] {
    for (const auto& p : one.plugins())
      if (!p.reason.empty()) return "in state " + p.state + ": " + p.reason;
    return std::string("failed without a reason");
  };
  if (!one.load({&plugin.candidate, 1}, shares)) return why();
  if (const auto migrated = one.migrate(); !migrated) return migrated.error().message;
  take(on.store->start());
  if (!one.activate() || !one.start()) return why();
  const auto deadline = clock.steady() + std::chrono::seconds(5);
  one.drain(deadline);
  one.stop();
  pool.join();
  on.store->stop(deadline);
  one.unload();
  return {};
}

// In a child with a deadline: a plugin that aborts or hangs hurts only its own check.
std::string check_life(const chosen_plugin& plugin) {
  char scratch[] = "/tmp/evhost-validate-XXXXXX";
  if (!::mkdtemp(scratch)) throw failure(exit_directory, "cannot make a scratch directory in /tmp");
  int pipes[2];
  if (::pipe(pipes) != 0) throw failure(exit_unavailable, "cannot make a pipe");
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    std::string why;
    try {
      why = live_once(plugin, scratch);
    } catch (const std::exception& e) {
      why = e.what();
    }
    const auto written = ::write(pipes[1], why.data(), why.size());
    std::_Exit(written == static_cast<ssize_t>(why.size()) && why.empty() ? 0 : 1);
  }
  ::close(pipes[1]);
  std::string why;
  char buffer[512];
  for (ssize_t n; (n = ::read(pipes[0], buffer, sizeof buffer)) > 0;) why.append(buffer, static_cast<std::size_t>(n));
  ::close(pipes[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  std::error_code ec;
  std::filesystem::remove_all(scratch, ec);
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGALRM ? "did not finish its life cycle within 30 s" : "ended the process with signal " + std::to_string(WTERMSIG(status));
  return why;
}

}  // namespace

int list_plugins(const command_line& line) {
  const auto chosen = choose_plugins(load_config(line).values);
  for (const auto& p : chosen.plugins) print(line.json, p.candidate.id, p.candidate.version, p.candidate.file, "ok", "");
  for (const auto& id : chosen.disabled) print(line.json, id, "", "", "disabled", "plugins." + id + ".enabled is false");
  for (const auto& r : chosen.refusals) print(line.json, r.id.empty() ? "?" : r.id, "", r.file, "refused", r.reason);
  for (const auto& w : chosen.warnings) std::fprintf(stderr, "evhost: %s\n", w.c_str());
  return chosen.refusals.empty() ? exit_ok : exit_data;
}

int validate_files(const command_line& line) {
  std::vector<std::filesystem::path> files;
  for (const auto& f : line.files) {
    if (!std::filesystem::exists(f)) throw failure(exit_not_found, "there is no file " + f);
    files.push_back(std::filesystem::absolute(f));
  }
  const auto chosen = choose_plugins(load_config(line).values, files);
  bool good = chosen.refusals.empty();
  for (const auto& r : chosen.refusals) print(false, r.id.empty() ? "?" : r.id, "", r.file, "refused", r.reason);
  for (const auto& w : chosen.warnings) std::printf("    warning: %s\n", w.c_str());
  for (const auto& p : chosen.plugins) {
    const auto why = check_life(p);
    good = good && why.empty();
    print(false, p.candidate.id, p.candidate.version, p.candidate.file, why.empty() ? "valid" : "refused", why);
  }
  return good ? exit_ok : exit_data;
}

}  // namespace evhost::app
