// A group lane: reads one partition for one group and turns its events into units of work, at most one in flight.
//
// State: the strand owns the batch, the ladder and the plan; while a unit is with the store it may read them and writes
// only report_; settled() hands them back. Nothing is allocated per event: batch, results and report are reused.
// The replay lane of a group is the same machine reading "<group>.replay": it hands dead letters to the subscription of
// their original topic, with the topic, partition and offset they had.
#pragma once
#include "host/runtime/dead_letter_record.hpp"
#include "host/runtime/lane_actor.hpp"
#include "host/runtime/retry_ladder.hpp"
#include "host/runtime/suspects.hpp"
#include "host/runtime/uow.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace evhost::runtime {

class group_lane final : public lane_actor {
 public:
  // source: what is read; for a replay lane its topic is "<group>.replay" and its handler is not used.
  group_lane(std::shared_ptr<lane_context> context, std::shared_ptr<const lane_subscription> source,
             std::int32_t partition, bool replay);

  // Opens the reader. Taking the partition over is the first thing the lane does on the pool: lanes share commits then,
  // and a host with many is ready sooner. [control]
  core::result<void> open();
  [[nodiscard]] lane_state state() const override;

 private:
  class unit;

  // What the next unit does with count events from head_.
  struct delivery {
    // trial: a neighbour of a blamed event, to see whether the handler works at all; always rolled back.
    enum class kind { handle, trial, set_aside, position_only } what = kind::handle;
    std::size_t first = 0;  // index in the batch
    std::size_t count = 0;
    bool suspect = false;
    const lane_subscription* target = nullptr;  // whose handler; for replays that of the original topic
    dead_letter_cause cause;                    // of set_aside
    std::int64_t position_next = 0;             // of position_only
  };
  // What the last run of the unit found.
  struct report {
    enum class kind { done, passed, refused, asked_retry, broken, fenced, cancelled } what = kind::cancelled;
    std::size_t count = 0;        // events handed over
    std::size_t retry_index = 0;  // of asked_retry
    std::int64_t position_next = 0;
    std::uint32_t acked = 0, skipped = 0, dead = 0;
    evh_status status = EVH_OK;
    std::string text;
    std::chrono::steady_clock::duration handler_time{};
    bool called = false;
  };
  enum class flight { none, submitted, settled };

  // On the strand.
  void pump() override;
  void release() noexcept override;
  core::result<void> acquire();
  bool refill();
  void rewrite_replayed();
  void plan();
  bool plan_suspects(std::size_t& most);
  bool plan_trial();
  void extend();
  [[nodiscard]] bool position_due() const;
  [[nodiscard]] bool runs_free() const;
  void deliver_free();
  void plan_set_aside(std::string_view reason, const failure_cause& cause);
  void submit();
  void settle();
  void settle_committed();
  void settle_rolled_back();
  void settle_failed();
  void settle_trial();
  void tell_set_aside();
  void tell_passed();
  void pause(std::string_view doing, std::string_view why);
  void trouble(std::string_view doing, const core::error& why);
  void show_stopped(bool stopped);
  void mark_redelivered(std::size_t first, std::size_t count);
  [[nodiscard]] std::uint32_t crashes_of(std::int64_t offset) const;
  [[nodiscard]] bool protects_positions() const;
  [[nodiscard]] std::size_t available() const { return batch_.events.size() - head_; }
  [[nodiscard]] retry_ladder::moment now() const;

  // On the store's thread; call_handler without effects on the strand.
  void call_handler(std::size_t count, evh_uow* uow, evh_error& error);
  bool run(io::transaction& tx, std::chrono::microseconds budget);
  bool run_handler(io::transaction& tx, std::chrono::microseconds budget);
  bool run_set_aside(io::transaction& tx);
  bool judge(io::transaction& tx, const evh_error& error);
  bool write_dead_letter(io::transaction& tx, std::size_t index, const dead_letter_cause& cause);
  bool move_position(io::transaction& tx, std::int64_t next);
  bool broken(const core::error& why);
  void settled(io::unit_outcome outcome, const core::error* why) noexcept;
  void undone() noexcept;

  [[nodiscard]] std::int64_t lane_offset(std::size_t index) const {
    return replay_ ? replayed_[index].lane_offset : batch_.events[index].offset;
  }
  [[nodiscard]] const lane_subscription& target() const { return plan_.target ? *plan_.target : *source_; }

  struct replayed_event {
    std::int64_t lane_offset = 0;
    std::shared_ptr<const lane_subscription> target;  // null: nobody consumes its topic
    std::string_view topic;                           // as the dead letter says
    std::span<const evh_pair> headers;                // the original ones
  };

  const std::shared_ptr<const lane_subscription> source_;
  const std::int32_t partition_;
  const bool replay_;
  const std::uint64_t number_;
  const std::size_t batch_max_;
  std::size_t slot_ = in_flight_file::no_slot;

  std::unique_ptr<io::partition_reader> reader_;
  std::int64_t initial_ = 0;  // where a new group starts: fixed when it subscribed
  io::position position_;
  bool must_acquire_ = true;
  io::event_batch batch_;
  std::vector<replayed_event> replayed_;
  std::size_t head_ = 0;
  std::vector<suspect> suspects_;
  retry_ladder ladder_;
  failure_cause own_cause_;  // of a set_aside that the ladder does not know of
  bool circuit_shown_ = false;
  std::uint64_t passed_elsewhere_ = 0;  // the subscription's count at the last failure
  std::size_t trial_turn_ = 0;
  bool stopped_shown_ = false;
  std::string pause_line_;  // what the last pause was about

  delivery plan_;
  report report_;
  std::optional<unit_of_work> uow_;
  std::vector<std::uint8_t> results_;
  dead_letter_record dead_letter_;
  double cost_ns_ = 0;  // per event, moving average; 0: unknown

  std::atomic<flight> flight_{flight::none};
  io::unit_outcome outcome_ = io::unit_outcome::failed;
  core::error why_;
  std::optional<std::int64_t> position_owed_;  // only without effects, or with protect_positions off
  std::chrono::steady_clock::time_point position_due_;  // without effects: when what is owed gets written
  bool detour_ = false;                        // without effects: the next delivery takes the way of the units

  std::atomic<std::int64_t> shown_offset_{0}, shown_end_{0};
};

}  // namespace evhost::runtime
