// The bed the lane tests lie in: fake store and log that survive a "crash", a fresh engine after each, a scripted
// handler that leaves an effect row per event, and a loop that turns everything without threads or sleeps.
#pragma once
#include "host/runtime/dead_letters.hpp"
#include "host/runtime/lane_engine.hpp"
#include "tests/support/fakes/manual_clock.hpp"
#include "tests/support/fakes/memory_log.hpp"
#include "tests/support/fakes/memory_store.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace evhost::runtime::tests {

// One event as the handler saw it.
struct seen {
  std::string payload, key;
  std::int64_t offset = 0;
  std::uint32_t flags = 0;
  std::uint16_t attempt = 0, source = 0;
  std::size_t batch = 0;  // how many came with it
  std::vector<std::pair<std::string, std::string>> headers;
};

// Acts per event as `verdict` says; writes its effect inside the unit. Throws crash when told to die.
struct crash {};
class scripted_handler final : public batch_handler {
 public:
  // Verdict of one event; >= 100: the whole call returns status (value - 100).
  static constexpr int status = 100;
  std::function<int(const seen&)> verdict = [](const seen&) { return EVH_ACK; };
  std::function<void(evh_uow*)> before;  // each call, before the events
  std::string error_text = "scripted";
  bool writes = true;
  std::vector<seen> calls;                      // every delivery of every event
  std::vector<std::vector<std::string>> batches;  // payloads per call
  std::vector<std::uint64_t> cookies, lanes;

  evh_status on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t* results, evh_error& error) noexcept override;
};

class lane_bed {
 public:
  lane_bed();
  ~lane_bed();

  // Ends the engine as a crash would: no settling, queued units forgotten.
  void crash();
  void make_engine();
  void start();
  // Pumps the pool and the store until nothing moves.
  void turn();
  // The same, letting time pass so that every backoff ends; until the lanes are caught up or `most` pauses passed.
  void turn_time(int most = 200);
  void subscribe(const std::string& topic = "things", const std::string& group = "g", bool broadcast = false);

  void put(const std::string& payload, std::int32_t partition = 0) { log.put("things", partition, "k", payload); }
  void put_many(int count, std::int32_t partition = 0);
  // Payloads of committed effects in commit order.
  std::vector<std::string> effects();
  std::vector<dead_letter> letters(const std::string& group = "g");
  [[nodiscard]] lane_state lane(std::int32_t partition = 0) const;

  fakes::memory_store store;
  fakes::memory_log log{store};
  fakes::manual_clock clock;
  io::null_log_sink log_sink;
  io::null_metric_registry metrics;
  lane_options options;
  scripted_handler handler;
  subscription base;  // what subscribe() starts from
  std::unique_ptr<boost::asio::io_context> pool;
  std::unique_ptr<lane_engine> engine;
};

}  // namespace evhost::runtime::tests
