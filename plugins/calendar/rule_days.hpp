// Which days a rule chooses, as bit masks: a month is 31 bits, a year fourteen months (weeks reach into the neighbours).
//
// Internal to the calendar library. Days are numbered from 1970-01-01; weekdays as in std::chrono (0 = Sunday). Expects a pinned
// rule (series.hpp): nothing is taken from a start here.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "plugins/calendar/recurrence.hpp"

namespace calendar::detail {

using day_number = std::int32_t;

// Days first + i for every set bit i.
struct day_block {
  day_number first = 0;
  std::uint32_t bits = 0;
};

struct month_ref {
  int year = 0;
  int month = 0;             // 1 .. 12
  day_number first = 0;
  int length = 0;
};
month_ref month_at(int year, int month) noexcept;      // month 0 and 13 are the neighbours' December and January
month_ref month_of(day_number day) noexcept;
int weekday_of_day(day_number day) noexcept;           // 0 = Sunday
// The first day of week 1 of a year: the first week with four days in it (RFC 5545 section 3.3.10, BYWEEKNO).
day_number first_week(int year, std::chrono::weekday week_start) noexcept;
// The year whose week numbering a day belongs to.
int week_year(day_number day, std::chrono::weekday week_start) noexcept;

class rule_days {
 public:
  explicit rule_days(const rule& pinned);

  // FREQ=MONTHLY: bit `length` is the first of the next month, which SKIP=FORWARD can choose.
  day_block month(const month_ref& of) const;
  // FREQ=YEARLY: oldest first.
  using year_blocks = std::array<day_block, 14>;
  void year(int year, year_blocks& out) const;
  // FREQ=WEEKLY: the seven days from `week_first`.
  day_block week(day_number week_first) const;

  // FREQ=DAILY and shorter: the parts only limit.
  bool limits() const noexcept { return limits_; }
  std::uint32_t limit(const month_ref& of) const;

 private:
  struct nth_weekday {
    int ordinal, weekday;
  };
  std::uint32_t chosen(const month_ref& of, std::uint32_t year_ordinals) const;
  std::uint32_t days_of_month(const month_ref& of) const;
  std::uint32_t weekdays(const month_ref& of) const;
  std::uint32_t days_of_year(const month_ref& of) const;
  void week_numbers(int year, const std::array<month_ref, 14>& months, std::array<std::uint32_t, 14>& bits) const;
  void ordinals_of_year(const std::array<month_ref, 14>& months, std::array<std::uint32_t, 14>& bits) const;

  std::uint32_t months_ = 0;                 // bit m for month m; 0: all
  std::uint32_t day_first_ = 0, day_last_ = 0;   // BYMONTHDAY n and -n as bit n-1
  unsigned weekdays_ = 0;                    // BYDAY without numbers, bit 0 = Sunday
  std::vector<nth_weekday> ordinals_;
  std::bitset<367> year_day_first_, year_day_last_;
  std::vector<int> weeks_;
  std::chrono::weekday week_start_;
  skip_rule skip_;
  bool by_month_day_, by_day_, by_year_day_, ordinals_of_year_, limits_;
};

}  // namespace calendar::detail
