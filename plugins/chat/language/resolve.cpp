// The resolver: calendar arithmetic behind every date phrase, and the guesses it had to make.
#include "plugins/chat/language/resolve.hpp"

#include <algorithm>

#include "plugins/calendar/zone.hpp"

namespace chat::language {
namespace {

using calendar::civil_date;
using calendar::make_date;
using std::chrono::hours;
using std::chrono::minutes;
using form = date_expr::form;
using meridiem = time_expr::meridiem;

struct day_result {
  std::optional<civil_date> day;
  bool explicit_past = false;      // the words themselves point back: yesterday, last friday, a past year
};

// Everything a resolution needs, and where its guesses go.
struct workspace {
  const context& ctx;
  direction where;
  civil_date today;
  calendar::time_of_day clock;
  resolved& out;

  void assume(std::string code, std::string text, std::optional<std::string> alternative = std::nullopt) {
    out.assumptions.push_back({std::move(code), std::move(text), std::move(alternative)});
  }
  void invalid(std::string text) {
    if (!out.error) out.error = failure{"invalid_date", std::move(text) + " Nothing was saved. Put it in quotes to keep it as text."};
  }
};

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

struct time_result {
  calendar::time_of_day time{};
  int add_days = 0;
  bool half_day_guess = false;       // am/pm was not said
  bool rolls_over = true;            // without a date, a passed time means tomorrow
};

time_result part_time(workspace& w, daypart part) {
  const auto& p = w.ctx.prefs;
  const auto time = part == daypart::morning ? p.morning : part == daypart::afternoon ? p.afternoon : part == daypart::evening ? p.evening : p.tonight;
  w.assume("daypart", std::string{part == daypart::morning ? "morning" : part == daypart::afternoon ? "afternoon" : part == daypart::evening ? "evening" : "night"} + " is " +
                          calendar::format_time(time) + " by preference");
  return {time, 0, false, part != daypart::none};
}

time_result clock_time(workspace& w, const time_expr& t, daypart part) {
  int hour = t.hour;
  time_result out;
  if (t.half == meridiem::am) hour = hour % 12;
  else if (t.half == meridiem::pm) hour = hour % 12 + 12;
  else if (!t.definite) {
    switch (part) {
      case daypart::morning: hour = hour % 12 == 0 ? 12 : hour; break;
      case daypart::afternoon: case daypart::evening: hour = hour % 12 + 12; break;
      case daypart::night:
        if (hour == 12 || hour <= 4) { hour = hour % 12; out.add_days = 1; }
        else hour += 12;
        break;
      case daypart::none:
        out.half_day_guess = true;
        if (hour >= 1 && hour <= 7) hour += 12;
        break;
    }
  }
  out.time = hours{hour} + minutes{t.minute} + std::chrono::seconds{t.second};
  if (out.half_day_guess && hour != t.hour)
    w.assume("meridiem", (t.minute ? std::to_string(t.hour) + ":" + (t.minute < 10 ? "0" : "") + std::to_string(t.minute) : std::to_string(t.hour)) + " read as " + calendar::format_time(out.time),
             calendar::format_time(out.time - hours{12}));
  return out;
}

time_result resolve_time(workspace& w, const temporal& m) {
  if (!m.time) return part_time(w, m.part);
  switch (m.time->kind) {
    case time_expr::form::noon: return {hours{12}};
    case time_expr::form::midnight:
      w.assume("midnight", m.date ? "midnight read as the end of that day" : "midnight read as the end of today");
      return {hours{0}, 1, false, false};
    case time_expr::form::end_of_day:
      w.assume("eod", "end of day is " + calendar::format_time(w.ctx.prefs.eod) + " by preference");
      return {w.ctx.prefs.eod};
    case time_expr::form::same_time: return {std::chrono::floor<minutes>(w.clock), 0, false, false};
    case time_expr::form::clock: break;
  }
  if (!m.time->valid) {
    w.out.error = failure{"invalid_time", "There is no such time of day. Nothing was saved. Put it in quotes to keep it as text."};
    return {};
  }
  if (m.time->range_end_minutes >= 0) w.assume("range", "the start of the range is the due time; it ends " + calendar::format_time(minutes{m.time->range_end_minutes}));
  return clock_time(w, *m.time, m.part);
}

// Settles which zone is meant. False: a question had to be asked.
bool settle_zone(workspace& w, const zone_expr& zone) {
  if (zone.options.empty()) {
    w.out.tz = zone.tz;
    if (zone.abbreviation) w.assume("zone_abbreviation", zone.spelled + " read as local civil time in " + zone.tz);
    return true;
  }
  const bool own = std::find(zone.options.begin(), zone.options.end(), w.ctx.tz) != zone.options.end();
  if (own || !zone.tz.empty()) {
    w.out.tz = own ? w.ctx.tz : zone.tz;
    w.assume("zone_abbreviation", zone.spelled + " read as " + *w.out.tz, own ? std::nullopt : std::optional{zone.options[1]});
    return true;
  }
  clarification question{"tz", zone.spelled + " means several time zones. Which one?", {}, zone.spelled};
  for (const auto& option : zone.options) question.options.push_back({option, option, {}});
  w.out.question = std::move(question);
  return false;
}

void ask_past(workspace& w, std::string what) {
  w.out.question = clarification{"past", what + " has already passed. When should it be?", {}, {}};
  w.out.value.reset();
}

// A wall-clock value; pinned to its zone when the clock skips or repeats it there.
void set_local(workspace& w, calendar::civil_time local) {
  const std::string& tz = w.out.tz ? *w.out.tz : w.ctx.tz;
  const auto found = calendar::resolve(local, tz);
  if (!found) {
    w.out.error = failure{"unknown_zone", "The time zone " + tz + " is not known. Use an IANA name such as Europe/Paris."};
    return;
  }
  if (w.where == direction::future && found->at < w.ctx.now && found->other < w.ctx.now) return ask_past(w, calendar::format_local(local));
  if (found->kind != calendar::local_kind::unique || w.out.tz) w.out.value = calendar::zoned{local, tz};
  else w.out.value = calendar::floating{local};
  if (found->kind == calendar::local_kind::unique) return;
  w.out.instant = found->at;
  if (found->kind == calendar::local_kind::gap)
    w.assume("nonexistent_time", calendar::format_time(calendar::time_of(local)) + " does not exist that day, " + calendar::format_time(calendar::time_of(found->local)) + " used");
  else
    w.assume("ambiguous_time", calendar::format_time(calendar::time_of(local)) + " happens twice that day, the first is used", calendar::format_instant(found->other));
}

void resolve_shift(workspace& w, const calendar::period& shift) {
  const auto moved = calendar::resolve(calendar::add(calendar::at_time(w.today, w.clock), {shift.months, shift.days, std::chrono::seconds{0}}), w.ctx.tz);
  const calendar::instant from = shift.months || shift.days ? moved->at : w.ctx.now;
  w.out.value = from + shift.seconds;
}

bool begin(const context& ctx, workspace& w) {
  const auto local = local_now(ctx);
  if (!local) {
    w.out.error = failure{"unknown_zone", "The time zone " + ctx.tz + " is not known. Use an IANA name such as Europe/Paris."};
    return false;
  }
  w.today = calendar::date_of(*local);
  w.clock = calendar::time_of(*local);
  return true;
}

}  // namespace

std::optional<calendar::civil_time> local_now(const context& ctx) { return calendar::to_local(ctx.now, ctx.tz); }

bool month_first(const context& ctx) { return ctx.locale == "en-US" || ctx.locale == "en_US" || ctx.locale == "en" || ctx.locale.empty(); }

temporal merge(const temporal& a, const temporal& b) {
  temporal out = a.date ? a : b;
  const temporal& other = a.date ? b : a;
  if (!out.time) out.time = other.time;
  if (!out.zone) out.zone = other.zone;
  if (out.part == daypart::none) out.part = other.part;
  return out;
}

resolved resolve(const temporal& m, const context& ctx, direction where) {
  resolved out;
  workspace w{ctx, where, {}, {}, out};
  if (!begin(ctx, w)) return out;
  if (m.shift) {
    resolve_shift(w, *m.shift);
    return out;
  }
  if (m.zone && !settle_zone(w, *m.zone)) return out;
  day_result day;
  if (m.date) {
    day = resolve_day(w, *m.date);
    if (out.error || !day.day) {
      if (!out.error) w.invalid("That is no date.");
      return out;
    }
    out.date = day.day;
    if (m.date->before && !m.time) w.assume("before", "before read as by that day", calendar::format_date(calendar::add_days(*day.day, -1)));
  }
  if (!m.time && m.part == daypart::none) {
    if (where == direction::future && (day.explicit_past || *day.day < w.today)) ask_past(w, calendar::format_date(*day.day));
    else out.value = *day.day;
    return out;
  }
  const time_result time = resolve_time(w, m);
  if (out.error) return out;
  out.time = time.time;
  if (where == direction::future && day.explicit_past) {
    ask_past(w, calendar::format_date(*day.day));
    return out;
  }
  civil_date base = w.today;
  if (!day.day && out.tz) base = calendar::date_of(*calendar::to_local(ctx.now, *out.tz));
  if (day.day) base = *day.day;
  calendar::civil_time local = calendar::at_time(calendar::add_days(base, time.add_days), time.time);
  const auto now_there = out.tz ? calendar::to_local(ctx.now, *out.tz) : local_now(ctx);
  if (!day.day && now_there && local < *now_there && where == direction::future) {
    const bool this_part = m.date.has_value();
    if (!this_part) {
      local = calendar::at_time(calendar::add_days(base, time.add_days + 1), time.time);
      w.assume("tomorrow", calendar::format_time(time.time) + " has passed today, read as tomorrow");
    }
  }
  // Late in the evening "tonight" is still today, only no longer at the preferred hour.
  const bool late = !m.time && (m.part == daypart::night || m.part == daypart::evening) && day.day == w.today && now_there && local < *now_there;
  if (late && where == direction::future) {
    out.time.reset();
    out.value = *day.day;
    w.assume("daypart_passed", calendar::format_time(time.time) + " has passed, due today without a time");
    return out;
  }
  set_local(w, local);
  return out;
}

std::optional<day_range> resolve_range(const temporal& m, const context& ctx, direction where) {
  resolved scratch;
  workspace w{ctx, where, {}, {}, scratch};
  if (!m.date || !begin(ctx, w)) return std::nullopt;
  const date_expr& e = *m.date;
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
  if (!day || scratch.error) return std::nullopt;
  return day_range{*day, calendar::add_days(*day, 1)};
}

}  // namespace chat::language
