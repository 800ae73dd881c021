// The strand's side of a group lane: take, plan, submit, and what follows from a unit's fate.
#include "host/runtime/lane_group.hpp"

#include "host/core/failpoint.hpp"
#include "host/core/views.hpp"

#include <algorithm>
#include <limits>

namespace evhost::runtime {
namespace {

constexpr std::string_view component = "runtime";
constexpr std::size_t effective_samples_max = 16;  // observations of evhost_effective_duration_seconds per batch

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
      ladder_(ladder_options(context_->options), context_->options.seed + number_) {
  results_.resize(batch_max_);
}

core::result<void> group_lane::open() {
  const auto& what = source_->what;
  slot_ = context_->in_flight.assign(what.plugin, what.group, what.topic, partition_, false);
  // Weak: the reader belongs to the lane, and its waker must not keep the lane.
  reader_ = context_->log.open_reader(source_->topic.id, partition_, 0, what.want_headers || replay_,
                                      [weak = weak_from_this()] {
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
  if (position_.offset < begin)
    context_->log_sink.log(io::log_level::error, component,
                           "retention removed events before their group read them; raise the topic's retention",
                           {{"plugin", what.plugin}, {"group", what.group}, {"topic", what.topic},
                            {"partition", partition_}, {"lost_from", position_.offset}, {"lost_until", begin}});
  EVH_TRY(suspects_, load_suspects(context_->store, what.group, what.topic, partition_, position_.offset));
  batch_.events.clear();
  batch_.holds.clear();
  head_ = 0;
  position_owed_.reset();
  ladder_.reread();
  reader_->seek(position_.offset);
  must_acquire_ = false;
  shown_offset_ = position_.offset;
  shown_end_ = reader_->end_offset();
  return core::success();
}

void group_lane::release() noexcept {
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
  if (!position_owed_ && available() == 0 && !refill()) return;
  if (ladder_.wants_trial() && available() == 1) extend();
  plan();
  submit();
}

bool group_lane::refill() {
  batch_.events.clear();
  batch_.holds.clear();
  replayed_.clear();
  head_ = 0;
  const auto taken = reader_->take(batch_, batch_max_);
  if (taken.has_error()) {
    trouble("reading the log", taken.error());
    return false;
  }
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

void group_lane::plan() {
  plan_ = {};
  plan_.first = head_;
  if (position_owed_) {
    plan_.what = delivery::kind::position_only;
    plan_.position_next = *position_owed_;
    return;
  }
  plan_.target = replay_ ? replayed_[head_].target.get() : source_.get();
  const auto first = lane_offset(head_);
  std::size_t most = std::min(available(), batch_max_);
  while (!suspects_.empty() && suspects_.front().offset < first) suspects_.erase(suspects_.begin());
  if (!suspects_.empty() && suspects_.front().offset == first) {
    const auto crashes = suspects_.front().crashes;
    plan_.suspect = true;
    if (crashes >= context_->options.crashes_max) {
      own_cause_ = {EVH_EXCEPTION, "crashed the host " + std::to_string(crashes) + " times", crashes, 0};
      return plan_set_aside(dead_letter_reason::crash, own_cause_);
    }
    batch_.events[head_].flags |= EVH_EVENT_SUSPECT;
    most = 1;
  } else if (!suspects_.empty()) {
    while (most > 1 && lane_offset(head_ + most - 1) >= suspects_.front().offset) --most;
  }
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

// ---- after the unit

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
    return;
  }
  const auto& metrics = target().metrics;
  const auto& cause = plan_.cause;
  if (plan_.what == delivery::kind::set_aside) {
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
    ladder_.set_aside();  // last: the cause's text is the ladder's
  } else {
    ladder_.committed(report_.count);
    passed_elsewhere_ = target().passed.fetch_add(1, std::memory_order_relaxed) + 1;
    metrics.consumed.add(report_.acked);
    metrics.skipped.add(report_.skipped);
    metrics.dead_lettered.add(report_.dead);
    metrics.dlq_verdict.add(report_.dead);
    const auto wall = context_->wall_ns();
    const auto step = std::max<std::size_t>(1, report_.count / effective_samples_max);
    for (std::size_t i = 0; !replay_ && i < report_.count; i += step)
      metrics.effective_seconds.observe(static_cast<double>(wall - batch_.events[head_ + i].time_ns) * 1e-9);
  }
  if (plan_.suspect) std::erase_if(suspects_, [&](const suspect& s) { return s.offset == lane_offset(head_); });
  head_ += plan_.what == delivery::kind::set_aside ? 1 : report_.count;
  oldest_ns_ = available() ? batch_.events[head_].time_ns : 0;
  if (protects_positions()) {
    position_.offset = report_.position_next;
    shown_offset_ = position_.offset;
  } else {
    position_owed_ = report_.position_next;
  }
  set_status("running");
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
