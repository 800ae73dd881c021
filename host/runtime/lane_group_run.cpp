// The store thread's side of a group lane: one run of one unit, re-runnable, without waiting.
#include "host/runtime/lane_group.hpp"

#include "host/core/failpoint.hpp"
#include "host/core/views.hpp"
#include "host/runtime/call_marks.hpp"

#include <algorithm>
#include <cstring>

namespace evhost::runtime {
namespace {

constexpr std::size_t first_cut = 64;  // events in a limited run while the cost per event is unknown
constexpr double cost_weight = 0.2;    // of the newest run in the moving average

// What the store, not the handler, has to put right.
bool curable(core::errc code) {
  return code == core::errc::io || code == core::errc::again || code == core::errc::timeout ||
         code == core::errc::no_memory || code == core::errc::shutdown || code == core::errc::cancelled;
}

}  // namespace

bool group_lane::run(io::transaction& tx, std::chrono::microseconds budget) {
  report_.what = report::kind::cancelled;
  report_.count = report_.retry_index = 0;
  report_.acked = report_.skipped = report_.dead = 0;
  report_.called = false;
  if (!gate_.enter()) return false;
  if (plan_.what == delivery::kind::handle || plan_.what == delivery::kind::trial) return run_handler(tx, budget);
  if (plan_.what == delivery::kind::set_aside) return run_set_aside(tx);
  report_.what = report::kind::done;
  return move_position(tx, plan_.position_next);
}

bool group_lane::run_handler(io::transaction& tx, std::chrono::microseconds budget) {
  std::size_t count = plan_.count;
  if (budget.count() > 0) {
    const double fits = cost_ns_ > 0 ? static_cast<double>(budget.count()) * 1000.0 / cost_ns_
                                     : static_cast<double>(first_cut);
    count = std::clamp<std::size_t>(static_cast<std::size_t>(fits), 1, count);
  }
  const evh_event* events = &batch_.events[plan_.first];
  report_.count = count;
  uow_.emplace(tx, context_->log);
  if (count == 1) {  // a batch has no single cause to inherit a trace from
    static constexpr std::uint8_t none[16] = {};
    if (std::memcmp(events->trace_id, none, sizeof none) != 0) {
      uow_->trace_id = events->trace_id;
      uow_->span_id = events->span_id;
    }
  }
  evh_error error;
  call_handler(count, target().what.effects ? &*uow_ : nullptr, error);
  const auto ns = static_cast<double>(report_.handler_time.count()) / static_cast<double>(count);
  cost_ns_ = cost_ns_ > 0 ? cost_ns_ + cost_weight * (ns - cost_ns_) : ns;
  return judge(tx, error);
}

void group_lane::call_handler(std::size_t count, evh_uow* uow, evh_error& error) {
  std::memset(results_.data(), EVH_ACK, count);
  const auto& what = target().what;
  const evh_batch batch{sizeof(evh_batch), static_cast<std::uint32_t>(count), sizeof(evh_event), 0,
                        &batch_.events[plan_.first], number_, what.cookie};
  error.struct_size = sizeof error;
  error.code = EVH_OK;
  error.flags = error.len = 0;
  error.text[0] = '\0';

  const auto begun = context_->clock.steady();
  context_->in_flight.enter(slot_, lane_offset(plan_.first), lane_offset(plan_.first + count - 1),
                            static_cast<std::uint32_t>(count));
  {
    const held_events held(what, partition_, lane_offset(plan_.first), lane_offset(plan_.first + count - 1));
    report_.status = what.handler->on_batch(uow, batch, results_.data(), error);
  }
  core::failpoint(core::failpoints::in_handler);
  context_->in_flight.leave(slot_);
  report_.called = true;
  report_.handler_time = context_->clock.steady() - begun;
}

bool group_lane::judge(io::transaction& tx, const evh_error& error) {
  if (uow_->broken()) {
    // What the store must put right blames nobody. A constraint or a wrong statement comes back with every run of the
    // same event: that is the ladder's business, else one event could hold its lane for ever.
    broken(uow_->broken_why());
    if (!curable(uow_->broken_why().code)) report_.what = report::kind::refused;
    return false;
  }
  report_.text.assign(error.text, std::min<std::size_t>(error.len, EVH_ERROR_TEXT_BYTES));
  if (report_.status != EVH_OK) {
    report_.what = report_.status == EVH_SHUTDOWN ? report::kind::broken : report::kind::refused;
    return false;
  }
  const auto count = report_.count;
  for (std::size_t i = 0; i < count; ++i) {
    const auto verdict = results_[i];
    if (verdict == EVH_ACK) {
      ++report_.acked;
    } else if (verdict == EVH_SKIP) {
      ++report_.skipped;
    } else if (verdict == EVH_RETRY) {
      // The handler may have touched this event and later ones: all is undone and those before it run again alone.
      report_.what = report::kind::asked_retry;
      report_.retry_index = i;
      return false;
    } else if (verdict == EVH_DEAD_LETTER) {
      ++report_.dead;
    } else {
      target().metrics.misbehaved_verdict.add();
      report_.what = report::kind::refused;
      report_.status = EVH_INVALID;
      report_.text = "the plugin gave verdict " + std::to_string(verdict) + ", which does not exist";
      return false;
    }
  }
  if (plan_.what == delivery::kind::trial) {
    report_.what = report::kind::passed;
    return false;  // nothing of it may exist: its turn comes in order
  }
  for (std::size_t i = 0; report_.dead > 0 && i < count; ++i) {
    if (results_[i] != EVH_DEAD_LETTER) continue;
    dead_letter_cause cause;
    cause.reason = dead_letter_reason::verdict;
    cause.status = error.code != EVH_OK ? error.code : EVH_INVALID;
    cause.error = report_.text.empty() ? "the plugin gave no reason" : std::string_view(report_.text);
    const auto& event = batch_.events[head_ + i];
    cause.plugin = target().what.plugin;
    cause.group = source_->what.group;
    cause.topic = target().what.topic;
    cause.partition = event.partition;
    cause.offset = event.offset;
    cause.attempts = event.attempt;
    cause.first_failure_ns = cause.set_aside_ns = context_->wall_ns();
    cause.host_version = context_->options.host_version;
    if (!write_dead_letter(tx, head_ + i, cause)) return false;
  }
  report_.what = report::kind::done;
  if (plan_.suspect) {
    const auto& what = source_->what;
    const auto removed = remove_suspect(tx, what.group, what.topic, partition_, lane_offset(head_));
    if (removed.has_error()) return broken(removed.error());
  }
  return move_position(tx, lane_offset(head_ + count - 1) + 1);
}

bool group_lane::run_set_aside(io::transaction& tx) {
  if (!write_dead_letter(tx, head_, plan_.cause)) return false;
  const auto& what = source_->what;
  if (plan_.suspect) {
    const auto removed = remove_suspect(tx, what.group, what.topic, partition_, lane_offset(head_));
    if (removed.has_error()) return broken(removed.error());
  }
  report_.what = report::kind::done;
  return move_position(tx, lane_offset(head_) + 1);
}

bool group_lane::write_dead_letter(io::transaction& tx, std::size_t index, const dead_letter_cause& cause) {
  const auto& event = batch_.events[index];
  std::span<const evh_pair> headers(event.headers, event.headers_count);
  io::event_batch again;
  if (replay_) {
    headers = replayed_[index].headers;
  } else if (!source_->what.want_headers && !context_->log.shares_partitions()) {
    // Rare enough to read the record once more: a dead letter keeps the headers its handler did not ask for.
    const auto reader = context_->log.open_reader(source_->topic.id, partition_, event.offset, true, [] {});
    const auto taken = reader->take(again, 1);
    if (taken.has_error()) return broken(taken.error());
    if (!again.events.empty() && again.events.front().offset == event.offset)
      headers = {again.events.front().headers, again.events.front().headers_count};
  }
  const auto type = context_->log.type_name(event.type);
  const auto append = [&](const evh_event& what, std::span<const evh_pair> with) {
    const auto& record = dead_letter_.compose(source_->dead_letters.id, what, type, with, cause);
    return context_->log.append(tx, std::span(&record, 1));
  };
  auto written = append(event, headers);
  if (written.has_error() && written.error().code == core::errc::invalid) {
    // Too large with our headers on top: the story without the body; the topic still has it at that offset.
    evh_event bare = event;
    bare.payload = core::absent;
    written = append(bare, {});
  }
  if (written.has_value()) return true;
  // Whatever the reason: without its dead letter the event stays where it is.
  return broken(written.error());
}

bool group_lane::move_position(io::transaction& tx, std::int64_t next) {
  report_.position_next = next;
  if (!protects_positions() && plan_.what != delivery::kind::position_only) return true;
  const auto moved = context_->log.advance(tx, source_->what.group, source_->topic.id, partition_, position_, next);
  if (moved.has_value()) return true;
  if (moved.error().code == core::errc::conflict) {
    report_.what = report::kind::fenced;
    report_.text = moved.error().message;
    return false;
  }
  return broken(moved.error());
}

bool group_lane::broken(const core::error& why) {
  report_.text = why.message;
  report_.status = static_cast<evh_status>(why.code);
  report_.what = report::kind::broken;
  return false;
}

void group_lane::undone() noexcept {
  if (uow_) uow_->finish(false);
  uow_.reset();
  gate_.undone();
}

void group_lane::settled(io::unit_outcome outcome, const core::error* why) noexcept {
  if (uow_) uow_->finish(outcome == io::unit_outcome::committed);
  uow_.reset();
  outcome_ = outcome;
  why_ = why ? *why : core::error{core::errc::io, "the store gave no reason"};
  flight_.store(flight::settled, std::memory_order_release);
  gate_.leave();
  schedule();
}

}  // namespace evhost::runtime
