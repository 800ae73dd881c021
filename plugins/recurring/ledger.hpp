// The progress ledger: what followed each completed task, and in whose zone people live. Plain SQL on the unit.
//
// All functions run inside a unit; errors are evh::failure.
#pragma once

#include <evh/unit.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace recurring::ledger {

struct entry {
  std::string_view owner, series, predecessor, successor, occurrence;   // successor and occurrence empty: none followed
  std::int64_t skipped = 0, at_ms = 0;
  std::string_view outcome;                                             // created | ended | paused
};

// A later entry for the same predecessor and occurrence replaces the earlier one: the task was reopened and done again.
void note(evh::unit& unit, const entry& what);

// The successors of a predecessor that still stand; from now on they are withdrawn.
std::vector<std::string> withdraw(evh::unit& unit, std::string_view predecessor, std::int64_t at_ms);

// Deletes up to max entries older than before_ms. Returns how many.
std::int64_t trim(evh::unit& unit, std::int64_t before_ms, std::int64_t max);

// Empty tz: forget it.
void set_zone(evh::unit& unit, std::string_view person, std::string_view tz);
std::string zone_of(evh::unit& unit, std::string_view person);   // UTC when unknown

}  // namespace recurring::ledger
