// A broadcast lane: shows one partition to a handler that keeps caches and sockets fresh. No unit, no position.
//
// Threading: reads and calls the handler on its strand of the pool, one batch per turn so that lanes share the pool.
// Errors: a batch the handler refuses is told and skipped; verdicts are ignored. Bounds: one batch in memory.
#pragma once
#include "host/runtime/lane_actor.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

namespace evhost::runtime {

class broadcast_lane final : public lane_actor {
 public:
  broadcast_lane(std::shared_ptr<lane_context> context, std::shared_ptr<const lane_subscription> source,
                 std::int32_t partition);

  core::result<void> open();  // [control]
  [[nodiscard]] lane_state state() const override;

 private:
  void pump() override;
  void release() noexcept override;
  void deliver();

  const std::shared_ptr<const lane_subscription> source_;
  const std::int32_t partition_;
  const std::uint64_t number_;
  const std::size_t batch_max_;
  std::size_t slot_ = in_flight_file::no_slot;
  std::unique_ptr<io::partition_reader> reader_;
  io::event_batch batch_;
  std::vector<std::uint8_t> results_;
  std::chrono::steady_clock::time_point not_before_{};  // after a failed read
  std::atomic<std::int64_t> shown_offset_{0}, shown_end_{0};
};

}  // namespace evhost::runtime
