// Drives every instance through its life; owns the lane engine and the housekeeping tick.
#include "host/runtime/runtime.hpp"

#include "host/io/metrics/host.hpp"
#include "host/runtime/housekeeping.hpp"
#include "host/runtime/idempotency.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "host/runtime/watchdog.hpp"

#include <algorithm>

namespace evhost::runtime {

struct runtime::impl {
  impl(runtime_ports ports, runtime_options options)
      : shared(std::move(ports), std::move(options)),
        engine(shared.ports.store, shared.ports.log, shared.ports.clock, shared.ports.log_sink, shared.ports.metrics,
               shared.ports.pool, shared.options.lanes),
        chores(shared),
        watch(shared.ports.log_sink, shared.ports.metrics, {shared.options.handler_deadline, {}}) {
    shared.lanes = &engine;
  }

  services shared;
  std::vector<std::unique_ptr<plugin_instance>> plugins;  // filled by load, fixed afterwards
  lane_engine engine;                                     // dies before the handlers it calls
  housekeeping chores;
  watchdog watch;  // dies before what it looks at
  bool engine_started = false, stopped = false;
  std::string trouble;  // of the runtime itself, set by start() before anyone asks
};

runtime::runtime(runtime_ports ports, runtime_options options)
    : impl_(std::make_unique<impl>(std::move(ports), std::move(options))) {}

runtime::~runtime() {
  stop();
  unload();
  impl_->watch.stop();
  const auto stuck = [](const auto& plugin) { return plugin->stuck(); };
  if (std::none_of(impl_->plugins.begin(), impl_->plugins.end(), stuck)) return;
  // A callback of a plugin never returned and may still look around here: this memory stays, reachable, for good.
  static auto* const left_behind = new std::vector<std::unique_ptr<impl>>;
  left_behind->push_back(std::move(impl_));
}

bool runtime::load(std::span<const io::plugin_candidate> candidates, const settings_map& settings) {
  for (const io::plugin_candidate& one : candidates) {
    const auto found = settings.find(one.id);
    impl_->plugins.push_back(std::make_unique<plugin_instance>(
        impl_->shared, one, found == settings.end() ? plugin_settings{} : found->second));
    impl_->watch.add(*impl_->plugins.back());
  }
  impl_->watch.start();
  bool all = true;
  for (const auto& made_of : impl_->plugins) {
    plugin_instance& plugin = *made_of;
    const io::plugin_candidate& one = plugin.candidate();
    const bool made = plugin.create() && plugin.init() && plugin.configure();
    all = all && made;
    if (made)
      impl_->shared.ports.metrics
          .get_gauge(io::metrics::plugin_info, {one.id, one.version, "1." + std::to_string(one.abi_minor_built)})
          .set(1);
  }
  return all;
}

core::result<void> runtime::migrate() {
  io::store& store = impl_->shared.ports.store;
  EVH_TRY(store.migrate("host.runtime", lane_engine::migrations()));
  EVH_TRY(store.migrate(idempotency::owner, idempotency::migrations(store.dialect())));
  for (const auto& plugin : impl_->plugins) {
    if (plugin->state() != plugin_state::configured) continue;
    auto steps = plugin->migrations(store.dialect());
    core::result<void> done = steps ? store.migrate(plugin->id(), steps.value()) : core::result<void>(steps.error());
    if (!done) plugin->fail("plugin '" + plugin->id() + "': migration failed: " + done.error().message);
  }
  return core::success();
}

bool runtime::activate() {
  bool all = true;
  for (const auto& plugin : impl_->plugins)
    if (plugin->state() == plugin_state::failed || !plugin->activate()) all = false;
  return all;
}

bool runtime::start() {
  bool all = true;
  for (const auto& plugin : impl_->plugins) {
    if (plugin->state() != plugin_state::active || !plugin->start()) {
      all = false;
      continue;
    }
    for (const subscription& wanted : plugin->owned.subscriptions)
      if (auto subscribed = impl_->engine.subscribe(wanted); !subscribed) {
        plugin->fail("plugin '" + plugin->id() + "': subscription to '" + wanted.topic +
                     "' failed: " + subscribed.error().message);
        all = false;
        break;
      }
  }
  if (auto running = impl_->engine.start(); !running) {
    impl_->trouble = "the lanes did not start: " + running.error().message;
    impl_->shared.ports.log_sink.log(io::log_level::error, "runtime", impl_->trouble);
    return false;
  }
  impl_->engine_started = true;
  impl_->chores.start();
  return all;
}

void runtime::drain(std::chrono::steady_clock::time_point deadline) {
  impl_->chores.stop();
  if (impl_->engine_started) impl_->engine.drain(deadline);
  for (const auto& plugin : impl_->plugins) plugin->drain(deadline);
}

void runtime::stop() {
  if (std::exchange(impl_->stopped, true)) return;
  impl_->chores.stop();
  impl_->engine.stop();
  for (auto at = impl_->plugins.rbegin(); at != impl_->plugins.rend(); ++at) (*at)->stop();
}

void runtime::unload() {
  stop();
  for (auto at = impl_->plugins.rbegin(); at != impl_->plugins.rend(); ++at) {
    (*at)->deactivate();
    (*at)->destroy();
  }
}

std::vector<plugin_status> runtime::plugins() const {
  std::vector<plugin_status> out;
  for (const auto& plugin : impl_->plugins)
    out.push_back({plugin->id(), plugin->candidate().version, plugin->candidate().file, to_string(plugin->state()),
                   plugin->reason()});
  return out;
}

namespace {

readiness::part health_of(plugin_instance& plugin) {
  readiness::part out{plugin.id(), health::ok, {}};
  if (plugin.state() == plugin_state::failed) return {plugin.id(), health::down, plugin.reason()};
  if (plugin.state() != plugin_state::running)
    return {plugin.id(), health::down, std::string("is ") + to_string(plugin.state())};
  const call_gate::pass pass = plugin.pass();
  if (!pass || plugin.tables().health == nullptr || plugin.tables().health->check == nullptr) return out;
  evh_error reason = make_error();
  std::int32_t answer = EVH_HEALTH_OK;
  const evh_status status = plugin.enter(
      "health", symbolic_thread::other, reason,
      [&] {
        answer = plugin.tables().health->check(plugin.self(), &reason);
        return EVH_OK;
      },
      call_phase::no_wait);
  if (status != EVH_OK || answer == EVH_HEALTH_DOWN)
    out.state = health::down;
  else if (answer == EVH_HEALTH_DEGRADED)
    out.state = health::degraded;
  out.reason = said(reason);
  return out;
}

}  // namespace

readiness runtime::ready() const {
  readiness out;
  const auto add = [&](readiness::part part) {
    if (part.state == health::ok) return;
    out.overall = std::max(out.overall, part.state);
    out.parts.push_back(std::move(part));
  };
  if (std::string trouble = impl_->shared.ports.store.trouble(); !trouble.empty())
    add({"store", health::down, std::move(trouble)});
  if (!impl_->trouble.empty()) add({"lanes", health::down, impl_->trouble});
  for (const auto& plugin : impl_->plugins) add(health_of(*plugin));
  return out;
}

std::vector<lane_state> runtime::lanes() const {
  return impl_->engine.lanes();
}

void runtime::refresh_log_level() {
  impl_->shared.refresh_log_level();
}

}  // namespace evhost::runtime
