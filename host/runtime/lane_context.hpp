// What all lanes of one engine share: the ports, the options, the in-flight file and who subscribed to what.
//
// Threading: ports and options are set at construction; the registry has its own lock. Owned by shared_ptr, since lanes
// may outlive the engine by one posted callback (they do nothing then).
#pragma once
#include "host/core/result.hpp"
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/runtime/in_flight.hpp"
#include "host/runtime/lane_engine.hpp"
#include "host/runtime/lane_metrics.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::runtime {

// A subscription with its topic found and its metrics fetched. Immutable once registered, but for the count.
struct lane_subscription {
  subscription what;
  io::topic_info topic;
  io::topic_info dead_letters;  // of the group; unset for broadcast
  lane_metrics metrics;
  mutable std::atomic<std::uint64_t> passed{0};  // units its handler got through, on any lane
};

struct lane_context {
  lane_context(io::store& s, io::event_log& l, io::clock& c, io::log_sink& sink, io::metric_registry& m,
               boost::asio::any_io_executor p, lane_options o)
      : store(s), log(l), clock(c), log_sink(sink), metrics(m), pool(std::move(p)), options(std::move(o)) {}

  io::store& store;
  io::event_log& log;
  io::clock& clock;
  io::log_sink& log_sink;
  io::metric_registry& metrics;
  const boost::asio::any_io_executor pool;
  const lane_options options;
  in_flight_file in_flight;

  [[nodiscard]] std::int64_t wall_ns() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(clock.wall().time_since_epoch()).count();
  }
  [[nodiscard]] std::uint64_t jitter_seed(std::uint64_t lane) const { return seed_ + lane; }
  [[nodiscard]] std::uint64_t next_lane_number() { return ++last_lane_; }

  void add(std::shared_ptr<const lane_subscription> entry) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  // The group's subscription to a topic, or null. Where a replayed event goes.
  [[nodiscard]] std::shared_ptr<const lane_subscription> find(std::string_view group, std::string_view topic) const {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : entries_)
      if (!entry->what.broadcast && entry->what.group == group && entry->what.topic == topic) return entry;
    return nullptr;
  }
  [[nodiscard]] std::vector<std::shared_ptr<const lane_subscription>> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }

 private:
  const std::uint64_t seed_ = options.seed ? options.seed : std::random_device{}();
  std::atomic<std::uint64_t> last_lane_{0};
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const lane_subscription>> entries_;
};

}  // namespace evhost::runtime
