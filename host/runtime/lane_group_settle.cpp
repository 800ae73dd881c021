// What follows from a unit's fate: move on, or climb the ladder and say so.
#include "host/runtime/lane_group.hpp"

#include <algorithm>
#include <limits>

namespace evhost::runtime {
namespace {

constexpr std::string_view component = "runtime";
constexpr std::size_t effective_samples_max = 16;  // observations of evhost_effective_duration_seconds per batch

}  // namespace

void group_lane::settle() {
  flight_.store(flight::none, std::memory_order_release);
  target().metrics.in_flight.add(-static_cast<double>(plan_.count));
  if (report_.called) {
    target().metrics.handler_seconds.observe(std::chrono::duration<double>(report_.handler_time).count());
    target().metrics.batch_events.observe(static_cast<double>(report_.count));
  }
  if (outcome_ == io::unit_outcome::committed) {
    settle_committed();
  } else if (plan_.what == delivery::kind::trial) {
    settle_trial();
  } else if (outcome_ == io::unit_outcome::rolled_back) {
    settle_rolled_back();
  } else {
    settle_failed();
  }
  const bool open = ladder_.circuit_open();
  if (open != circuit_shown_) {
    target().metrics.circuit_open.add(open ? 1 : -1);
    circuit_shown_ = open;
  }
}

void group_lane::settle_committed() {
  if (plan_.what == delivery::kind::position_only) {
    position_.offset = plan_.position_next;
    shown_offset_ = position_.offset;
    position_owed_.reset();
    ladder_.store_works();
    return;
  }
  if (plan_.what == delivery::kind::set_aside) {
    tell_set_aside();
    ladder_.set_aside();  // after: the cause's text is the ladder's
  } else {
    ladder_.committed(report_.count);
    tell_passed();
  }
  if (plan_.suspect) std::erase_if(suspects_, [&](const suspect& s) { return s.offset == lane_offset(head_); });
  head_ += plan_.what == delivery::kind::set_aside ? 1 : report_.count;
  oldest_ns_ = available() ? batch_.events[head_].time_ns : 0;
  detour_ = detour_ && !ladder_.calm();
  if (protects_positions()) {
    position_.offset = report_.position_next;
    shown_offset_ = position_.offset;
    position_owed_.reset();  // of a lane without effects: it went with this unit
  } else {
    position_owed_ = report_.position_next;
  }
  set_status("running");
}

void group_lane::tell_set_aside() {
  const auto& metrics = target().metrics;
  const auto& cause = plan_.cause;
  metrics.dead_lettered.add();
  if (cause.reason == dead_letter_reason::crash) {
    metrics.set_aside.add();
    metrics.dlq_crash.add();
    metrics.quarantined.add(1);
  } else {
    (cause.reason == dead_letter_reason::poison ? metrics.dlq_poison : metrics.dlq_other).add();
  }
  context_->log_sink.log(io::log_level::error, component, "an event was set aside as a dead letter",
                         {{"plugin", cause.plugin}, {"group", cause.group}, {"topic", cause.topic},
                          {"partition", cause.partition}, {"offset", cause.offset}, {"reason", cause.reason},
                          {"error", cause.error}, {"attempts", cause.attempts}});
}

void group_lane::tell_passed() {
  const auto& metrics = target().metrics;
  passed_elsewhere_ = target().passed.fetch_add(1, std::memory_order_relaxed) + 1;
  metrics.consumed.add(report_.acked);
  metrics.skipped.add(report_.skipped);
  metrics.dead_lettered.add(report_.dead);
  metrics.dlq_verdict.add(report_.dead);
  if (report_.dead > 0)
    context_->log_sink.log(io::log_level::warning, component, "the plugin set events aside as dead letters",
                           {{"plugin", target().what.plugin}, {"group", source_->what.group},
                            {"topic", source_->what.topic}, {"partition", partition_}, {"events", report_.dead},
                            {"error", report_.text}});
  const auto wall = context_->wall_ns();
  const auto step = std::max<std::size_t>(1, report_.count / effective_samples_max);
  for (std::size_t i = 0; !replay_ && i < report_.count; i += step)
    metrics.effective_seconds.observe(static_cast<double>(wall - batch_.events[head_ + i].time_ns) * 1e-9);
}

void group_lane::settle_trial() {
  if (report_.called) mark_redelivered(plan_.first, 1);
  if (outcome_ == io::unit_outcome::failed) return trouble("waiting for the store", why_);
  switch (report_.what) {
    case report::kind::passed: return ladder_.other_passed();
    case report::kind::refused: return ladder_.trial_failed(report_.status, now());
    case report::kind::asked_retry: return ladder_.trial_failed(EVH_AGAIN, now());
    default: return ladder_.store_trouble(0, now());
  }
}

void group_lane::settle_rolled_back() {
  const auto& metrics = target().metrics;
  passed_elsewhere_ = target().passed.load(std::memory_order_relaxed);
  const auto first = report_.count ? lane_offset(head_) : 0;
  switch (report_.what) {
    case report::kind::refused:
      ladder_.failed(report_.count, first, report_.status, report_.text, now());
      (retryable(report_.status) ? metrics.retries_outage : metrics.retries_handler).add();
      metrics.retried.add(report_.count);
      mark_redelivered(head_, report_.count);
      return pause("the plugin refused events", report_.text);
    case report::kind::asked_retry:
      ladder_.asked_retry(report_.retry_index, lane_offset(head_ + report_.retry_index), report_.text, now());
      metrics.retries_verdict.add();
      metrics.retried.add(report_.count - report_.retry_index);
      mark_redelivered(head_, report_.count);
      return pause("the plugin asked to retry", report_.text);
    case report::kind::broken:
      ladder_.store_trouble(plan_.what == delivery::kind::handle ? report_.count : 0, now());
      metrics.retries_storage.add();
      if (plan_.what == delivery::kind::handle) mark_redelivered(head_, report_.count);
      return pause(report_.status == EVH_SHUTDOWN ? "the plugin does not run" : "the transaction broke", report_.text);
    case report::kind::fenced:
      // Somebody else owned the partition for a while, or an operator moved the position: the database decides.
      must_acquire_ = true;
      metrics.retries_storage.add();
      ladder_.store_trouble(0, now());
      return pause("the position moved under this lane", report_.text);
    case report::kind::cancelled:
    case report::kind::passed:
    case report::kind::done: return;
  }
}

// The store gave the unit up. Either it cannot write now, or what this unit did cannot be committed (a deferred key
// that points nowhere, a statement that ends the transaction): then a smaller batch finds the event that does it.
void group_lane::settle_failed() {
  target().metrics.retries_storage.add();
  if (!report_.called) return trouble("waiting for the store", why_);
  mark_redelivered(head_, report_.count);
  if (why_.code == core::errc::conflict || why_.code == core::errc::exception) {
    ladder_.failed(report_.count, lane_offset(head_), static_cast<evh_status>(why_.code), why_.message, now());
  } else {
    ladder_.store_trouble(report_.count, now());
  }
  pause("the store gave the unit up", why_.message);
}

void group_lane::mark_redelivered(std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) {
    auto& event = batch_.events[i];
    event.flags |= EVH_EVENT_REPLAYED;
    if (event.attempt < std::numeric_limits<std::uint16_t>::max()) ++event.attempt;
  }
}

void group_lane::trouble(std::string_view doing, const core::error& why) {
  ladder_.store_trouble(0, now());
  pause(doing, why.message);
  if (gate_.open()) arm(ladder_.not_before());
}

void group_lane::pause(std::string_view doing, std::string_view why) {
  std::string line(ladder_.circuit_open() ? "circuit open: " : "backing off: ");
  line.append(doing).append(": ").append(why);
  set_status(line);
  if (line == pause_line_) return;  // told already
  pause_line_ = std::move(line);
  const auto& what = target().what;
  context_->log_sink.log(io::log_level::warning, component, pause_line_,
                         {{"plugin", what.plugin}, {"group", source_->what.group}, {"topic", source_->what.topic},
                          {"partition", partition_}, {"offset", available() ? lane_offset(head_) : position_.offset}});
}

}  // namespace evhost::runtime
