// Deliveries of a group that says its handler has no effects: called here on the pool, without a unit and its commit; the
// position follows once per interval. What the handler refuses is delivered again the way of the units, which knows the
// ladder, the dead letters and their transaction.
#include "host/runtime/lane_group.hpp"

#include <algorithm>

namespace evhost::runtime {

bool group_lane::runs_free() const {
  return !source_->what.effects && !replay_ && !detour_ && protects_positions() && suspects_.empty() && ladder_.calm();
}

void group_lane::deliver_free() {
  if (!gate_.queue()) return;
  plan_ = {};
  plan_.first = head_;
  plan_.count = std::min(available(), batch_max_);
  plan_.target = source_.get();
  report_.count = plan_.count;
  report_.acked = report_.skipped = report_.dead = 0;
  evh_error error;
  const bool entered = gate_.enter();
  if (entered) call_handler(plan_.count, nullptr, error);
  gate_.leave();
  if (!entered) return;
  const auto passed = [](std::uint8_t verdict) { return verdict == EVH_ACK || verdict == EVH_SKIP; };
  if (report_.status != EVH_OK || !std::all_of(results_.begin(), results_.begin() + static_cast<std::ptrdiff_t>(plan_.count), passed)) {
    detour_ = true;
    mark_redelivered(head_, plan_.count);
    return schedule();
  }
  target().metrics.handler_seconds.observe(std::chrono::duration<double>(report_.handler_time).count());
  target().metrics.batch_events.observe(static_cast<double>(plan_.count));
  report_.skipped = static_cast<std::uint32_t>(std::count(results_.begin(), results_.begin() + static_cast<std::ptrdiff_t>(plan_.count), EVH_SKIP));
  report_.acked = static_cast<std::uint32_t>(plan_.count) - report_.skipped;
  tell_passed();
  const auto next = lane_offset(head_ + plan_.count - 1) + 1;
  head_ += plan_.count;
  oldest_ns_ = available() ? batch_.events[head_].time_ns : 0;
  if (!position_owed_) position_due_ = context_->clock.steady() + context_->options.position_interval;
  position_owed_ = next;
  shown_offset_ = next;
  set_status("running");
  schedule();
}

}  // namespace evhost::runtime
