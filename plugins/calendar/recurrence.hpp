// Recurrence rules: the text of RFC 5545 section 3.3.10 (with RFC 7529 SKIP), and the occurrences it stands for on civil time.
//
// Pure values and functions: any thread, no clock, no zone except where UNTIL is an instant. Everything ends: years stop at
// 9999, and a rule that matches nothing (30 February) is an empty sequence after bounded work (`occurrences`, limits).
// Policies of the product (late completion, pause, splitting a series) stand in series.hpp; zones in zone.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plugins/calendar/civil.hpp"

namespace calendar {

enum class frequency : std::uint8_t { secondly, minutely, hourly, daily, weekly, monthly, yearly };
// What becomes of a day that a month does not have (31 April): left out, the last day before it, or the first after it.
enum class skip_rule : std::uint8_t { omit, backward, forward };

// BYDAY element: MO is {0, Monday}, 2TU {2, Tuesday}, -1FR {-1, Friday}.
struct weekday_number {
  int ordinal = 0;
  std::chrono::weekday day;
  bool operator==(const weekday_number&) const = default;
};

// UNTIL: a day (inclusive, whole), a wall-clock time, or an instant (UTC, `at` read as UTC).
struct rule_end {
  enum class form : std::uint8_t { date, local, utc };
  civil_time at{};
  form kind = form::local;
  bool operator==(const rule_end&) const = default;
};

struct rule {
  frequency freq = frequency::daily;
  int interval = 1;                          // 1 .. 999 999 999
  std::optional<int> count;                  // 1 .. 999 999
  std::optional<rule_end> until;             // never beside count
  std::vector<int> by_second;                // 0 .. 60 (60 is evaluated as 59: no leap seconds here)
  std::vector<int> by_minute;                // 0 .. 59
  std::vector<int> by_hour;                  // 0 .. 23
  std::vector<weekday_number> by_day;        // ordinals only with MONTHLY or YEARLY
  std::vector<int> by_month_day;             // -31 .. -1, 1 .. 31
  std::vector<int> by_year_day;              // -366 .. -1, 1 .. 366
  std::vector<int> by_week_no;               // -53 .. -1, 1 .. 53, only YEARLY
  std::vector<int> by_month;                 // 1 .. 12
  std::vector<int> by_set_pos;               // -366 .. -1, 1 .. 366
  std::chrono::weekday week_start = std::chrono::Monday;
  skip_rule skip = skip_rule::omit;
  bool operator==(const rule&) const = default;
};

struct rule_error {
  std::size_t position = 0;                  // byte in the text where the offending part or value begins
  std::string text;                          // a sentence: names the part, its value and what would be right
};

// Strict: every part at most once, FREQ present, ranges and combinations as RFC 5545 demands, RSCALE only GREGORIAN, SKIP only
// with RSCALE, at most 2000 bytes. Case of names and values does not matter. An "RRULE:" prefix is refused with a sentence.
std::variant<rule, rule_error> parse_rule(std::string_view text);
// Canonical: parts in one order, lists sorted and without repeats, defaults (INTERVAL=1, WKST=MO) left out.
// parse_rule(to_text(r)) == canonical(r).
std::string to_text(const rule& value);
rule canonical(rule value);

// A rule with its start: dtstart fixes the phase of INTERVAL and everything the rule leaves open (time of day, weekday, day).
// dtstart itself is an occurrence only when the rule matches it.
struct series {
  calendar::rule rule;
  civil_time dtstart{};                      // all_day: midnight of the day
  bool all_day = false;                      // dates: BYHOUR, BYMINUTE and BYSECOND are ignored (RFC 5545 3.3.10)
  std::vector<civil_time> exdates;           // removed, without changing COUNT
  std::vector<civil_time> rdates;            // added, without changing COUNT
  std::string tz;                            // only to read UNTIL in UTC as local time; empty: UTC
  bool operator==(const series&) const = default;
};

// A sentence when the rule does not fit the kind of its start (hourly on dates); nothing when it does.
std::optional<rule_error> mismatch(const series& of);

// The occurrences of a series, strictly increasing. Single owner, not for sharing between threads; copyable.
// Limits: the whole walk takes at most `search_steps_max` steps that yield nothing, then the sequence ends.
class occurrences {
 public:
  static constexpr std::int64_t search_steps_max = 8'000'000;

  explicit occurrences(const series& of);
  // Starts behind `after` (the first next() is > after). Work does not grow with the distance from dtstart, except that COUNT
  // has to be counted (at most 999 999 cheap steps).
  occurrences(const series& of, civil_time after);
  occurrences(const occurrences& other);
  occurrences& operator=(const occurrences& other);
  occurrences(occurrences&&) noexcept;
  occurrences& operator=(occurrences&&) noexcept;
  ~occurrences();

  std::optional<civil_time> next();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// The first occurrence > after; nothing when the series has ended by then.
std::optional<civil_time> next_after(const series& of, civil_time after);
// Up to `max` occurrences > after (or from the beginning).
std::vector<civil_time> list(const series& of, std::size_t max, std::optional<civil_time> after = std::nullopt);
bool is_occurrence(const series& of, civil_time at);

// An occurrence on the world's time line. `local` is the rule's own wall-clock reading: the shifted reading of a gap day is
// never fed back.
struct zoned_occurrence {
  civil_time local{};
  instant at{};
  bool operator==(const zoned_occurrence&) const = default;
};

// The occurrences with their instants in one zone: gap shifts forward by the gap for that day only, overlap takes the first.
// Instants strictly increase: of two occurrences that a gap folds onto one instant only the first is given.
// An unknown zone gives nothing.
class zoned_occurrences {
 public:
  zoned_occurrences(const series& of, std::string_view tz);
  zoned_occurrences(const series& of, std::string_view tz, civil_time after);
  zoned_occurrences(zoned_occurrences&&) noexcept;
  zoned_occurrences& operator=(zoned_occurrences&&) noexcept;
  ~zoned_occurrences();

  std::optional<zoned_occurrence> next();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace calendar
