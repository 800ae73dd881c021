// Civil dates, wall-clock times, instants and periods, and their ISO 8601 / RFC 3339 spelling.
//
// Pure functions over values: any thread, no clock, no locale, no environment. Years 1..9999. Parsers return nothing for
// anything but the exact forms named here; what they accept, the matching format function prints.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace calendar {

using civil_date = std::chrono::year_month_day;   // a day on the calendar, never an instant
using civil_time = std::chrono::local_seconds;    // a wall-clock reading without a zone
using instant = std::chrono::sys_seconds;         // a point on the world's time line
using time_of_day = std::chrono::seconds;         // since local midnight, 0 <= t < 24 h

// A signed span of calendar time: months first, then days, then exact seconds; all parts share one sign.
struct period {
  int months = 0;
  int days = 0;
  std::chrono::seconds seconds{0};
  bool operator==(const period&) const = default;
};

civil_date make_date(int year, int month, int day) noexcept;   // may be !ok()
civil_date date_of(civil_time at) noexcept;
time_of_day time_of(civil_time at) noexcept;
civil_time at_time(civil_date day, time_of_day time) noexcept;
civil_date add_days(civil_date day, int days) noexcept;
// Month arithmetic keeps the day number where it exists, else takes the month's last day (31 Jan + 1 month = 28 Feb).
civil_date add_months(civil_date day, int months) noexcept;
civil_time add(civil_time at, const period& by) noexcept;
int days_between(civil_date from, civil_date to) noexcept;
std::chrono::weekday weekday_of(civil_date day) noexcept;
civil_date last_day_of_month(civil_date day) noexcept;
civil_date start_of_week(civil_date day, std::chrono::weekday first) noexcept;

std::string format_date(civil_date day);                // 2026-08-31
std::string format_time(time_of_day time);              // 17:00, with :SS only when the seconds are not zero
std::string format_local(civil_time at);                // 2026-08-31T17:00, seconds as in format_time
std::string format_instant(instant at);                 // 2026-08-31T21:00:00Z
std::string format_period(const period& span);          // PT30M, -P1D, P1MT2H; zero is PT0S

std::optional<civil_date> parse_date(std::string_view text);       // 2026-08-31
std::optional<time_of_day> parse_time(std::string_view text);      // 17:00 or 17:00:30
std::optional<civil_time> parse_local(std::string_view text);      // 2026-08-31T17:00[:SS], never with an offset
std::optional<instant> parse_instant(std::string_view text);       // RFC 3339 with Z or an offset; fractions are cut
std::optional<period> parse_period(std::string_view text);         // [-]P[nY][nM][nW][nD][T[nH][nM][nS]]

}  // namespace calendar
