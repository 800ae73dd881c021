// When something is due: a date, a floating local time, a local time in a zone, or an instant. Never one turned into another.
//
// Plain values, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "plugins/calendar/civil.hpp"

namespace calendar {

struct floating {            // means this wall-clock time wherever the person is
  civil_time local;
  bool operator==(const floating&) const = default;
};

struct zoned {               // this wall-clock time in that zone, even when the zone's rules change
  civil_time local;
  std::string tz;
  bool operator==(const zoned&) const = default;
};

using due = std::variant<civil_date, floating, zoned, instant>;

// The day and, unless it is a date, the time as the person in `user_tz` reads them. Nothing for an unknown zone.
std::optional<civil_time> local_reading(const due& value, std::string_view user_tz);
bool has_time(const due& value) noexcept;
// The instant it falls on; a date falls on the first instant of that day. Nothing for an unknown zone.
std::optional<instant> instant_of(const due& value, std::string_view user_tz);

}  // namespace calendar
