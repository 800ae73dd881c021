// What every lane is: one strand on the pool that pumps when something happened, a timer, a gate and a status line.
//
// Threading: schedule(), state() any thread; pump() on the strand, never twice at once; close() [control], not from
// inside a handler. Lifetime: shared; posted work keeps the lane alive, close() makes it do nothing.
#pragma once
#include "host/runtime/lane_context.hpp"
#include "host/runtime/lane_gate.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace evhost::runtime {

class lane_actor : public std::enable_shared_from_this<lane_actor> {
 public:
  virtual ~lane_actor() = default;
  lane_actor(const lane_actor&) = delete;
  lane_actor& operator=(const lane_actor&) = delete;

  // From here on the lane pumps; before it was only set up.
  void begin();
  // Pumps soon; calls in between are one.
  void schedule();
  void drain() { gate_.drain(); }
  bool wait_idle(std::chrono::steady_clock::time_point deadline) { return gate_.wait_idle(deadline); }
  // After this the handler is not called any more and nothing of the log is held.
  void close() noexcept;
  [[nodiscard]] virtual lane_state state() const { return {}; }
  // Age of the oldest event taken and not committed, as its time in Unix nanoseconds; 0: none.
  [[nodiscard]] std::int64_t oldest_ns() const { return oldest_ns_.load(std::memory_order_relaxed); }

 protected:
  explicit lane_actor(std::shared_ptr<lane_context> context);

  virtual void pump() = 0;
  virtual void release() noexcept {}  // let go of the log; under the pump's lock

  void arm(std::chrono::steady_clock::time_point due);  // pumps at that time at the latest
  void set_status(std::string_view status);
  [[nodiscard]] std::string status() const;

  const std::shared_ptr<lane_context> context_;
  lane_gate gate_;
  std::atomic<std::int64_t> oldest_ns_{0};

 private:
  void run_pump();

  std::mutex pump_mutex_;  // between the strand and close(); else uncontended
  bool begun_ = false, closed_ = false;
  std::atomic<bool> scheduled_{false};
  std::mutex post_mutex_;  // over strand_: a unit may hold a closed lane longer than the pool lives
  std::optional<boost::asio::strand<boost::asio::any_io_executor>> strand_;
  std::optional<boost::asio::steady_timer> timer_;  // under pump_mutex_
  mutable std::mutex status_mutex_;
  std::string status_ = "starting";
};

}  // namespace evhost::runtime
