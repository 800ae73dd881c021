// Arm, tick, re-arm.
#include "host/runtime/timer_service.hpp"

#include "host/io/metrics/runtime.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "host/runtime/plugin_unit.hpp"

#include <algorithm>

namespace evhost::runtime {
namespace {

constexpr std::chrono::milliseconds busy_delay{
    100};  // until a one-shot tick that found the store's queue full is tried again

evh_status tick(plugin_instance& plugin, symbolic_thread thread, evh_uow* uow, evh_handle id, std::uint64_t cookie,
                std::uint64_t missed, evh_error& error) {
  return plugin.enter(
      "on_timer", thread, error,
      [&] { return plugin.tables().timer->on_timer(plugin.self(), uow, id, cookie, missed, &error); },
      call_phase::plain, uow);
}

}  // namespace

class timer_service::tick_unit final : public plugin_unit {
 public:
  tick_unit(timer_service& service, entry_ptr timer, call_gate::pass pass)
      : plugin_unit(timer->plugin, std::move(pass)), service_(service), timer_(std::move(timer)) {}

 private:
  evh_status perform(unit_of_work& uow, evh_error& error) override {
    return tick(plugin_, symbolic_thread::unit, &uow, timer_->id, timer_->cookie, timer_->missed, error);
  }
  void done(const unit_end& end) noexcept override { service_.finish(timer_, end.status, end.error); }

  timer_service& service_;
  entry_ptr timer_;
};

evh_status timer_service::arm(plugin_instance& plugin, std::chrono::milliseconds delay,
                              std::chrono::milliseconds period, std::uint32_t flags, std::uint64_t cookie,
                              evh_handle& id) {
  auto timer = std::make_shared<entry>(pool_, plugin);
  timer->delay = delay;
  timer->period = period;
  timer->flags = flags;
  timer->cookie = cookie;
  std::lock_guard lock(mutex_);
  const auto own =
      std::count_if(timers_.begin(), timers_.end(), [&](const auto& one) { return &one.second->plugin == &plugin; });
  if (static_cast<std::size_t>(own) >= plugin.shared().options.timers_max) return EVH_AGAIN;
  id = timer->id = next_id_++;
  timers_.emplace(id, timer);
  if (plugin.serving()) {
    timer->due = std::chrono::steady_clock::now() + delay;
    schedule(timer);
  }
  return EVH_OK;
}

evh_status timer_service::cancel(plugin_instance& plugin, evh_handle id) {
  std::lock_guard lock(mutex_);
  const auto found = timers_.find(id);
  if (found == timers_.end() || &found->second->plugin != &plugin) return EVH_NOT_FOUND;
  found->second->cancelled = true;
  found->second->alarm.cancel();
  timers_.erase(found);
  return EVH_OK;
}

void timer_service::begin(plugin_instance& plugin) {
  std::lock_guard lock(mutex_);
  for (auto& [id, timer] : timers_) {
    if (&timer->plugin != &plugin || timer->due != time_point{}) continue;
    timer->due = std::chrono::steady_clock::now() + timer->delay;
    schedule(timer);
  }
}

void timer_service::cancel_all(plugin_instance& plugin) {
  std::lock_guard lock(mutex_);
  for (auto at = timers_.begin(); at != timers_.end();) {
    if (&at->second->plugin != &plugin) {
      ++at;
      continue;
    }
    at->second->cancelled = true;
    at->second->alarm.cancel();
    at = timers_.erase(at);
  }
}

void timer_service::schedule(const entry_ptr& timer) {
  timer->alarm.expires_at(timer->due);
  timer->alarm.async_wait([this, weak = std::weak_ptr(timer)](const boost::system::error_code& why) {
    if (const entry_ptr alive = weak.lock(); alive && !why) fire(alive);
  });
}

void timer_service::fire(const entry_ptr& timer) {
  call_gate::pass pass;
  {
    std::lock_guard lock(mutex_);
    if (timer->cancelled) return;
    pass = timer->plugin.pass();
    if (!pass) return;  // stopping
  }
  plugin_instance& plugin = timer->plugin;
  plugin.shared().ports.metrics.get_counter(io::metrics::timers_fired_total, {plugin.id()}).add();
  if (timer->flags & EVH_TIMER_UNIT) {
    auto queued = plugin.shared().ports.store.submit(std::make_unique<tick_unit>(*this, timer, std::move(pass)));
    if (!queued) put_off(timer);
    return;
  }
  evh_error error = make_error();
  const evh_status status =
      tick(plugin, symbolic_thread::task, nullptr, timer->id, timer->cookie, timer->missed, error);
  finish(timer, status, error);
}

void timer_service::put_off(const entry_ptr& timer) {
  timer->plugin.log(io::log_level::warning, "timer put off: the store's queue is full", {{"cookie", timer->cookie}});
  std::lock_guard lock(mutex_);
  if (timer->cancelled) return;
  timer->due = std::chrono::steady_clock::now() + (timer->period.count() > 0 ? timer->period : busy_delay);
  ++timer->missed;
  schedule(timer);
}

void timer_service::finish(const entry_ptr& timer, evh_status status, const evh_error& error) {
  if (status != EVH_OK)
    timer->plugin.log(io::log_level::warning, "on_timer failed",
                      {{"error", said(error)}, {"status", status_name(status)}, {"cookie", timer->cookie}});
  std::lock_guard lock(mutex_);
  if (timer->cancelled) return;
  if (timer->period.count() <= 0) {
    timers_.erase(timer->id);
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  timer->due += timer->period;
  timer->missed = 0;
  if (timer->due <= now) {
    timer->missed = static_cast<std::uint64_t>((now - timer->due) / timer->period) + 1;
    timer->due += timer->missed * timer->period;
  }
  schedule(timer);
}

}  // namespace evhost::runtime
