// The facade of the runtime: plugins in, a running host out. What host/app drives, in this order:
//
//   runtime r(ports, options);
//   r.load(candidates, settings);   // create, init, configure
//   r.migrate();                    // tables of the runtime and of every plugin; before the store's first unit
//   store.start(); ...
//   r.activate();                   // topics, subscriptions, routes, timers: before the fronts start
//   r.start();                      // delivery on
//   r.drain(deadline);              // fronts have stopped accepting
//   r.stop();                       // no callback of a plugin afterwards, except on_close while the store closes
//   store.stop(...);
//   r.unload();                     // deactivate, destroy
//
// A plugin that fails at a step stays in plugins() with its sentence and the others go on; each step answers whether
// all went well, the composition root decides. Threads: control functions [control]; plugins(), ready(), lanes() any
// thread. The pool's threads are joined before the runtime dies. stop() and unload() are idempotent and legal in any
// state.
#pragma once
#include "host/core/result.hpp"
#include "host/io/plugin.hpp"
#include "host/runtime/lane_engine.hpp"
#include "host/runtime/options.hpp"
#include "host/runtime/services.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace evhost::runtime {

struct plugin_status {
  std::string id, version;
  std::filesystem::path file;
  std::string state;   // created .. running, failed
  std::string reason;  // of a failure; empty otherwise
};

enum class health : std::uint8_t { ok, degraded, down };

struct readiness {
  health overall = health::ok;
  struct part {
    std::string name;  // a plugin's id, or "store"
    health state = health::ok;
    std::string reason;
  };
  std::vector<part> parts;  // those that are not ok
};

class runtime {
 public:
  using settings_map = std::map<std::string, plugin_settings, std::less<>>;

  runtime(runtime_ports ports, runtime_options options);
  ~runtime();
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  // False: at least one plugin failed in this step; see plugins().
  bool load(std::span<const io::plugin_candidate> candidates, const settings_map& settings);
  core::result<void> migrate();
  bool activate();
  bool start();
  void drain(std::chrono::steady_clock::time_point deadline);
  void stop();
  void unload();

  [[nodiscard]] std::vector<plugin_status> plugins() const;
  [[nodiscard]] readiness ready() const;
  [[nodiscard]] std::vector<lane_state> lanes() const;
  void refresh_log_level();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace evhost::runtime
