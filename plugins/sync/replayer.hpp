// Catching up: sends a resuming client its missed rows from the feed, paced by the client's own reading.
//
// A job waits for two things without blocking a thread: the feed passing the tail L (the group lane may be behind the
// broadcast), and the connection's outbound queue falling below a page. Waiting jobs are looked at again every few
// milliseconds; none waits longer than give_up, after which the client is told to come again. Thread-safe.
#pragma once
#include "hub.hpp"

#include <evh/services.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace sync_ {

class replayer {
 public:
  static constexpr std::size_t page_rows = 256;
  static constexpr std::uint64_t queued_bytes_max = 256 * 1024;
  static constexpr std::chrono::milliseconds look_again{10};
  static constexpr std::chrono::seconds give_up{60};

  // wake: asks to have run_waiting() called after look_again.
  replayer(const evh::services& host, hub& connections, std::function<void()> wake)
      : host_(&host), hub_(&connections), wake_(std::move(wake)) {}

  // Starts at once on this thread (a pool thread). epoch: the topic's, for the answer.
  void start(const replay& what, std::string epoch);
  void run_waiting();
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct job {
    replay what;
    std::string epoch;
    bool answered = false;  // subscribed was sent
    std::chrono::steady_clock::time_point since;
  };
  enum class step { done, wait };

  step advance(job& j);
  step send_page(job& j);

  const evh::services* host_;
  hub* hub_;
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::vector<job> waiting_;
};

}  // namespace sync_
