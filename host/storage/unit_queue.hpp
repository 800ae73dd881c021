// What waits for the writer: requests, lane units and control tasks, each first in first out, the first two bounded.
//
// push, close and take_free from any thread; everything else by the writer alone.
#pragma once
#include "host/core/result.hpp"
#include "host/io/store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace evhost::storage {

struct queued_unit {
  std::unique_ptr<io::unit> work;
  io::unit_class kind = io::unit_class::request;
  std::chrono::steady_clock::time_point since;
};

class unit_queue {
 public:
  explicit unit_queue(std::size_t units_max) : units_max_(units_max) {}

  core::result<void> push(std::unique_ptr<io::unit> work, std::chrono::steady_clock::time_point now);
  // A task between two groups, on the writer's thread; unbounded, for migrations. shutdown: never called.
  core::result<void> push_control(std::function<void()> task);
  // Nothing is taken in any more; what waits stays.
  void close();

  enum class woken { units, control, nothing, closed };
  // Waits until something is there, or until the time has passed (zero: however long it takes), or until the queue is
  // closed and empty.
  woken wait(std::chrono::milliseconds at_most);
  // Waits until so many requests are there, at most so long.
  void gather(std::size_t requests, std::chrono::microseconds at_most);
  std::optional<queued_unit> pop(io::unit_class kind);
  // The first request that no order key binds to this queue, for another writer that is idle.
  std::optional<queued_unit> take_free();
  [[nodiscard]] bool has_free() const { return free_waiting_.load(std::memory_order_relaxed) > 0; }
  std::function<void()> pop_control();
  [[nodiscard]] bool waiting(io::unit_class kind) const { return depth(kind).load(std::memory_order_relaxed) > 0; }
  [[nodiscard]] std::size_t size() const {
    return requests_waiting_.load(std::memory_order_relaxed) + lanes_waiting_.load(std::memory_order_relaxed);
  }

 private:
  static bool is_free(const queued_unit& one) { return one.kind == io::unit_class::request && one.work->order_key() == 0; }
  [[nodiscard]] const std::atomic<std::size_t>& depth(io::unit_class kind) const {
    return kind == io::unit_class::request ? requests_waiting_ : lanes_waiting_;
  }

  const std::size_t units_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<queued_unit> requests_, lanes_;
  std::deque<std::function<void()>> control_;
  bool closed_ = false;
  bool asleep_ = false;  // the writer waits: only then a push has somebody to wake
  std::atomic<std::size_t> requests_waiting_{0}, lanes_waiting_{0}, free_waiting_{0};
};

}  // namespace evhost::storage
