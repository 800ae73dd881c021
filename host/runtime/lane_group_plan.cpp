// What a group lane does next: a batch, one event alone, a neighbour on trial, or a dead letter.
#include "host/runtime/lane_group.hpp"

#include <algorithm>

namespace evhost::runtime {

void group_lane::plan() {
  plan_ = {};
  plan_.first = head_;
  if (position_owed_) {
    plan_.what = delivery::kind::position_only;
    plan_.position_next = *position_owed_;
    return;
  }
  plan_.target = replay_ ? replayed_[head_].target.get() : source_.get();
  std::size_t most = std::min(available(), batch_max_);
  if (!suspects_.empty() && plan_suspects(most)) return;
  if (!plan_.target) {
    own_cause_ = {EVH_NOT_FOUND, "no plugin of this group subscribes to the event's topic now", 0, 0};
    return plan_set_aside(dead_letter_reason::no_subscription, own_cause_);
  }
  if (ladder_.condemned()) return plan_set_aside(dead_letter_reason::poison, ladder_.cause());
  if (ladder_.wants_trial()) {
    if (plan_.target->passed.load(std::memory_order_relaxed) != passed_elsewhere_)
      ladder_.other_passed();
    else if (plan_trial())
      return;
  }
  if (replay_) {
    std::size_t same = 1;
    while (same < most && replayed_[head_ + same].target.get() == plan_.target) ++same;
    most = same;
  }
  plan_.count = ladder_.limit(most);
}

// Cuts the batch before the next suspect, or to a suspect at the head. True when that one is to be set aside.
bool group_lane::plan_suspects(std::size_t& most) {
  const auto first = lane_offset(head_);
  std::erase_if(suspects_, [&](const suspect& s) { return s.offset < first; });
  if (suspects_.empty()) return false;
  const auto& next = suspects_.front();
  while (most > 1 && lane_offset(head_ + most - 1) >= next.offset) --most;
  if (next.offset != first) return false;
  plan_.suspect = true;
  batch_.events[head_].flags |= EVH_EVENT_SUSPECT;
  if (next.crashes < context_->options.crashes_max) return false;
  own_cause_ = {EVH_EXCEPTION, "crashed the host " + std::to_string(next.crashes) + " times", next.crashes, 0};
  plan_set_aside(dead_letter_reason::crash, own_cause_);
  return true;
}

// Another neighbour each time, since the first one may be bad as well.
bool group_lane::plan_trial() {
  for (std::size_t tries = available(); tries-- > 1;) {
    const auto index = head_ + 1 + trial_turn_++ % (available() - 1);
    const auto crashes = crashes_of(lane_offset(index));
    if (crashes >= context_->options.crashes_max) continue;
    if (replay_ && replayed_[index].target.get() != plan_.target) continue;
    plan_.what = delivery::kind::trial;
    plan_.first = index;
    plan_.count = 1;
    plan_.suspect = false;  // only its own turn forgives it
    if (crashes > 0) batch_.events[index].flags |= EVH_EVENT_SUSPECT;
    return true;
  }
  return false;
}

std::uint32_t group_lane::crashes_of(std::int64_t offset) const {
  const auto found = std::ranges::lower_bound(suspects_, offset, {}, &suspect::offset);
  return found != suspects_.end() && found->offset == offset ? found->crashes : 0;
}

void group_lane::plan_set_aside(std::string_view reason, const failure_cause& why) {
  plan_.what = delivery::kind::set_aside;
  plan_.count = 1;
  const auto& event = batch_.events[head_];
  auto& cause = plan_.cause;
  cause.reason = reason;
  cause.status = why.status;
  cause.error = why.text;
  cause.attempts = why.attempts;
  cause.plugin = target().what.plugin;
  cause.group = source_->what.group;
  cause.topic = replay_ ? (replayed_[head_].topic.empty() ? std::string_view(source_->what.topic) : replayed_[head_].topic)
                        : std::string_view(source_->what.topic);
  cause.partition = event.partition;
  cause.offset = event.offset;
  cause.first_failure_ns = why.first_failure_ns;
  cause.set_aside_ns = context_->wall_ns();
  cause.host_version = context_->options.host_version;
}

}  // namespace evhost::runtime
