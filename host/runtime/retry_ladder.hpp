// The failure ladder of one lane: how much to deliver next, when, and when to give an event up. Pure: it reads no clock.
//
// Positions are counts of events from the lane's head (the next event to commit). A failed delivery of n events says
// "one of these n": the ladder halves until the bad one stands alone, so each good neighbour runs at most log2(n) times
// more. An event that is blamed exactly (it failed alone, or the handler asked to retry it) waits an exponential backoff
// with full jitter and is condemned after attempts_max attempts that count. Every attempt counts that failed for a
// reason of its own; one that failed retryably (something the event needs is down) counts only when something else
// passed meanwhile: another lane, or a neighbour on trial in a unit that is rolled back. Thus an outage condemns nobody
// and a bad event that looks like an outage is found. Retryable failures in a row open the circuit: one event at a time,
// in growing intervals. Threading: one thread at a time (the lane's strand).
#pragma once
#include <evh/abi/base.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace evhost::runtime {

struct retry_options {
  std::uint32_t attempts_max = 5;
  std::chrono::milliseconds backoff_min{50}, backoff_max{5000};
  std::uint32_t outage_failures = 8;
  std::chrono::milliseconds probe_max{30000};  // longest pause between probes of an open circuit
};

// Why an event failed, as its dead letter will tell it.
struct failure_cause {
  evh_status status = EVH_OK;
  std::string text;
  std::uint32_t attempts = 0;
  std::int64_t first_failure_ns = 0;  // Unix nanoseconds; 0: it never failed before
};

// The statuses that say "the event is fine, something it needs is not".
inline bool retryable(evh_status status) { return status == EVH_IO || status == EVH_TIMEOUT || status == EVH_AGAIN; }

class retry_ladder {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  // The moment of a failure on both clocks: one to wait by, one to tell.
  struct moment {
    time_point steady;
    std::int64_t wall_ns = 0;
  };

  retry_ladder(retry_options options, std::uint64_t seed);

  // How many of the available events may go into the next delivery; at least 1.
  [[nodiscard]] std::size_t limit(std::size_t available) const;
  // When the next delivery may start; the epoch: at once.
  [[nodiscard]] time_point not_before() const;
  // The head event has had its chances: set it aside with cause() instead of delivering it.
  [[nodiscard]] bool condemned() const { return condemned_ && low_ == 0 && high_ == 1; }
  [[nodiscard]] const failure_cause& cause() const { return cause_; }
  [[nodiscard]] bool circuit_open() const { return circuit_open_; }
  // Nothing is suspected and nothing is out of order.
  [[nodiscard]] bool calm() const { return high_ == 0 && !circuit_open_ && store_failures_ == 0; }
  // The head event failed retryably: before its next attempt, see whether a neighbour passes.
  [[nodiscard]] bool wants_trial() const { return trial_due_ && !evidence_ && low_ == 0 && high_ == 1 && !condemned_; }
  // How often the event at this offset is known to have failed.
  [[nodiscard]] std::uint32_t attempts(std::int64_t offset) const { return offset == blamed_ ? cause_.attempts : 0; }

  void committed(std::size_t count);  // the handler passed them and they are durable
  void set_aside();                   // the head event is durable in the dead letter topic
  // The handler refused the first count events as a whole; head is the offset of the first.
  void failed(std::size_t count, std::int64_t head, evh_status status, std::string_view text, moment now);
  // The handler asked to see the event at index (its offset given) again later.
  void asked_retry(std::size_t index, std::int64_t offset, std::string_view text, moment now);
  // Something else passed since the last failure: a neighbour on trial, or another lane of the same handler.
  void other_passed();
  void trial_failed(evh_status status, moment now);
  // The store failed, not the handler: wait and try again, blaming nobody. count > 0: look for a smaller batch that works.
  void store_trouble(std::size_t count, moment now);
  // A unit that carried no events was committed.
  void store_works();
  // The lane's batch is dropped and read again from its position; blame of an offset survives.
  void reread();

 private:
  void blame(std::int64_t offset, evh_status status, std::string_view text, moment now);
  void count_outage(bool is_retryable);
  void wait(std::uint32_t nth, std::chrono::milliseconds longest, moment now);
  std::chrono::milliseconds pause(std::uint32_t nth, std::chrono::milliseconds longest);

  retry_options options_;
  std::minstd_rand random_;
  // The bad event is known to be in [low_, high_); high_ == 0: no event is suspected.
  std::size_t low_ = 0, high_ = 0;
  std::int64_t blamed_ = -1;
  failure_cause cause_;  // of blamed_
  std::uint32_t counted_ = 0;  // attempts of blamed_ that count
  bool evidence_ = false;      // something passed since its last failure
  bool trial_due_ = false;
  bool condemned_ = false;
  std::uint32_t outage_run_ = 0, store_failures_ = 0;
  bool circuit_open_ = false;
  time_point not_before_{}, store_not_before_{};  // of the blamed event; of everything
};

}  // namespace evhost::runtime
