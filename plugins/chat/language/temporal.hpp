// Stage 5a, date and time phrases: what the words say, before anything is known about today (resolve.hpp does that).
//
// Matchers are pure functions of (sentence, position, end) and never look at the clock. `scan_temporal` applies the position
// rules that keep titles whole: a date may stand mid-sentence only with a preposition or a time, weak words need more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/calendar/civil.hpp"
#include "plugins/calendar/recurrence.hpp"
#include "plugins/chat/language/tokens.hpp"

namespace chat::language {

enum class modifier : std::uint8_t { none, current, next, last };       // current: "this"
enum class daypart : std::uint8_t { none, morning, afternoon, evening, night };
enum class edge : std::uint8_t { whole, start, middle, end };           // "end of next month"

struct date_expr {
  enum class form : std::uint8_t {
    relative_day,    // number days from today
    weekday,         // day_index with mod
    month_day,       // month, day, year (0: unsaid)
    day_of_month,    // day
    numeric,         // a/b[/year]: order from the locale
    absolute,        // year-month-day
    offset,          // span from the anchor
    period,          // mod + time_unit + part ("next week", "end of this month")
    nth_weekday,     // ordinal (-1 last) of day_index in month/mod; day_index 7 = weekday (Mon-Fri), 8 = day
    weekend,         // mod
    month            // the month as a whole: month, mod
  };
  form kind = form::relative_day;
  modifier mod = modifier::none;
  edge part = edge::whole;
  unit time_unit = unit::none;
  bool fuzzy = false;              // "a few": the count is our guess
  bool before = false;             // "before friday": read as "by"
  int number = 0, day_index = -1, ordinal = 0, year = 0, month = 0, day = 0, a = 0, b = 0;
  calendar::period span;           // offset
  int anchor_kind = 0;             // offset: 0 today, 1 anchor_number days from today, 2 anchor_day (weekday, anchor_mod), 3 anchor_month/anchor_date
  int anchor_number = 0, anchor_day = -1, anchor_month = 0, anchor_date = 0;
  modifier anchor_mod = modifier::none;
};

struct time_expr {
  enum class form : std::uint8_t { clock, noon, midnight, end_of_day, same_time };
  enum class meridiem : std::uint8_t { none, am, pm };
  form kind = form::clock;
  int hour = 0, minute = 0, second = 0;
  meridiem half = meridiem::none;
  bool definite = false;           // 24-hour spelling (17:45, 07:30): no am/pm guess
  bool valid = true;               // false: 14pm, 25:12
  int range_end_minutes = -1;      // "3-5pm": the other end, minutes since midnight, for the record
};

struct zone_expr {
  std::string tz;                        // IANA name; empty when ambiguous
  std::vector<std::string> options;      // ambiguous: the candidates
  std::string spelled;                   // as written
  bool abbreviation = false;             // read as local civil time there
};

// Where a phrase may stand without a preposition.
enum : std::uint8_t { at_start = 1, mid_sentence = 2, at_end = 4 };

struct temporal {
  std::size_t first = 0, last = 0;       // tokens, preposition included
  std::size_t core = 0;                  // without it
  std::optional<date_expr> date;
  std::optional<time_expr> time;
  daypart part = daypart::none;
  std::optional<zone_expr> zone;
  std::optional<calendar::period> shift; // "in 3 hours": from this very moment
  bool preposition = false;
  std::uint8_t places = 0;
  bool shaky = false;                    // final position still needs a harmless word before it
  int score = 0;
};

struct date_match { date_expr value; std::size_t next; std::uint8_t places; int score; bool shaky = false; daypart part = daypart::none; };
struct time_match { time_expr value; std::size_t next; bool strong; };
struct duration_match { calendar::period span; std::size_t next; bool fuzzy = false; bool exact_time = false; };
struct count_match { int value; std::size_t next; bool fuzzy = false; };

// All of them look at tokens [at, end) and never at literal ones.
bool word_is(const sentence& s, std::size_t at, std::size_t end, std::string_view wanted);
bool word_in(const sentence& s, std::size_t at, std::size_t end, std::initializer_list<std::string_view> wanted);
bool symbol_is(const sentence& s, std::size_t at, std::size_t end, char wanted);
std::optional<count_match> match_count(const sentence& s, std::size_t at, std::size_t end);
std::optional<duration_match> match_duration(const sentence& s, std::size_t at, std::size_t end);
std::optional<date_match> match_date(const sentence& s, std::size_t at, std::size_t end, bool after_preposition);
// `after_at`: a bare number counts. `glued`: it may hang on what stands left of it (the far end of "3-5pm").
std::optional<time_match> match_time(const sentence& s, std::size_t at, std::size_t end, bool after_at, bool glued = false);
// Ordinal in digits or words: "1st", "second", "last" (-1).
std::optional<count_match> match_ordinal(const sentence& s, std::size_t at, std::size_t end);

// The longest date/time phrase that starts exactly at `at`, preposition included.
std::optional<temporal> match_temporal(const sentence& s, std::size_t at, std::size_t end);
// All phrases of [first, last) that the position rules accept; `taken` tokens belong to other spans.
std::vector<temporal> scan_temporal(const sentence& s, std::size_t first, std::size_t last, const std::vector<std::uint8_t>& taken);

// Repetition: "every other friday", "daily at 9", "on the 31st of every month", "mondays", "3 days after I finish".
struct rule_expr {
  calendar::rule rule;                     // without COUNT and UNTIL: those may need the first occurrence
  bool from_completion = false;
  std::vector<time_expr> times;            // "at 8am and 8pm": every one of them
  daypart part = daypart::none;
  std::optional<zone_expr> zone;
  std::optional<temporal> starts;          // "starting monday", "starting 7am"
  std::optional<temporal> until;           // "until friday"
  bool through = false;                    // "through december": the whole of it
  int until_year = 0;                      // "until 2028"
  std::optional<calendar::period> lasting; // "for 5 days"
  int count = 0;                           // "10 times"
  bool holidays = false;                   // "except holidays"
  bool from_now_on = false;                // said so
  bool every_second = false;               // "every second friday": read as every other one
  int times_per = 0;                       // "twice a week": on which days was not said
};
struct recurrence_match {
  std::size_t first = 0, core = 0, last = 0;     // tokens: how often ends at `core`, the whole at `last`
  rule_expr value;
};
std::optional<recurrence_match> match_recurrence(const sentence& s, std::size_t at, std::size_t first, std::size_t end);
// More about a rule found elsewhere in the text: "until friday", "starting in may", "except weekends". The token after it, or `at`.
std::size_t match_rule_tail(const sentence& s, std::size_t at, std::size_t end, rule_expr& rule);
// A date said beside the rule: the day of "every week", "every month" and "every year", else where it starts.
void add_to_rule(rule_expr& rule, const temporal& said);

}  // namespace chat::language
