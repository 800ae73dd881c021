// Arithmetic on civil dates and the ISO 8601 / RFC 3339 readers and printers.
#include "plugins/calendar/civil.hpp"

#include <cstdio>

namespace calendar {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;

// Reads exactly `digits` digits at the front of `text` and drops them.
bool take_digits(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[i];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take_char(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, civil_date& day) {
  int y = 0, m = 0, d = 0;
  if (!take_digits(text, 4, y) || !take_char(text, '-') || !take_digits(text, 2, m) || !take_char(text, '-') ||
      !take_digits(text, 2, d))
    return false;
  day = make_date(y, m, d);
  return y >= 1 && day.ok();
}

bool take_time(std::string_view& text, time_of_day& time) {
  int h = 0, m = 0, s = 0;
  if (!take_digits(text, 2, h) || !take_char(text, ':') || !take_digits(text, 2, m)) return false;
  if (take_char(text, ':') && !take_digits(text, 2, s)) return false;
  time = std::chrono::hours{h} + std::chrono::minutes{m} + seconds{s};
  return h < 24 && m < 60 && s < 60;
}

// Z, or +hh:mm / -hh:mm, as seconds east of UTC.
bool take_offset(std::string_view& text, seconds& east) {
  if (take_char(text, 'Z') || take_char(text, 'z')) return true;
  const bool west = take_char(text, '-');
  int h = 0, m = 0;
  if ((!west && !take_char(text, '+')) || !take_digits(text, 2, h) || !take_char(text, ':') || !take_digits(text, 2, m))
    return false;
  east = (std::chrono::hours{h} + std::chrono::minutes{m}) * (west ? -1 : 1);
  return h < 24 && m < 60;
}

}  // namespace

civil_date make_date(int year, int month, int day) noexcept {
  return {std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)}, std::chrono::day{static_cast<unsigned>(day)}};
}

civil_date date_of(civil_time at) noexcept { return civil_date{std::chrono::floor<days>(at)}; }
time_of_day time_of(civil_time at) noexcept { return at - std::chrono::floor<days>(at); }
civil_time at_time(civil_date day, time_of_day time) noexcept { return local_days{day} + time; }
civil_date add_days(civil_date day, int count) noexcept { return civil_date{local_days{day} + days{count}}; }

civil_date add_months(civil_date day, int count) noexcept {
  const civil_date moved = day + std::chrono::months{count};
  return moved.ok() ? moved : civil_date{moved.year() / moved.month() / std::chrono::last};
}

civil_time add(civil_time at, const period& by) noexcept {
  return at_time(add_days(add_months(date_of(at), by.months), by.days), time_of(at)) + by.seconds;
}

int days_between(civil_date from, civil_date to) noexcept {
  return static_cast<int>((local_days{to} - local_days{from}).count());
}

std::chrono::weekday weekday_of(civil_date day) noexcept { return std::chrono::weekday{local_days{day}}; }
civil_date last_day_of_month(civil_date day) noexcept { return civil_date{day.year() / day.month() / std::chrono::last}; }

civil_date start_of_week(civil_date day, std::chrono::weekday first) noexcept {
  return civil_date{local_days{day} - (weekday_of(day) - first)};
}

std::string format_date(civil_date day) {
  char out[32];
  std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()));
  return out;
}

std::string format_time(time_of_day time) {
  const auto total = time.count();
  char out[32];
  const int length = std::snprintf(out, sizeof out, "%02d:%02d", static_cast<int>(total / 3600), static_cast<int>(total / 60 % 60));
  if (total % 60 != 0) std::snprintf(out + length, sizeof out - static_cast<std::size_t>(length), ":%02d", static_cast<int>(total % 60));
  return out;
}

std::string format_local(civil_time at) { return format_date(date_of(at)) + "T" + format_time(time_of(at)); }

std::string format_instant(instant at) {
  const civil_time utc{at.time_since_epoch()};
  const auto total = time_of(utc).count();
  char out[16];
  std::snprintf(out, sizeof out, "T%02d:%02d:%02dZ", static_cast<int>(total / 3600), static_cast<int>(total / 60 % 60),
                static_cast<int>(total % 60));
  return format_date(date_of(utc)) + out;
}

std::string format_period(const period& span) {
  const bool negative = span.months < 0 || span.days < 0 || span.seconds.count() < 0;
  const auto magnitude = [](auto value) { return value < 0 ? -value : value; };
  std::string out = negative ? "-P" : "P";
  if (span.months != 0) out += std::to_string(magnitude(span.months)) + "M";
  if (span.days != 0) out += std::to_string(magnitude(span.days)) + "D";
  const auto total = magnitude(span.seconds.count());
  if (total != 0 || (span.months == 0 && span.days == 0)) {
    out += 'T';
    if (total >= 3600) out += std::to_string(total / 3600) + "H";
    if (total / 60 % 60 != 0) out += std::to_string(total / 60 % 60) + "M";
    if (total % 60 != 0 || total == 0) out += std::to_string(total % 60) + "S";
  }
  return out;
}

std::optional<civil_date> parse_date(std::string_view text) {
  civil_date day;
  if (!take_date(text, day) || !text.empty()) return std::nullopt;
  return day;
}

std::optional<time_of_day> parse_time(std::string_view text) {
  time_of_day time{};
  if (!take_time(text, time) || !text.empty()) return std::nullopt;
  return time;
}

std::optional<civil_time> parse_local(std::string_view text) {
  civil_date day;
  time_of_day time{};
  if (!take_date(text, day) || !take_char(text, 'T') || !take_time(text, time) || !text.empty()) return std::nullopt;
  return at_time(day, time);
}

std::optional<instant> parse_instant(std::string_view text) {
  civil_date day;
  time_of_day time{};
  seconds east{0};
  if (!take_date(text, day) || (!take_char(text, 'T') && !take_char(text, 't')) || !take_time(text, time)) return std::nullopt;
  if (take_char(text, '.')) {
    int digit = 0;
    if (!take_digits(text, 1, digit)) return std::nullopt;
    while (take_digits(text, 1, digit)) {}
  }
  if (!take_offset(text, east) || !text.empty()) return std::nullopt;
  return instant{at_time(day, time).time_since_epoch() - east};
}

std::optional<period> parse_period(std::string_view text) {
  const int sign = take_char(text, '-') ? -1 : 1;
  if (!take_char(text, 'P') || text.empty()) return std::nullopt;
  period out;
  bool clock = false;
  int rank = 0;   // designators must come in order, each at most once
  while (!text.empty()) {
    if (!clock && take_char(text, 'T')) {
      if (text.empty()) return std::nullopt;
      clock = true;
      rank = 4;
      continue;
    }
    int value = 0, digit = 0;
    std::size_t digits = 0;
    while (take_digits(text, 1, digit)) {
      value = value * 10 + digit;
      if (++digits > 6) return std::nullopt;
    }
    if (digits == 0 || text.empty()) return std::nullopt;
    const std::string_view order = clock ? "HMS" : "YMWD";
    const auto found = order.find(text.front());
    if (found == std::string_view::npos) return std::nullopt;
    const int place = static_cast<int>(found) + (clock ? 5 : 1);
    if (place <= rank) return std::nullopt;
    rank = place;
    value *= sign;
    switch (place) {
      case 1: out.months += 12 * value; break;
      case 2: out.months += value; break;
      case 3: out.days += 7 * value; break;
      case 4: out.days += value; break;
      case 5: out.seconds += std::chrono::hours{value}; break;
      case 6: out.seconds += std::chrono::minutes{value}; break;
      default: out.seconds += seconds{value}; break;
    }
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace calendar
