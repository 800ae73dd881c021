// The lane engine: subscriptions become lanes (one per group, topic and partition), lanes become units of work.
//
// Seam between the two halves of the runtime: plugins (plugin_instance and its host tables) register subscriptions
// here; the engine reads the log, runs the handler inside units of work and climbs the failure ladder. It knows no
// plugin, only batch_handler. Threads: subscribe/start/stop [control]; handlers run on the store's thread (group) or on
// the pool (broadcast), never two at once for one lane.
#pragma once
#include "host/core/result.hpp"
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/runtime/uow.hpp"

#include <evh/abi/events.h>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace evhost::runtime {

// What consumes a lane's events. uow is null for broadcast and without effects. Status and results as evh_events::on_batch.
class batch_handler {
 public:
  virtual ~batch_handler() = default;
  virtual evh_status on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t* results, evh_error& error) noexcept = 0;
};

struct subscription {
  std::string plugin;  // who asked: for logs, metrics and suspects
  std::string group;   // group id; for broadcast only a name
  std::string topic;
  bool broadcast = false;
  bool earliest = true;
  bool want_headers = false;
  bool effects = true;  // false: no unit, the position follows once in a while
  std::uint32_t batch_max = 0;  // 0: options.batch_max
  std::uint64_t cookie = 0;
  batch_handler* handler = nullptr;  // outlives the engine's stop()
};

struct lane_options {
  std::uint32_t batch_max = 512;
  std::uint32_t attempts_max = 5;                        // of one event alone, before it is set aside
  std::chrono::milliseconds backoff_min{50}, backoff_max{5000};  // exponential with full jitter
  std::uint32_t crashes_max = 3;                         // a suspect is set aside at this crash
  std::uint32_t outage_failures = 8;                     // retryable failures in a row on distinct events: circuit opens
  std::filesystem::path in_flight_file;                  // mapped; empty: crashes are not attributed
  std::chrono::milliseconds probe_max{30000};            // longest pause between probes of an open circuit
  std::chrono::milliseconds housekeeping{30000};         // between runs of retention and dead letter counts
  std::string host_version;                              // told in dead letters
  std::chrono::milliseconds position_interval{1000};     // between positions of a subscription without effects
  std::chrono::milliseconds revoke_patience{5000};       // for what is in flight when a partition goes elsewhere
  std::uint64_t seed = 0;                                // of the jitter; 0: drawn at start
  bool protect_positions = true;                         // false: control runs of the fault tests; needs EVH_FAILPOINTS
};

inline constexpr std::uint32_t batch_events_max = 4096;  // what a subscription may ask for

struct lane_state {
  std::string plugin, group, topic;
  std::int32_t partition = 0;
  bool broadcast = false;
  std::int64_t offset = 0, end = 0;  // lag = end - offset
  std::string status;                // "running", "backing off: ...", "circuit open: ..."
};

class lane_engine {
 public:
  lane_engine(io::store& store, io::event_log& log, io::clock& clock, io::log_sink& log_sink, io::metric_registry& metrics,
              boost::asio::any_io_executor pool, lane_options options);
  ~lane_engine();
  lane_engine(const lane_engine&) = delete;
  lane_engine& operator=(const lane_engine&) = delete;

  static std::vector<io::migration> migrations();  // tables of the engine, portable SQL; owner "host.runtime"

  core::result<void> subscribe(subscription what);      // before start, or while running for a late plugin
  core::result<void> start();                           // reads suspects, acquires positions, delivers
  void drain(std::chrono::steady_clock::time_point deadline);  // no new batches; waits for those in flight
  // Idempotent; no callback afterwards. Waits for handlers that run now; not from inside one.
  void stop() noexcept;
  // Looks at the clock now, as the timers do by themselves: for tests that turn the hands.
  void tick();
  [[nodiscard]] std::vector<lane_state> lanes() const;  // any thread

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace evhost::runtime
