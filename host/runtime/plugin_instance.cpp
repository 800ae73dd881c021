// The lifecycle's order, its refusals, and the lookups in both directions.
#include "host/runtime/plugin_instance.hpp"

#include "host/core/views.hpp"
#include "host/io/metrics/runtime.hpp"
#include "host/runtime/close_hooks.hpp"
#include "host/runtime/http_route.hpp"
#include "host/runtime/request_table.hpp"
#include "host/runtime/tables/tables.hpp"
#include "host/runtime/timer_service.hpp"
#include "host/runtime/ws_route.hpp"

#include <algorithm>

namespace evhost::runtime {

using core::errc;
using core::text;

const char* to_string(plugin_state state) {
  static constexpr const char* names[] = {"created",  "initialised", "configured", "active", "running",
                                          "draining", "stopped",     "failed",     "gone"};
  return names[static_cast<std::size_t>(state)];
}

plugin_instance::plugin_instance(services& shared, io::plugin_candidate candidate, plugin_settings settings)
    : shared_(shared),
      candidate_(std::move(candidate)),
      settings_(std::move(settings)),
      component_("plugin." + candidate_.id) {
  host_.struct_size = sizeof host_;
  host_.abi_minor = EVH_ABI_MINOR;
  host_.ctx = this;
  host_.name = core::view("evhost");
  host_.version = core::view(shared_.options.host_version);
  host_.get_extension = &plugin_instance::get_extension;
}

plugin_instance::~plugin_instance() = default;

std::string plugin_instance::reason() const {
  std::lock_guard lock(mutex_);
  return reason_;
}

bool plugin_instance::granted(std::string_view extension) const {
  if (is_always_granted(extension)) return true;
  const evh_descriptor& d = *candidate_.descriptor;
  const auto lists = [&](const evh_sv* list, std::uint32_t count) {
    return std::any_of(list, list + count, [&](evh_sv one) { return text(one) == extension; });
  };
  if (!lists(d.required, d.required_count) && !lists(d.optional, d.optional_count)) return false;
  if (!settings_.extensions) return settings_.privileged || !is_privileged(extension);
  return std::find(settings_.extensions->begin(), settings_.extensions->end(), extension) !=
         settings_.extensions->end();
}

bool plugin_instance::may_serve(std::string_view path) const {
  const auto under = [&](std::string_view prefix) {
    return path.starts_with(prefix) || (prefix.ends_with('/') && path == prefix.substr(0, prefix.size() - 1));
  };
  return under("/p/" + id() + "/") ||
         std::any_of(settings_.route_prefixes.begin(), settings_.route_prefixes.end(), under);
}

void plugin_instance::log(io::log_level level, std::string_view message,
                          std::initializer_list<io::log_field> fields) const noexcept {
  shared_.ports.log_sink.log(level, component_, message, fields);
}

void plugin_instance::misbehaved(const char* function, const char* rule, std::string_view what) noexcept {
  shared_.ports.metrics.get_counter(io::metrics::misbehaviour_total, {id(), rule}).add();
  try {
    std::lock_guard lock(mutex_);
    if (!reported_.insert(std::string(function) + '/' + rule).second) return;
  } catch (...) {
    return;
  }
  const call_frame* call = current_call();
  log(io::log_level::warning, "PLUGIN_MISBEHAVING",
      {{"plugin", id()},
       {"function", function},
       {"rule", rule},
       {"state", to_string(state())},
       {"thread", to_string(call ? call->thread : symbolic_thread::other)},
       {"error", what}});
}

evh_status plugin_instance::escaped(const char* function, const char* what, evh_error& error) noexcept {
  misbehaved(function, "exception", what);
  return say(&error, EVH_EXCEPTION, what);
}

void plugin_instance::fail(std::string reason) {
  log(io::log_level::error, reason, {{"plugin", id()}, {"path", candidate_.file.string()}});
  {
    std::lock_guard lock(mutex_);
    if (reason_.empty()) reason_ = std::move(reason);
  }
  move_to(plugin_state::failed);
}

core::result<void> plugin_instance::refuse(const std::string& step, evh_status status, const evh_error& error) {
  const std::string words = said(error);
  std::string sentence = "plugin '" + id() + "' " + candidate_.version + " in '" + candidate_.file.string() +
                         "' failed in " + step + " (" + status_name(status) +
                         "): " + (words.empty() ? "it gave no reason" : words);
  fail(sentence);
  return core::fail(status == EVH_OK ? errc::invalid : static_cast<errc>(status), std::move(sentence));
}

core::result<void> plugin_instance::expect(plugin_state wanted, const char* step) {
  if (state() == wanted) return core::success();
  return core::fail(errc::state, "plugin '" + id() + "' cannot " + step + " while " + to_string(state()) +
                                     ": it must be " + to_string(wanted));
}

core::result<void> plugin_instance::create() {
  EVH_TRY(expect(plugin_state::created, "be created"));
  evh_error error = make_error();
  const evh_status status = enter(
      "create", symbolic_thread::control, error,
      [&] {
        plugin_ = candidate_.factory->create(&host_, core::view(candidate_.id), &error);
        return EVH_OK;
      },
      call_phase::create);
  if (status != EVH_OK || plugin_ == nullptr) return refuse("create", status == EVH_OK ? error.code : status, error);
  return check_plugin_table();
}

core::result<void> plugin_instance::check_plugin_table() {
  const char* missing = nullptr;
  if (!reaches(plugin_, &evh_plugin::get_extension))
    missing = "struct_size (too small for ABI 1.0)";
  else if (plugin_->init == nullptr)
    missing = "init";
  else if (plugin_->activate == nullptr)
    missing = "activate";
  else if (plugin_->destroy == nullptr)
    missing = "destroy";
  else if (plugin_->get_extension == nullptr)
    missing = "get_extension";
  if (missing == nullptr) return core::success();
  evh_error error = make_error();
  say(&error, EVH_INVALID, std::string("evh_plugin.") + missing + " is mandatory: set it");
  plugin_ = nullptr;
  return refuse("create", EVH_INVALID, error);
}

core::result<void> plugin_instance::check_extensions() {
  const evh_descriptor& d = *candidate_.descriptor;
  for (std::uint32_t i = 0; i < d.required_count; ++i) {
    const std::string wanted(text(d.required[i]));
    if (find_table(shared_, wanted) == nullptr && !is_plugin_side(wanted)) {
      evh_error error = make_error();
      say(&error, EVH_UNSUPPORTED,
          "it needs extension '" + wanted + "', which this host " + shared_.options.host_version +
              " (ABI 1.0) does not have: update the host or use an older plugin");
      return refuse("init", EVH_UNSUPPORTED, error);
    }
    if (!granted(wanted)) {
      evh_error error = make_error();
      say(&error, EVH_DENIED,
          "it needs extension '" + wanted + "', which is not granted: add it to plugins." + id() + ".grants");
      return refuse("init", EVH_DENIED, error);
    }
  }
  return core::success();
}

template <class Table, class Field>
const Table* plugin_instance::table(const char* extension, Field Table::*last_of_1_0) {
  evh_error error = make_error();
  const void* found = nullptr;
  enter("get_extension", symbolic_thread::control, error, [&] {
    found = plugin_->get_extension(plugin_->self, core::view(extension));
    return EVH_OK;
  });
  const auto* typed = static_cast<const Table*>(found);
  if (typed != nullptr && !reaches(typed, last_of_1_0)) {
    misbehaved("get_extension", "struct_size", extension);
    return nullptr;
  }
  return typed;
}

void plugin_instance::find_tables() {
  tables_.events = table<evh_events>(EVH_EXT_EVENTS, &evh_events::on_batch);
  tables_.timer = table<evh_timer_handler>(EVH_EXT_TIMER_HANDLER, &evh_timer_handler::on_timer);
  tables_.http = table<evh_http_handler>(EVH_EXT_HTTP_HANDLER, &evh_http_handler::on_request);
  tables_.ws = table<evh_ws_handler>(EVH_EXT_WS_HANDLER, &evh_ws_handler::on_close);
  tables_.health = table<evh_health>(EVH_EXT_HEALTH, &evh_health::check);
  tables_.migrations = table<evh_migrations>(EVH_EXT_MIGRATIONS, &evh_migrations::get);
}

core::result<void> plugin_instance::init() {
  EVH_TRY(expect(plugin_state::created, "be initialised"));
  EVH_TRY(check_extensions());
  evh_error error = make_error();
  const evh_status status =
      enter("init", symbolic_thread::control, error, [&] { return plugin_->init(plugin_->self, &host_, &error); });
  if (status != EVH_OK) return refuse("init", status, error);
  find_tables();
  move_to(plugin_state::initialised);
  return core::success();
}

core::result<void> plugin_instance::configure() {
  EVH_TRY(expect(plugin_state::initialised, "be configured"));
  if (plugin_->configure != nullptr) {
    for (const std::uint32_t flags : {EVH_CONFIGURE_VALIDATE, 0u}) {
      evh_error error = make_error();
      const evh_status status = enter("configure", symbolic_thread::control, error, [&] {
        return plugin_->configure(plugin_->self, core::view(settings_.config_json), flags, &error);
      });
      if (status != EVH_OK) return refuse("configure (plugins." + id() + ")", status, error);
    }
  }
  move_to(plugin_state::configured);
  return core::success();
}

core::result<void> plugin_instance::validate_config(std::string_view json) {
  if (plugin_ == nullptr || plugin_->configure == nullptr) return core::success();
  evh_error error = make_error();
  const evh_status status = enter("configure", symbolic_thread::control, error, [&] {
    return plugin_->configure(plugin_->self, core::view(json), EVH_CONFIGURE_VALIDATE, &error);
  });
  if (status == EVH_OK) return core::success();
  return core::fail(static_cast<errc>(status), "plugins." + id() + ": " + said(error));
}

core::result<std::vector<io::migration>> plugin_instance::migrations(std::int32_t dialect) {
  std::vector<io::migration> steps;
  if (tables_.migrations == nullptr) return steps;
  if (tables_.migrations->count == nullptr || tables_.migrations->get == nullptr)
    return core::fail(errc::invalid, "plugin '" + id() + "': evh_migrations.count and get are mandatory");
  evh_error error = make_error();
  const evh_status status = enter("migrations", symbolic_thread::control, error, [&]() -> evh_status {
    const std::uint32_t count = tables_.migrations->count(plugin_->self, dialect);
    for (std::uint32_t i = 0; i < count; ++i) {
      evh_migration one{};
      one.struct_size = sizeof one;
      if (const evh_status got = tables_.migrations->get(plugin_->self, dialect, i, &one); got != EVH_OK) return got;
      if (one.version != i + 1)
        return say(&error, EVH_INVALID,
                   "migration " + std::to_string(i + 1) + " has version " + std::to_string(one.version));
      steps.push_back({one.version, std::string(text(one.name)), std::string(text(one.sql))});
    }
    return EVH_OK;
  });
  if (status != EVH_OK)
    return core::fail(static_cast<errc>(status),
                      "plugin '" + id() + "': its migrations cannot be read: " + said(error));
  return steps;
}

core::result<void> plugin_instance::activate() {
  EVH_TRY(expect(plugin_state::configured, "be activated"));
  owned.metrics.reserve(shared_.options.metric_series_max);
  gate_.open();
  evh_error error = make_error();
  const evh_status status = enter(
      "activate", symbolic_thread::control, error, [&] { return plugin_->activate(plugin_->self, &error); },
      call_phase::activate);
  if (status != EVH_OK) {
    gate_.close();
    return refuse("activate", status, error);
  }
  activated_ = true;
  move_to(plugin_state::active);
  return core::success();
}

core::result<void> plugin_instance::start() {
  EVH_TRY(expect(plugin_state::active, "be started"));
  if (plugin_->start != nullptr) {
    evh_error error = make_error();
    const evh_status status =
        enter("start", symbolic_thread::control, error, [&] { return plugin_->start(plugin_->self, &error); });
    if (status != EVH_OK) {
      gate_.close();
      return refuse("start", status, error);
    }
  }
  move_to(plugin_state::running);
  shared_.timers->begin(*this);
  return core::success();
}

void plugin_instance::drain(std::chrono::steady_clock::time_point deadline) {
  if (state() != plugin_state::running) return;
  move_to(plugin_state::draining);
  shared_.timers->cancel_all(*this);
  if (plugin_->drain != nullptr) {
    evh_error error = make_error();
    enter("drain", symbolic_thread::control, error, [&] {
      plugin_->drain(plugin_->self,
                     std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count());
      return EVH_OK;
    });
  }
  if (!gate_.wait_idle(deadline))
    log(io::log_level::warning, "drain ended at its deadline with work under way",
        {{"plugin", id()}, {"calls", gate_.inside()}});
}

// Requests the plugin keeps are answered for it, again and again: one may be kept after the first look.
bool plugin_instance::wait_for_callbacks() {
  constexpr std::chrono::milliseconds look{20};
  const auto deadline = std::chrono::steady_clock::now() + shared_.options.stop_grace;
  while (true) {
    request_table::of_process().drop_kept(*this);
    if (gate_.wait_idle(std::min(deadline, std::chrono::steady_clock::now() + look))) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
  }
}

void plugin_instance::stop() {
  shared_.timers->cancel_all(*this);
  gate_.close();
  if (!wait_for_callbacks()) {
    stuck_ = true;
    misbehaved("stop", "callback_does_not_return", "a callback is still running: the instance is left in memory");
  }
  const bool was_started = state() == plugin_state::running || state() == plugin_state::draining;
  if (!was_started) return;
  if (plugin_->stop != nullptr) {
    evh_error error = make_error();
    enter("stop", symbolic_thread::control, error, [&] {
      plugin_->stop(plugin_->self);
      return EVH_OK;
    });
  }
  move_to(plugin_state::stopped);
}

void plugin_instance::deactivate() {
  if (!activated_ || stuck_ || serving()) return;
  activated_ = false;
  if (plugin_->deactivate != nullptr) {
    evh_error error = make_error();
    enter("deactivate", symbolic_thread::control, error, [&] {
      plugin_->deactivate(plugin_->self);
      return EVH_OK;
    });
  }
  shared_.hooks->remove(*this);
  if (state() != plugin_state::failed) move_to(plugin_state::initialised);
}

void plugin_instance::destroy() {
  if (plugin_ == nullptr || stuck_ || activated_) return;
  evh_error error = make_error();
  enter("destroy", symbolic_thread::control, error, [&] {
    plugin_->destroy(plugin_->self);
    return EVH_OK;
  });
  plugin_ = nullptr;
  tables_ = {};
  if (state() != plugin_state::failed) move_to(plugin_state::gone);
}

const void* plugin_instance::get_extension(const evh_host* host, evh_sv wanted) {
  if (host == nullptr || host->ctx == nullptr || wanted.ptr == nullptr) return nullptr;
  auto& self = *static_cast<plugin_instance*>(host->ctx);
  const call_frame* call = current_call();
  if ((call != nullptr && call->phase == call_phase::create) || self.state() == plugin_state::gone) {
    self.misbehaved("get_extension", "state", "the host may be asked from init on until destroy");
    return nullptr;
  }
  return self.granted(text(wanted)) ? find_table(self.shared_, text(wanted)) : nullptr;
}

}  // namespace evhost::runtime
