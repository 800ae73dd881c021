// When a reminder fires and when somebody must not be disturbed: pure functions over civil time and zones.
//
// Any thread, no clock. An offset's months and days count on the calendar of the due's zone, its hours and seconds on the
// time line (RFC 5545 section 3.3.6). A date has no time: its day begins for reminders at the person's time of day (09:00
// unless they set "morning"). An offset with `time` means that time of that day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugins/calendar/civil.hpp"
#include "schemas/events/values.hpp"

namespace notification {

struct quiet_span {
  calendar::time_of_day from{0}, to{0};           // from > to: past midnight; equal: none
};

struct preferences {
  std::string tz = "UTC";
  calendar::time_of_day day_time = std::chrono::hours(9);
  std::optional<quiet_span> quiet = {};
};

// Milliseconds since 1970 UTC. Nothing: an unknown zone, a due that is missing or cannot be read.
std::optional<std::int64_t> fire_time(const evh_schemas::reminder& what, const std::optional<evh_schemas::due>& due, const preferences& who);

// The end of the quiet hours that hold at that moment, or the moment itself.
std::int64_t after_quiet(std::int64_t at_ms, const preferences& who);

}  // namespace notification
