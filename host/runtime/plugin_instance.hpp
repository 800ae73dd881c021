// One plugin as a state machine: the order of its life, what it was granted, what it registered.
//
// created -> initialised -> configured -> active -> running -> draining -> stopped -> initialised -> gone; failed from
// anywhere. Threads: lifecycle functions [control]; enter() and the const accessors any thread. Every entry into the
// plugin goes through enter(): tagged, and with a catch-all. Instances are never freed before the runtime is, so that a
// late call of a plugin's own thread meets a state, not freed memory.
#pragma once
#include "host/core/result.hpp"
#include "host/io/plugin.hpp"
#include "host/runtime/abi_error.hpp"
#include "host/runtime/call_gate.hpp"
#include "host/runtime/call_scope.hpp"
#include "host/runtime/registrations.hpp"
#include "host/runtime/services.hpp"

#include <evh/abi/events.h>
#include <evh/abi/health.h>
#include <evh/abi/http.h>
#include <evh/abi/plugin.h>
#include <evh/abi/store.h>
#include <evh/abi/timer.h>
#include <evh/abi/ws.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::runtime {

enum class plugin_state : std::uint8_t {
  created,
  initialised,
  configured,
  active,
  running,
  draining,
  stopped,
  failed,
  gone
};
const char* to_string(plugin_state state);

// The plugin's own tables, looked up once after init. Null: it has none.
struct plugin_tables {
  const evh_events* events = nullptr;
  const evh_timer_handler* timer = nullptr;
  const evh_http_handler* http = nullptr;
  const evh_ws_handler* ws = nullptr;
  const evh_health* health = nullptr;
  const evh_migrations* migrations = nullptr;
};

class plugin_instance {
 public:
  plugin_instance(services& shared, io::plugin_candidate candidate, plugin_settings settings);
  ~plugin_instance();
  plugin_instance(const plugin_instance&) = delete;
  plugin_instance& operator=(const plugin_instance&) = delete;

  // Lifecycle; an error is the sentence that stays as reason(), and the state is failed. [control]
  core::result<void> create();
  core::result<void> init();
  core::result<void> configure();
  core::result<void> activate();
  core::result<void> start();
  void drain(std::chrono::steady_clock::time_point deadline);
  void stop();
  void deactivate();
  void destroy();
  // Asks the plugin whether it would accept this snapshot; nothing changes. [control]
  core::result<void> validate_config(std::string_view json);
  void fail(std::string reason);

  core::result<std::vector<io::migration>> migrations(std::int32_t dialect);

  [[nodiscard]] const std::string& id() const { return candidate_.id; }
  [[nodiscard]] const io::plugin_candidate& candidate() const { return candidate_; }
  [[nodiscard]] const plugin_settings& settings() const { return settings_; }
  [[nodiscard]] plugin_state state() const { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] services& shared() const { return shared_; }
  [[nodiscard]] void* self() const { return plugin_->self; }
  [[nodiscard]] const plugin_tables& tables() const { return tables_; }
  [[nodiscard]] const std::string& component() const { return component_; }
  [[nodiscard]] const evh_host* host() const { return &host_; }
  [[nodiscard]] bool granted(std::string_view extension) const;
  [[nodiscard]] bool may_serve(std::string_view path) const;  // route prefixes
  [[nodiscard]] call_gate::pass pass() { return gate_.enter(); }
  [[nodiscard]] bool serving() const { return state() == plugin_state::running || state() == plugin_state::draining; }
  [[nodiscard]] std::size_t under_way() const { return gate_.inside(); }
  [[nodiscard]] bool stuck() const { return stuck_; }

  registrations owned;  // written inside activate only, read-only afterwards

  // Runs call() inside the plugin. What escapes becomes EVH_EXCEPTION with text in error.
  template <class Call>
  evh_status enter(const char* function, symbolic_thread thread, evh_error& error, Call&& call,
                   call_phase phase = call_phase::plain, evh_uow* uow = nullptr, bool reading = false) noexcept {
    call_scope scope(*this, function, thread, phase, uow, reading);
    try {
      return call();
    } catch (const std::bad_alloc&) {
      return say(&error, EVH_NOMEM, "out of memory");
    } catch (const std::exception& why) {
      return escaped(function, why.what(), error);
    } catch (...) {
      return escaped(function, "not a std::exception", error);
    }
  }

  // A call against the contract: logged once per function and rule, always counted.
  void misbehaved(const char* function, const char* rule, std::string_view what) noexcept;
  void log(io::log_level level, std::string_view message,
           std::initializer_list<io::log_field> fields = {}) const noexcept;

 private:
  evh_status escaped(const char* function, const char* what, evh_error& error) noexcept;
  core::result<void> refuse(const std::string& step, evh_status status, const evh_error& error);
  core::result<void> expect(plugin_state wanted, const char* step);
  core::result<void> check_plugin_table();
  bool wait_for_callbacks();
  core::result<void> check_extensions();
  void find_tables();
  template <class Table, class Field>
  const Table* table(const char* extension, Field Table::*last_of_1_0);
  void move_to(plugin_state next) { state_.store(next, std::memory_order_release); }
  static const void* get_extension(const evh_host* host, evh_sv id);

  services& shared_;
  io::plugin_candidate candidate_;
  plugin_settings settings_;
  std::string component_;
  evh_host host_{};
  const evh_plugin* plugin_ = nullptr;
  plugin_tables tables_;
  std::atomic<plugin_state> state_{plugin_state::created};
  bool activated_ = false;
  bool stuck_ = false;  // a callback did not return in time: its memory must stay
  call_gate gate_;
  mutable std::mutex mutex_;  // reason_, reported_
  std::string reason_;
  std::set<std::string> reported_;
};

}  // namespace evhost::runtime
