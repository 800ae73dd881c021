// The strand's side of a group lane: open, take events, submit units.
#include "host/runtime/lane_group.hpp"

#include "host/core/failpoint.hpp"
#include "host/core/views.hpp"
#include "host/io/metrics/runtime.hpp"

#include <algorithm>

namespace evhost::runtime {
namespace {

constexpr std::string_view component = "runtime";

retry_options ladder_options(const lane_options& o) {
  return {o.attempts_max, o.backoff_min, o.backoff_max, o.outage_failures, o.probe_max};
}

}  // namespace

// The unit of one delivery. All its state is the lane's: a lane has one unit at a time.
class group_lane::unit final : public io::unit {
 public:
  explicit unit(std::shared_ptr<group_lane> lane) : lane_(std::move(lane)) {}
  bool run(io::transaction& tx, std::chrono::microseconds budget) override { return lane_->run(tx, budget); }
  void undone() noexcept override { lane_->undone(); }
  void settled(io::unit_outcome outcome, const core::error* why) noexcept override { lane_->settled(outcome, why); }
  [[nodiscard]] io::unit_class kind() const override { return io::unit_class::lane; }
  [[nodiscard]] std::uint64_t order_key() const override { return lane_->number_; }

 private:
  std::shared_ptr<group_lane> lane_;
};

group_lane::group_lane(std::shared_ptr<lane_context> context, std::shared_ptr<const lane_subscription> source,
                       std::int32_t partition, bool replay)
    : lane_actor(std::move(context)),
      source_(std::move(source)),
      partition_(partition),
      replay_(replay),
      number_(context_->next_lane_number()),
      batch_max_(source_->what.batch_max ? source_->what.batch_max : context_->options.batch_max),
      ladder_(ladder_options(context_->options), context_->jitter_seed(number_)) {
  results_.resize(batch_max_);
}

core::result<void> group_lane::open() {
  const auto& what = source_->what;
  slot_ = context_->in_flight.assign(what.plugin, what.group, what.topic, partition_, false);
  // Weak: the reader belongs to the lane, and its waker must not keep the lane.
  // A shared log brings headers anyway; kept, a dead letter has them without another read.
  const bool headers = what.want_headers || replay_ || context_->log.shares_partitions();
  reader_ = context_->log.open_group_reader(what.group, source_->topic.id, partition_, headers, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->schedule();
  });
  if (!reader_)
    return core::fail(core::errc::not_found, "topic " + what.topic + " has no partition " + std::to_string(partition_));
  initial_ = what.earliest || replay_ ? reader_->begin_offset() : reader_->end_offset();
  shown_offset_ = shown_end_ = reader_->end_offset();
  return core::success();
}

core::result<void> group_lane::acquire() {
  const auto& what = source_->what;
  const auto begin = reader_->begin_offset();
  EVH_TRY(position_, context_->log.acquire(what.group, source_->topic.id, partition_, initial_));
  if (position_.offset < begin && !context_->log.shares_partitions())  // a shared log refuses to read on
    context_->log_sink.log(io::log_level::error, component,
                           "retention removed events before their group read them; raise the topic's retention",
                           {{"plugin", what.plugin}, {"group", what.group}, {"topic", what.topic},
                            {"partition", partition_}, {"lost_from", position_.offset}, {"lost_until", begin}});
  EVH_TRY(suspects_, load_suspects(context_->store, what.group, what.topic, partition_, position_.offset));
  batch_.events.clear();
  batch_.holds.clear();
  head_ = 0;
  position_owed_.reset();
  detour_ = false;
  ladder_.reread();
  reader_->seek(position_.offset);
  must_acquire_ = false;
  shown_offset_ = position_.offset;
  shown_end_ = reader_->end_offset();
  return core::success();
}

void group_lane::release() noexcept {
  show_stopped(false);  // whoever has the partition next says it again
  reader_.reset();
  batch_ = {};
  replayed_.clear();
  head_ = 0;
}

lane_state group_lane::state() const {
  const auto& what = source_->what;
  return {what.plugin, what.group, what.topic, partition_, false, shown_offset_, shown_end_, status()};
}

bool group_lane::protects_positions() const {
#ifdef EVH_FAILPOINTS
  // Off only in the control run of the fault tests: the position follows in a unit of its own, so that a crash in
  // between doubles effects and the oracle must turn red.
  return context_->options.protect_positions;
#else
  return true;
#endif
}

retry_ladder::moment group_lane::now() const { return {context_->clock.steady(), context_->wall_ns()}; }

void group_lane::pump() {
  shown_end_ = reader_->end_offset();
  const auto at = flight_.load(std::memory_order_acquire);
  if (at == flight::submitted) return;
  if (at == flight::settled) settle();
  if (!gate_.open()) return;
  if (const auto due = ladder_.not_before(); due > context_->clock.steady()) {
    set_status(pause_line_);
    return arm(due);
  }
  if (must_acquire_)
    if (const auto taken_over = acquire(); taken_over.has_error())
      return trouble("taking the partition over", taken_over.error());
  const bool writes_position = position_due();
  if (!writes_position && available() == 0 && !refill()) {
    if (position_owed_) arm(position_due_);
    return;
  }
  if (!writes_position && runs_free()) return deliver_free();
  if (ladder_.wants_trial() && available() == 1) extend();
  plan();
  submit();
}

bool group_lane::position_due() const {
  return position_owed_ && (source_->what.effects || context_->clock.steady() >= position_due_);
}

bool group_lane::refill() {
  batch_.events.clear();
  batch_.holds.clear();
  replayed_.clear();
  head_ = 0;
  const auto taken = reader_->take(batch_, batch_max_);
  if (taken.has_error()) {
    // The position is wrong: an operator's new one is looked for.
    must_acquire_ = must_acquire_ || taken.error().code == core::errc::state;
    show_stopped(taken.error().code == core::errc::state);
    trouble("reading the log", taken.error());
    return false;
  }
  show_stopped(false);
  if (batch_.events.empty()) {
    oldest_ns_ = 0;
    set_status("running");
    return false;
  }
  core::failpoint(core::failpoints::fetched);
  if (replay_) rewrite_replayed();
  oldest_ns_ = batch_.events.front().time_ns;
  return true;
}

void group_lane::show_stopped(bool stopped) {
  if (stopped == stopped_shown_) return;
  stopped_shown_ = stopped;
  const auto& what = source_->what;
  context_->metrics.get_gauge(io::metrics::lane_stopped, {what.group, what.topic, std::to_string(partition_)}).set(stopped ? 1 : 0);
}

// One more event behind the one that holds the lane, for a trial.
void group_lane::extend() {
  if (reader_->take(batch_, 1).has_error()) return;  // the trial waits; the lane's own read will tell
  if (replay_) rewrite_replayed();
}

void group_lane::rewrite_replayed() {
  for (auto i = replayed_.size(); i < batch_.events.size(); ++i) {
    auto& event = batch_.events[i];
    replayed_event r{event.offset, nullptr, {}, {event.headers, event.headers_count}};
    if (const auto letter = parse_dead_letter(r.headers)) {
      r.topic = letter->cause.topic;
      r.headers = r.headers.first(letter->original_count);
      r.target = context_->find(source_->what.group, r.topic);
      event.partition = letter->cause.partition;
      event.offset = letter->cause.offset;
      event.time_ns = letter->event_time_ns;
    }
    if (r.target) event.topic = r.target->topic.id;
    event.source = EVH_SOURCE_REPLAY;
    event.flags |= EVH_EVENT_REPLAYED;
    const bool wanted = r.target && r.target->what.want_headers;
    event.headers = wanted ? r.headers.data() : nullptr;
    event.headers_count = wanted ? static_cast<std::uint32_t>(r.headers.size()) : 0;
    replayed_.push_back(std::move(r));
  }
}

void group_lane::submit() {
  if (!gate_.queue()) return;
  flight_.store(flight::submitted, std::memory_order_release);
  target().metrics.in_flight.add(static_cast<double>(plan_.count));
  auto self = std::static_pointer_cast<group_lane>(shared_from_this());
  const auto queued = context_->store.submit(std::make_unique<unit>(std::move(self)));
  if (queued.has_value()) return;
  flight_.store(flight::none, std::memory_order_release);
  target().metrics.in_flight.add(-static_cast<double>(plan_.count));
  gate_.leave();
  trouble("waiting for the store", queued.error());
}

}  // namespace evhost::runtime
