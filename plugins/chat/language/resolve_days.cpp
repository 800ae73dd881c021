// Which day a date phrase means: weekdays, month days, offsets, periods, nth weekdays.
#include <algorithm>

#include "plugins/chat/language/resolve_workspace.hpp"

namespace chat::language {
namespace {

using calendar::civil_date;
using calendar::make_date;
using form = date_expr::form;

int year_of(civil_date d) { return static_cast<int>(d.year()); }
int month_of(civil_date d) { return static_cast<int>(static_cast<unsigned>(d.month())); }
int day_of(civil_date d) { return static_cast<int>(static_cast<unsigned>(d.day())); }
int weekday_index(civil_date d) { return static_cast<int>(calendar::weekday_of(d).c_encoding()); }
civil_date first_of_month(civil_date d) { return make_date(year_of(d), month_of(d), 1); }
bool ambiguous_year(const date_expr& e) { return e.year == 0; }

const char* weekday_name(int index) {
  static constexpr const char* names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  return names[static_cast<std::size_t>(index) % 7];
}
const char* month_name(int month) {
  static constexpr const char* names[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
  return names[static_cast<std::size_t>(month - 1) % 12];
}

civil_date weekday_on(civil_date today, int index, modifier mod, const context& ctx) {
  const int ahead = (index - weekday_index(today) + 7) % 7;
  const int in_week = (index - static_cast<int>(ctx.prefs.week_start.c_encoding()) + 7) % 7;
  const civil_date week = calendar::start_of_week(today, ctx.prefs.week_start);
  switch (mod) {
    case modifier::current: {
      const civil_date day = calendar::add_days(week, in_week);
      return day < today ? calendar::add_days(today, ahead) : day;
    }
    case modifier::next: return calendar::add_days(week, 7 + in_week);
    case modifier::last: return calendar::add_days(today, -((weekday_index(today) - index + 6) % 7 + 1));
    case modifier::none: break;
  }
  return calendar::add_days(today, ahead == 0 ? 7 : ahead);
}

day_result weekday(workspace& w, const date_expr& e) {
  // A question about the past: "what did I finish on friday".
  const modifier mod = w.where == direction::past && e.mod == modifier::none ? modifier::last : e.mod;
  const civil_date day = weekday_on(w.today, e.day_index, mod, w.ctx);
  if (mod == modifier::next) {
    const civil_date sooner = weekday_on(w.today, e.day_index, modifier::none, w.ctx);
    if (sooner != day) w.assume("next_weekday", std::string{"next "} + weekday_name(e.day_index) + " is the one of next week, " + calendar::format_date(day), calendar::format_date(sooner));
  } else if (mod == modifier::none && e.day_index == weekday_index(w.today)) {
    w.assume("weekday_not_today", std::string{weekday_name(e.day_index)} + " read as " + calendar::format_date(day) + ", not today", calendar::format_date(w.today));
  }
  return {day, mod == modifier::last};
}

day_result month_day(workspace& w, int month, int day, int year, bool rolling = true) {
  if (year != 0) {
    const civil_date exact = make_date(year, month, day);
    if (!exact.ok()) w.invalid("There is no " + std::string{month_name(month)} + " " + std::to_string(day) + " in " + std::to_string(year) + ".");
    return {exact.ok() ? std::optional{exact} : std::nullopt, exact.ok() && exact < w.today};
  }
  if (!make_date(2024, month, day).ok()) {
    w.invalid("There is no " + std::string{month_name(month)} + " " + std::to_string(day) + ".");
    return {};
  }
  const int this_year = year_of(w.today);
  const int step = w.where == direction::past ? -1 : 1;
  for (int y = this_year, tries = 0; tries < 9; y += step, ++tries) {
    const civil_date candidate = make_date(y, month, day);
    if (!candidate.ok()) continue;
    const bool fits = w.where == direction::any || (step > 0 ? candidate >= w.today : candidate <= w.today);
    if (!fits) continue;
    if (y != this_year && rolling && w.where == direction::future)
      w.assume("next_year", std::string{month_name(month)} + " " + std::to_string(day) + " read as " + calendar::format_date(candidate));
    return {candidate, false};
  }
  return {};
}

day_result day_of_month(workspace& w, const date_expr& e) {
  if (e.mod != modifier::none) {
    const civil_date base = e.mod == modifier::next ? calendar::add_months(first_of_month(w.today), 1) : first_of_month(w.today);
    const civil_date day = make_date(year_of(base), month_of(base), e.day);
    if (!day.ok()) w.invalid("That month has no day " + std::to_string(e.day) + ".");
    return {day.ok() ? std::optional{day} : std::nullopt, day.ok() && day < w.today};
  }
  const int step = w.where == direction::past ? -1 : 1;
  for (int i = 0; i < 12; ++i) {
    const civil_date base = calendar::add_months(first_of_month(w.today), i * step);
    const civil_date day = make_date(year_of(base), month_of(base), e.day);
    if (day.ok() && (step > 0 ? day >= w.today : day <= w.today)) return {day, false};
  }
  return {};
}

day_result numeric(workspace& w, const date_expr& e) {
  const bool dots = e.day_index == 1;
  const bool us = !dots && month_first(w.ctx);
  int month = us ? e.a : e.b, day = us ? e.b : e.a;
  if ((month > 12 || month < 1) && day >= 1 && day <= 12 && !dots) {
    std::swap(month, day);
    w.assume("date_order", std::string{us ? "month/day" : "day/month"} + " is impossible here, read the other way round");
  } else if (!dots && month != day && day <= 12 && month >= 1 && month <= 12) {
    const civil_date other = make_date(e.year ? e.year : year_of(w.today), day, month);
    w.assume("date_order", std::string{us ? "MM/DD" : "DD/MM"} + " from locale " + w.ctx.locale, calendar::format_date(other));
  }
  if (month < 1 || month > 12 || day < 1 || day > 31) {
    w.invalid("That is no date.");
    return {};
  }
  return month_day(w, month, day, e.year);
}

day_result offset(workspace& w, const date_expr& e) {
  civil_date from = w.today;
  if (e.anchor_kind == 1) from = calendar::add_days(from, e.anchor_number);
  if (e.anchor_kind == 2) from = weekday_on(w.today, e.anchor_day, e.anchor_mod, w.ctx);
  if (e.anchor_kind == 3) {
    const auto anchor = month_day(w, e.anchor_month, e.anchor_date, 0);
    if (!anchor.day) return {};
    from = *anchor.day;
  }
  if (e.fuzzy) w.assume("a_few", "a few read as 3");
  const civil_date day = calendar::add_days(calendar::add_months(from, e.span.months), e.span.days);
  return {day, day < w.today};
}

// The month a period phrase names: this one, the next, or one by name.
civil_date named_month(workspace& w, int month, modifier mod) {
  const civil_date current = first_of_month(w.today);
  if (month == 0) return calendar::add_months(current, mod == modifier::next ? 1 : mod == modifier::last ? -1 : 0);
  int ahead = (month - month_of(w.today) + 12) % 12;
  if (mod == modifier::last || (w.where == direction::past && ahead > 0)) ahead -= 12;
  if (mod == modifier::next && ahead == 0) ahead = 12;
  return calendar::add_months(current, ahead);
}

day_range period_range(workspace& w, const date_expr& e) {
  const int steps = e.mod == modifier::next ? 1 : e.mod == modifier::last ? -1 : 0;
  if (e.month != 0 || e.time_unit == unit::month) {
    const civil_date first = named_month(w, e.month, e.mod);
    return {first, calendar::add_months(first, 1)};
  }
  if (e.time_unit == unit::year) return {make_date(year_of(w.today) + steps, 1, 1), make_date(year_of(w.today) + steps + 1, 1, 1)};
  if (e.time_unit == unit::quarter) {
    const civil_date first = calendar::add_months(make_date(year_of(w.today), (month_of(w.today) - 1) / 3 * 3 + 1, 1), 3 * steps);
    return {first, calendar::add_months(first, 3)};
  }
  const int days = e.time_unit == unit::fortnight ? 14 : 7;
  const civil_date first = calendar::add_days(calendar::start_of_week(w.today, w.ctx.prefs.week_start), days * steps);
  return {first, calendar::add_days(first, days)};
}

day_result period(workspace& w, const date_expr& e) {
  const auto [from, to] = period_range(w, e);
  const bool week = e.month == 0 && (e.time_unit == unit::week || e.time_unit == unit::fortnight);
  const civil_date friday = calendar::add_days(from, (5 - weekday_index(from) + 7) % 7);
  const civil_date last = calendar::add_days(to, -1);
  switch (e.part) {
    case edge::start: return {from, e.mod == modifier::last};
    case edge::middle: return {calendar::add_days(from, week ? 2 : calendar::days_between(from, to) <= 31 ? 14 : calendar::days_between(from, to) / 2), false};
    case edge::end:
      if (!week) return {last, e.mod == modifier::last};
      if (friday >= w.today) {
        w.assume("end_of_week", "end of week read as Friday", calendar::format_date(last));
        return {friday, e.mod == modifier::last};
      }
      return {last, e.mod == modifier::last};
    case edge::whole: break;
  }
  if (e.mod != modifier::current) return {from, e.mod == modifier::last};
  const civil_date day = week && friday >= w.today ? friday : last;
  w.assume("end_of_period", "read as by the end of it, " + calendar::format_date(day));
  return {day, false};
}

civil_date weekend_day(workspace& w, modifier mod) {
  const int today = weekday_index(w.today);
  const civil_date coming = today == 0 ? w.today : calendar::add_days(w.today, 6 - today);
  if (mod == modifier::next) return calendar::add_days(w.today, (today == 0 ? 6 : 6 - today + 7));
  if (mod == modifier::last) return calendar::add_days(w.today, today == 0 ? -8 : -1 - today);
  return coming;
}

std::optional<civil_date> nth_in_month(civil_date first, int ordinal, int index) {
  const int length = day_of(calendar::last_day_of_month(first));
  std::vector<int> days;
  for (int day = 1; day <= length; ++day) {
    const int wd = weekday_index(make_date(year_of(first), month_of(first), day));
    if (index == 8 || (index == 7 && wd >= 1 && wd <= 5) || wd == index) days.push_back(day);
  }
  const int place = ordinal < 0 ? static_cast<int>(days.size()) + ordinal : ordinal - 1;
  if (place < 0 || place >= static_cast<int>(days.size())) return std::nullopt;
  return make_date(year_of(first), month_of(first), days[static_cast<std::size_t>(place)]);
}

day_result nth_weekday(workspace& w, const date_expr& e) {
  civil_date first = e.year ? make_date(e.year, e.month, 1) : named_month(w, e.month, e.mod);
  auto day = nth_in_month(first, e.ordinal, e.day_index);
  if (day && *day < w.today && e.mod == modifier::current && ambiguous_year(e)) {
    first = calendar::add_months(first, e.month ? 12 : 1);
    day = nth_in_month(first, e.ordinal, e.day_index);
    if (day) w.assume("next_month", "this one has passed, read as " + calendar::format_date(*day));
  }
  if (!day) w.invalid("That month has no such day.");
  return {day, day && *day < w.today};
}

day_result whole_month(workspace& w, const date_expr& e) {
  const civil_date first = e.year ? make_date(e.year, e.month, 1) : named_month(w, e.month, e.mod);
  const bool now = first <= w.today && w.today <= calendar::last_day_of_month(first);
  const civil_date day = now ? calendar::last_day_of_month(first) : first;
  w.assume("whole_month", std::string{month_name(e.month)} + " read as " + calendar::format_date(day));
  return {day, day < w.today};
}

}  // namespace

day_result resolve_day(workspace& w, const date_expr& e) {
  switch (e.kind) {
    case form::relative_day: return {calendar::add_days(w.today, e.number), e.number < 0};
    case form::weekday: return weekday(w, e);
    case form::month_day: return month_day(w, e.month, e.day, e.year);
    case form::day_of_month: return day_of_month(w, e);
    case form::numeric: return numeric(w, e);
    case form::absolute: {
      const civil_date day = make_date(e.year, e.month, e.day);
      if (!day.ok() || e.year < 1) { w.invalid("There is no such day in the calendar."); return {}; }
      return {day, day < w.today};
    }
    case form::offset: return offset(w, e);
    case form::period: return period(w, e);
    case form::weekend: return {weekend_day(w, e.mod), e.mod == modifier::last};
    case form::nth_weekday: return nth_weekday(w, e);
    case form::month: return whole_month(w, e);
  }
  return {};
}

std::optional<day_range> days_covered(workspace& w, const date_expr& e) {
  if (e.kind == form::period && e.part == edge::whole) return period_range(w, e);
  if (e.kind == form::weekend) {
    const civil_date saturday = weekend_day(w, e.mod);
    return day_range{saturday, calendar::add_days(saturday, weekday_index(saturday) == 0 ? 1 : 2)};
  }
  if (e.kind == form::month) {
    const civil_date first = e.year ? make_date(e.year, e.month, 1) : named_month(w, e.month, e.mod);
    return day_range{first, calendar::add_months(first, 1)};
  }
  const auto day = resolve_day(w, e).day;
  if (!day || w.out.error) return std::nullopt;
  return day_range{*day, calendar::add_days(*day, 1)};
}

}  // namespace chat::language
