// What people call time zones: abbreviations ("CET", "IST") and places ("London", "New York"), as IANA names.
//
// Pure lookups over fixed tables, any thread, case-insensitive. An abbreviation that means several zones gives all of them,
// the likeliest first; whoever asks decides whether that needs a question.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace calendar {

struct zone_abbreviation {
  std::string_view name;                        // upper case
  std::span<const std::string_view> zones;      // IANA names, likeliest first, never empty
  bool ambiguous = false;                       // no reading is likely enough to assume
};

// nullptr when it is none.
const zone_abbreviation* find_abbreviation(std::string_view text);
// "london", "new york", "india", "pacific" -> IANA name; empty when unknown.
std::string_view find_place(std::string_view text);
// An IANA name written in any case ("europe/london") in its proper spelling; empty when unknown.
std::string find_zone_name(std::string_view text);

}  // namespace calendar
