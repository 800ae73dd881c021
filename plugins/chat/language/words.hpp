// The lexicon: what a lower-case English word can mean to the grammar (a weekday, a month, a number, a unit, ...).
//
// One immutable table, built once, looked up once per token; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace chat::language {

enum class unit : std::int8_t { none, second, minute, hour, day, week, fortnight, month, quarter, year };

struct lexeme {
  std::int8_t weekday = -1;      // 0 = Sunday
  std::int8_t month = 0;         // 1..12
  std::int16_t number = -1;      // "two" -> 2, "a" -> 1
  std::int8_t ordinal = 0;       // "second" -> 2; "last" -> -1
  unit time_unit = unit::none;
  bool shaky = false;            // also an everyday word or a name: may, march, sun, sat, mon, wed, april ...
  bool plural_weekday = false;   // "mondays": a repetition when preceded by "on"
  bool abbreviated_unit = false; // "h", "min", "d": only glued to or right after a number
  bool date_preposition = false; // on, by, before, due, until, for ...
};

// nullptr when the grammar has no use for the word.
const lexeme* find_lexeme(std::string_view lower);

}  // namespace chat::language
