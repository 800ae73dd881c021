// Which tasks follow a completed one: the rule's next occurrence put into a copy of the task.
//
// Pure, any thread. Uses only what the completed task itself carries (its rule as it was then) and its owner's zone.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/events/values.hpp"

namespace recurring {

enum class outcome : std::uint8_t { created, ended, paused };

struct next_tasks {
  recurring::outcome outcome = recurring::outcome::ended;
  std::vector<evh_schemas::task> tasks;      // oldest first; ids as occurrence_id gives them
  std::int64_t skipped = 0;                  // occurrences that passed without a task of their own
};

// The recurrence of a task cannot be read: a sentence that says what.
class unreadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `person_tz` is the clock of dates and floating times; `completed_ms` when the task was done, in milliseconds since 1970.
next_tasks follow(const evh_schemas::task& done, std::int64_t completed_ms, std::string_view person_tz);

}  // namespace recurring
