// The lexicon's table.
#include "plugins/chat/language/words.hpp"

#include <array>
#include <functional>
#include <string>
#include <unordered_map>

namespace chat::language {
namespace {

using table = std::unordered_map<std::string_view, lexeme>;

void add_weekdays(table& t) {
  static constexpr std::string_view full[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  static constexpr std::string_view plural[] = {"sundays", "mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays"};
  for (int day = 0; day < 7; ++day) {
    t[full[day]].weekday = static_cast<std::int8_t>(day);
    t[plural[day]].weekday = static_cast<std::int8_t>(day);
    t[plural[day]].plural_weekday = true;
  }
  struct short_name {
    std::string_view name;
    int day;
    bool shaky;
  };
  static constexpr short_name names[] = {{"sun", 0, true}, {"mon", 1, true}, {"tue", 2, false}, {"tues", 2, false}, {"wed", 3, true},
                                         {"weds", 3, false}, {"thu", 4, false}, {"thur", 4, false}, {"thurs", 4, false},
                                         {"fri", 5, true}, {"sat", 6, true}};
  for (const auto& entry : names) {
    t[entry.name].weekday = static_cast<std::int8_t>(entry.day);
    t[entry.name].shaky = entry.shaky;
  }
}

void add_months(table& t) {
  struct month_name {
    std::string_view name;
    int month;
    bool shaky;
  };
  static constexpr month_name names[] = {
      {"january", 1, false}, {"jan", 1, true}, {"february", 2, false}, {"feb", 2, false}, {"march", 3, true}, {"mar", 3, true},
      {"april", 4, true}, {"apr", 4, false}, {"may", 5, true}, {"june", 6, true}, {"jun", 6, false}, {"july", 7, false},
      {"jul", 7, false}, {"august", 8, true}, {"aug", 8, false}, {"september", 9, false}, {"sept", 9, false}, {"sep", 9, false},
      {"october", 10, false}, {"oct", 10, false}, {"november", 11, false}, {"nov", 11, false}, {"december", 12, false}, {"dec", 12, true}};
  for (const auto& entry : names) {
    t[entry.name].month = static_cast<std::int8_t>(entry.month);
    t[entry.name].shaky = entry.shaky;
  }
}

void add_numbers(table& t) {
  static constexpr std::string_view cardinals[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
                                                   "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
                                                   "seventeen", "eighteen", "nineteen", "twenty"};
  for (std::size_t n = 0; n < std::size(cardinals); ++n) t[cardinals[n]].number = static_cast<std::int16_t>(n);
  t["thirty"].number = 30;
  t["forty"].number = 40;
  t["fifty"].number = 50;
  t["sixty"].number = 60;
  t["ninety"].number = 90;
  t["a"].number = 1;
  t["an"].number = 1;
  static constexpr std::string_view ordinals[] = {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
                                                  "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth",
                                                  "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"};
  for (std::size_t n = 0; n < std::size(ordinals); ++n) t[ordinals[n]].ordinal = static_cast<std::int8_t>(n + 1);
  t["last"].ordinal = -1;
}

void add_units(table& t) {
  struct unit_name {
    std::string_view name;
    unit value;
    bool abbreviated;
  };
  static constexpr unit_name names[] = {
      {"second", unit::second, false}, {"seconds", unit::second, false}, {"sec", unit::second, true}, {"secs", unit::second, true},
      {"s", unit::second, true}, {"minute", unit::minute, false}, {"minutes", unit::minute, false}, {"min", unit::minute, true},
      {"mins", unit::minute, true}, {"m", unit::minute, true}, {"hour", unit::hour, false}, {"hours", unit::hour, false},
      {"hr", unit::hour, true}, {"hrs", unit::hour, true}, {"h", unit::hour, true}, {"day", unit::day, false},
      {"days", unit::day, false}, {"d", unit::day, true}, {"week", unit::week, false}, {"weeks", unit::week, false},
      {"wk", unit::week, true}, {"wks", unit::week, true}, {"w", unit::week, true}, {"fortnight", unit::fortnight, false},
      {"fortnights", unit::fortnight, false}, {"month", unit::month, false}, {"months", unit::month, false},
      {"mo", unit::month, true}, {"quarter", unit::quarter, false}, {"quarters", unit::quarter, false}, {"year", unit::year, false},
      {"years", unit::year, false}, {"yr", unit::year, true}, {"yrs", unit::year, true}, {"y", unit::year, true}};
  for (const auto& entry : names) {
    t[entry.name].time_unit = entry.value;
    t[entry.name].abbreviated_unit = entry.abbreviated;
  }
}

table make_table() {
  table t;
  t.reserve(256);
  add_weekdays(t);
  add_months(t);
  add_numbers(t);
  add_units(t);
  for (std::string_view word : {"on", "by", "before", "due", "until", "till", "til", "for"}) t[word].date_preposition = true;
  return t;
}

}  // namespace

const lexeme* find_lexeme(std::string_view lower) {
  static const table words = make_table();
  const auto found = words.find(lower);
  return found == words.end() ? nullptr : &found->second;
}

}  // namespace chat::language
