// Jobs: what is still to be sent where. Serial per endpoint through its lease, so that a slow one delays nobody else.
//
// Plain SQL inside a unit; errors are evh::failure. Life of a job: added (pending) -> claimed under a lease of its endpoint ->
// settled: delivered, put off to its next try, or failed after the last.
#pragma once

#include <evh/unit.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/notification/announce.hpp"

namespace notification {

// Waits before each try, in milliseconds: the Standard Webhooks schedule.
using retry_schedule = std::vector<std::int64_t>;
inline const retry_schedule standard_schedule{0,          5'000,      300'000,    1'800'000,  7'200'000,
                                              18'000'000, 36'000'000, 50'400'000, 72'000'000, 86'400'000};

struct new_job {
  std::string about;                    // notification id, made unique when it says more than "due"
  std::string endpoint, kind, owner;    // "webhook:<id>" | "email:<user>", "webhook" | "email"
  std::string type, payload;
};

struct job {
  std::string id, endpoint, kind, owner, type, payload;
  std::int64_t attempts = 0, created_ms = 0;
};

enum class fate { delivered, put_off, refused };    // refused: trying again is pointless

struct try_result {
  std::string job_id, endpoint;
  std::int64_t attempts_before = 0;
  fate what = fate::put_off;
  std::int64_t response = 0;            // status code; 0: none came
  std::string error;
  bool gone = false;                    // 410: the endpoint wants nothing any more
};

struct claim_rules {
  std::string claimed_by;               // this process
  std::int64_t lease_ms = 20'000;       // longer than a try may take
};

namespace jobs {

void add(evh::unit& unit, const new_job& what, std::int64_t now_ms);

// Takes the next job of up to `max` endpoints of a kind. Endpoints without anything to do are put to rest.
std::vector<job> claim(evh::unit& unit, std::string_view kind, std::int64_t max, const claim_rules& rules, std::int64_t now_ms);

// Writes down what came of a try, frees the endpoint, publishes. jitter: 0..1, added as up to a fifth of the wait.
void settle(evh::unit& unit, const try_result& result, const retry_schedule& schedule, const claim_rules& rules, double jitter, announcer& out, std::int64_t now_ms);

// Gives up every pending job of an endpoint, `max` per call.
void give_up(evh::unit& unit, std::string_view endpoint, std::string_view why, std::int64_t max, announcer& out, std::int64_t now_ms);

// True when it was finished before and will be sent again, under the same id.
bool replay(evh::unit& unit, std::string_view job_id, std::int64_t now_ms);

std::int64_t next_due(evh::unit& unit);   // the earliest moment an endpoint has something to do
std::int64_t pending(evh::unit& unit);

}  // namespace jobs
}  // namespace notification
