// The resolver: times, zones, and what a phrase comes to as a due value, with the guesses it had to make.
#include "plugins/chat/language/resolve.hpp"

#include <algorithm>

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/language/resolve_workspace.hpp"

namespace chat::language {
namespace {

using calendar::civil_date;
using std::chrono::hours;
using std::chrono::minutes;
using meridiem = time_expr::meridiem;

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
  return days_covered(w, *m.date);
}

}  // namespace chat::language
