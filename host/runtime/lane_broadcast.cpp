// Broadcast delivery.
#include "host/runtime/lane_broadcast.hpp"

#include "host/runtime/call_marks.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace evhost::runtime {

broadcast_lane::broadcast_lane(std::shared_ptr<lane_context> context, std::shared_ptr<const lane_subscription> source,
                               std::int32_t partition)
    : lane_actor(std::move(context)),
      source_(std::move(source)),
      partition_(partition),
      number_(context_->next_lane_number()),
      batch_max_(source_->what.batch_max ? source_->what.batch_max : context_->options.batch_max) {
  results_.resize(batch_max_);
}

core::result<void> broadcast_lane::open() {
  const auto& what = source_->what;
  slot_ = context_->in_flight.assign(what.plugin, what.group, what.topic, partition_, true);
  reader_ = context_->log.open_reader(source_->topic.id, partition_, 0, what.want_headers, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->schedule();
  });
  if (!reader_)
    return core::fail(core::errc::not_found, "topic " + what.topic + " has no partition " + std::to_string(partition_));
  reader_->seek(what.earliest ? reader_->begin_offset() : reader_->end_offset());
  shown_offset_ = reader_->offset();
  shown_end_ = reader_->end_offset();
  return core::success();
}

void broadcast_lane::release() noexcept {
  reader_.reset();
  batch_ = {};
}

lane_state broadcast_lane::state() const {
  const auto& what = source_->what;
  return {what.plugin, what.group, what.topic, partition_, true, shown_offset_, shown_end_, status()};
}

void broadcast_lane::pump() {
  shown_end_ = reader_->end_offset();
  if (not_before_ > context_->clock.steady()) return arm(not_before_);
  batch_.events.clear();
  batch_.holds.clear();
  const auto taken = reader_->take(batch_, batch_max_);
  if (taken.has_error()) {
    not_before_ = context_->clock.steady() + context_->options.backoff_max;
    set_status("backing off: reading the log: " + taken.error().message);
    return arm(not_before_);
  }
  set_status("running");
  if (batch_.events.empty()) return;
  if (!gate_.queue()) return;
  if (gate_.enter()) deliver();
  gate_.leave();
  shown_offset_ = reader_->offset();
  schedule();
}

void broadcast_lane::deliver() {
  const auto& what = source_->what;
  const auto& events = batch_.events;
  std::memset(results_.data(), EVH_ACK, events.size());
  const evh_batch batch{sizeof(evh_batch), static_cast<std::uint32_t>(events.size()), sizeof(evh_event), 0,
                        events.data(),     number_, what.cookie};
  evh_error error;
  error.struct_size = sizeof error;
  error.code = EVH_OK;
  error.flags = error.len = 0;
  error.text[0] = '\0';
  const auto begun = context_->clock.steady();
  context_->in_flight.enter(slot_, events.front().offset, events.back().offset, batch.count);
  const auto status = [&] {
    const held_events held(what, partition_, events.front().offset, events.back().offset);
    return what.handler->on_batch(nullptr, batch, results_.data(), error);
  }();
  context_->in_flight.leave(slot_);
  const auto& metrics = source_->metrics;
  metrics.handler_seconds.observe(std::chrono::duration<double>(context_->clock.steady() - begun).count());
  metrics.batch_events.observe(static_cast<double>(events.size()));
  if (status == EVH_OK) {
    metrics.consumed.add(events.size());
    return;
  }
  metrics.skipped.add(events.size());
  const std::string_view text(error.text, std::min<std::size_t>(error.len, EVH_ERROR_TEXT_BYTES));
  context_->log_sink.log(io::log_level::warning, "runtime", "a broadcast handler refused events; they are skipped",
                         {{"plugin", what.plugin}, {"topic", what.topic}, {"partition", partition_},
                          {"offset", events.front().offset}, {"events", batch.count}, {"error", text}});
}

}  // namespace evhost::runtime
