// Day masks. The tables of RFC 5545 section 3.3.10 read as: every part narrows a mask of the period's days, and what a part
// would "expand" is simply not narrowed before it.
#include "plugins/calendar/rule_days.hpp"

#include <algorithm>

namespace calendar::detail {
namespace {

using std::chrono::days;
using std::chrono::local_days;

constexpr std::uint32_t every_seventh = 0x10204081U;   // bits 0, 7, 14, 21, 28

day_number number_of(civil_date day) noexcept { return static_cast<day_number>(local_days{day}.time_since_epoch().count()); }

constexpr std::uint32_t low_bits(int count) noexcept { return count >= 32 ? ~0U : (1U << count) - 1U; }

constexpr std::uint32_t reversed(std::uint32_t v) noexcept {
  v = (v >> 1 & 0x55555555U) | (v & 0x55555555U) << 1;
  v = (v >> 2 & 0x33333333U) | (v & 0x33333333U) << 2;
  v = (v >> 4 & 0x0f0f0f0fU) | (v & 0x0f0f0f0fU) << 4;
  v = (v >> 8 & 0x00ff00ffU) | (v & 0x00ff00ffU) << 8;
  return v >> 16 | v << 16;
}

// Offset 0..6 from a day with weekday `from` to the next `wanted`.
constexpr int until_weekday(int from, int wanted) noexcept { return (wanted - from + 7) % 7; }

// The n-th (n > 0) or n-th last (n < 0) `weekday` among `length` days of which the first is a `first_weekday`; -1: none.
constexpr int nth_place(int n, int weekday, int first_weekday, int length) noexcept {
  const int first = until_weekday(first_weekday, weekday);
  const int place = n > 0 ? first + 7 * (n - 1) : first + 7 * ((length - 1 - first) / 7) + 7 * (n + 1);
  return place >= 0 && place < length ? place : -1;
}

}  // namespace

month_ref month_at(int year, int month) noexcept {
  if (month == 0) return month_at(year - 1, 12);
  if (month == 13) return month_at(year + 1, 1);
  const auto last = last_day_of_month(make_date(year, month, 1));
  const auto length = static_cast<int>(static_cast<unsigned>(last.day()));
  return {year, month, number_of(last) - length + 1, length};
}

month_ref month_of(day_number day) noexcept {
  const civil_date date{local_days{days{day}}};
  return month_at(static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())));
}

int weekday_of_day(day_number day) noexcept { return ((day + 4) % 7 + 7) % 7; }   // 1970-01-01 was a Thursday

day_number first_week(int year, std::chrono::weekday week_start) noexcept {
  const day_number new_year = number_of(make_date(year, 1, 1));
  const int into_week = until_weekday(static_cast<int>(week_start.c_encoding()), weekday_of_day(new_year));
  return into_week <= 3 ? new_year - into_week : new_year + 7 - into_week;
}

int week_year(day_number day, std::chrono::weekday week_start) noexcept {
  const int year = month_of(day).year;
  if (day < first_week(year, week_start)) return year - 1;
  return day >= first_week(year + 1, week_start) ? year + 1 : year;
}

rule_days::rule_days(const rule& r)
    : weeks_(r.by_week_no), week_start_(r.week_start), skip_(r.freq >= frequency::monthly ? r.skip : skip_rule::omit), by_month_day_(!r.by_month_day.empty()), by_day_(!r.by_day.empty()),
      by_year_day_(!r.by_year_day.empty()) {
  for (const int m : r.by_month) months_ |= 1U << m;
  for (const int d : r.by_month_day) (d > 0 ? day_first_ : day_last_) |= 1U << ((d > 0 ? d : -d) - 1);
  for (const int d : r.by_year_day) (d > 0 ? year_day_first_ : year_day_last_).set(static_cast<std::size_t>(d > 0 ? d : -d));
  for (const auto& d : r.by_day) {
    const auto weekday = d.day.c_encoding();
    if (d.ordinal == 0) weekdays_ |= 1U << weekday;
    else ordinals_.push_back({d.ordinal, static_cast<int>(weekday)});
  }
  ordinals_of_year_ = !ordinals_.empty() && r.freq == frequency::yearly && r.by_month.empty();
  limits_ = months_ != 0 || by_month_day_ || by_day_ || by_year_day_;
}

std::uint32_t rule_days::days_of_month(const month_ref& of) const {
  const std::uint32_t real = low_bits(of.length);
  std::uint32_t out = (day_first_ & real) | (reversed(day_last_) >> (32 - of.length));
  if ((day_first_ & ~real) == 0) return out;
  if (skip_ == skip_rule::backward) out |= 1U << (of.length - 1);
  if (skip_ == skip_rule::forward) out |= 1U << of.length;
  return out;
}

std::uint32_t rule_days::weekdays(const month_ref& of) const {
  const int first = weekday_of_day(of.first);
  const unsigned from_first = (weekdays_ >> first | weekdays_ << (7 - first)) & 0x7fU;
  std::uint32_t out = from_first * every_seventh;   // the seven shifts never overlap
  if (ordinals_of_year_) return out;
  for (const auto& [n, weekday] : ordinals_)
    if (const int place = nth_place(n, weekday, first, of.length); place >= 0) out |= 1U << place;
  return out;
}

std::uint32_t rule_days::days_of_year(const month_ref& of) const {
  const day_number new_year = number_of(make_date(of.year, 1, 1));
  const int year_length = number_of(make_date(of.year + 1, 1, 1)) - new_year;
  std::uint32_t out = 0;
  for (int i = 0; i < of.length; ++i) {
    const int place = of.first - new_year + i;
    if (year_day_first_[static_cast<std::size_t>(place + 1)] || year_day_last_[static_cast<std::size_t>(year_length - place)]) out |= 1U << i;
  }
  return out;
}

std::uint32_t rule_days::chosen(const month_ref& of, std::uint32_t year_ordinals) const {
  if (months_ != 0 && (months_ >> of.month & 1U) == 0) return 0;
  std::uint32_t out = by_month_day_ ? days_of_month(of) : low_bits(of.length);
  if (by_day_) out &= weekdays(of) | year_ordinals;
  if (by_year_day_) out &= days_of_year(of);
  return out;
}

day_block rule_days::month(const month_ref& of) const { return {of.first, chosen(of, 0)}; }

std::uint32_t rule_days::limit(const month_ref& of) const { return chosen(of, 0) & low_bits(of.length); }

void rule_days::week_numbers(int year, const std::array<month_ref, 14>& months, std::array<std::uint32_t, 14>& bits) const {
  const day_number first = first_week(year, week_start_);
  const int count = (first_week(year + 1, week_start_) - first) / 7;
  for (const int n : weeks_) {
    const int week = n > 0 ? n : count + 1 + n;
    if (week < 1 || week > count) continue;
    const day_number monday = first + 7 * (week - 1);   // whatever day the week starts with
    for (std::size_t m = 0; m < months.size(); ++m) {
      const int place = monday - months[m].first;
      if (place >= months[m].length || place <= -7) continue;
      bits[m] |= (place >= 0 ? 0x7fU << place : 0x7fU >> -place) & low_bits(months[m].length);
    }
  }
}

void rule_days::ordinals_of_year(const std::array<month_ref, 14>& months, std::array<std::uint32_t, 14>& bits) const {
  const int length = months[13].first - months[1].first;
  for (const auto& [n, weekday] : ordinals_) {
    const int place = nth_place(n, weekday, weekday_of_day(months[1].first), length);
    if (place < 0) continue;
    std::size_t m = static_cast<std::size_t>(place / 31) + 1;   // the month itself or the one before it
    while (months[m + 1].first - months[1].first <= place) ++m;
    bits[m] |= 1U << (place - (months[m].first - months[1].first));
  }
}

void rule_days::year(int year, year_blocks& out) const {
  std::array<month_ref, 14> months;
  for (int m = 0; m < 14; ++m) months[static_cast<std::size_t>(m)] = month_at(year, m);
  std::array<std::uint32_t, 14> weeks{}, ordinals{};
  if (!weeks_.empty()) week_numbers(year, months, weeks);
  if (ordinals_of_year_) ordinals_of_year(months, ordinals);
  for (std::size_t m = 0; m < months.size(); ++m) {
    const bool outside = m == 0 || m == 13;
    const std::uint32_t within = !weeks_.empty() ? weeks[m] : outside ? 0U : ~0U;
    out[m] = {months[m].first, within == 0 ? 0 : chosen(months[m], ordinals[m]) & within};
  }
}

day_block rule_days::week(day_number week_first) const {
  const int first = weekday_of_day(week_first);
  std::uint32_t bits = (weekdays_ >> first | weekdays_ << (7 - first)) & 0x7fU;
  if (months_ == 0) return {week_first, bits};
  const month_ref month = month_of(week_first);
  const int here = std::min(7, month.first + month.length - week_first);
  if ((months_ >> month.month & 1U) == 0) bits &= ~low_bits(here);
  if ((months_ >> (month.month % 12 + 1) & 1U) == 0) bits &= low_bits(here);
  return {week_first, bits};
}

}  // namespace calendar::detail
