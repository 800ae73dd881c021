// The rungs: halve, blame, wait, condemn, and the circuit beside them.
#include "host/runtime/retry_ladder.hpp"

#include <algorithm>

namespace evhost::runtime {

retry_ladder::retry_ladder(retry_options options, std::uint64_t seed)
    : options_(options), random_(static_cast<std::minstd_rand::result_type>(seed ^ (seed >> 32U))) {}

std::size_t retry_ladder::limit(std::size_t available) const {
  if (available <= 1 || circuit_open_) return 1;
  if (high_ == 0) return available;
  const std::size_t wanted = high_ - low_ == 1 ? std::max<std::size_t>(low_, 1) : (high_ - low_) / 2;
  return std::min(available, wanted);
}

retry_ladder::time_point retry_ladder::not_before() const {
  // Events before the blamed one need not wait for it.
  return low_ > 0 ? store_not_before_ : std::max(not_before_, store_not_before_);
}

void retry_ladder::committed(std::size_t count) {
  low_ -= std::min(count, low_);
  high_ -= std::min(count, high_);
  outage_run_ = store_failures_ = 0;
  circuit_open_ = false;
  store_not_before_ = {};
  evidence_ = true;
  if (high_ != 0) return;
  blamed_ = -1;
  trial_due_ = false;
  cause_ = {};
  condemned_ = false;
  not_before_ = {};
}

void retry_ladder::set_aside() {
  // Not a success of the handler: an outage that filled one event's attempts keeps its count.
  const auto run = outage_run_;
  const auto open = circuit_open_;
  committed(1);
  outage_run_ = run;
  circuit_open_ = open;
}

void retry_ladder::failed(std::size_t count, std::int64_t head, evh_status status, std::string_view text, moment now) {
  low_ = 0;
  high_ = count;
  condemned_ = false;  // what was condemned further on will be found again
  const bool outage = retryable(status);
  count_outage(outage);
  if (count == 1) blame(head, status, text, now);
  if (circuit_open_) {
    wait(outage_run_ - options_.outage_failures + 2, options_.probe_max, now);
  } else if (count == 1) {
    wait(cause_.attempts, options_.backoff_max, now);
  } else if (outage) {
    wait(outage_run_, options_.backoff_max, now);
  } else {
    not_before_ = {};  // looking for the bad event costs no waiting
  }
}

void retry_ladder::asked_retry(std::size_t index, std::int64_t offset, std::string_view text, moment now) {
  low_ = index;
  high_ = index + 1;
  count_outage(true);
  blame(offset, EVH_AGAIN, text, now);
  if (circuit_open_) {
    wait(outage_run_ - options_.outage_failures + 2, options_.probe_max, now);
  } else {
    wait(cause_.attempts, options_.backoff_max, now);
  }
}

void retry_ladder::other_passed() {
  evidence_ = true;
  trial_due_ = false;
  outage_run_ = 0;
  circuit_open_ = false;
}

void retry_ladder::trial_failed(evh_status status, moment now) {
  if (!retryable(status)) return other_passed();  // it got far enough to find a fault of its own
  trial_due_ = false;  // the blamed event is next: this neighbour may be the bad one
  count_outage(true);
  if (circuit_open_) {
    wait(outage_run_ - options_.outage_failures + 2, options_.probe_max, now);
  } else {
    wait(cause_.attempts, options_.backoff_max, now);
  }
}

void retry_ladder::store_trouble(std::size_t count, moment now) {
  if (count > 0 && !condemned()) {
    low_ = 0;
    high_ = count;
    condemned_ = false;
  }
  store_not_before_ = now.steady + pause(++store_failures_, options_.backoff_max);
}

void retry_ladder::store_works() {
  store_failures_ = 0;
  store_not_before_ = {};
}

void retry_ladder::reread() {
  low_ = high_ = 0;
  condemned_ = false;
  not_before_ = {};
}

void retry_ladder::blame(std::int64_t offset, evh_status status, std::string_view text, moment now) {
  if (blamed_ != offset) {
    blamed_ = offset;
    cause_ = {};
    cause_.first_failure_ns = now.wall_ns;
    counted_ = 0;
    evidence_ = true;  // the first failure counts
  }
  ++cause_.attempts;
  if (!retryable(status) || evidence_) ++counted_;
  evidence_ = false;
  trial_due_ = retryable(status);
  cause_.status = status;
  cause_.text.assign(text);
  condemned_ = counted_ >= options_.attempts_max;
}

void retry_ladder::count_outage(bool is_retryable) {
  outage_run_ = is_retryable ? outage_run_ + 1 : 0;
  circuit_open_ = outage_run_ >= options_.outage_failures;
}

void retry_ladder::wait(std::uint32_t nth, std::chrono::milliseconds longest, moment now) {
  not_before_ = now.steady + pause(nth, longest);
}

std::chrono::milliseconds retry_ladder::pause(std::uint32_t nth, std::chrono::milliseconds longest) {
  using std::chrono::milliseconds;
  const auto doublings = std::min<std::uint32_t>(nth > 0 ? nth - 1 : 0, 30);
  const auto most = std::min(longest, milliseconds(options_.backoff_min.count() << doublings));
  std::uniform_int_distribution<milliseconds::rep> pick(0, most.count());  // full jitter (AWS architecture blog, 2015)
  const auto chosen = milliseconds(pick(random_));
  return circuit_open_ ? most / 2 + chosen / 2 : chosen;  // a probe never comes at once
}

}  // namespace evhost::runtime
