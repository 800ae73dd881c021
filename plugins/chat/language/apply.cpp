// The rules of moving a task in time.
#include "plugins/chat/language/apply.hpp"

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/language/resolve_repeat.hpp"

namespace chat::language {
namespace {

using calendar::civil_time;

// The same kind of value at another local reading. An instant becomes local time in the person's zone: a day or a clock time
// was asked for, and only civil time can keep one.
calendar::due with_local(const std::optional<calendar::due>& present, civil_time local, const context& ctx) {
  if (present) {
    if (const auto* z = std::get_if<calendar::zoned>(&*present)) return calendar::zoned{local, z->tz};
    if (std::holds_alternative<calendar::instant>(*present)) return calendar::zoned{local, ctx.tz};
  }
  return calendar::floating{local};
}

std::optional<civil_time> reading(const calendar::due& value, const context& ctx) {
  if (const auto* z = std::get_if<calendar::zoned>(&value)) return z->local;
  return calendar::local_reading(value, ctx.tz);
}

failure unknown_zone(const context& ctx) { return {"unknown_zone", "The time zone " + ctx.tz + " is not known. Use an IANA name such as Europe/Paris."}; }

void set_time(rescheduled& out, const when& to, const std::optional<calendar::due>& present, const context& ctx, civil_time now) {
  if (present) {
    const auto local = reading(*present, ctx);
    if (!local) { out.error = unknown_zone(ctx); return; }
    const auto moved = calendar::at_time(calendar::date_of(*local), *to.time);
    if (to.tz) out.due = calendar::zoned{moved, *to.tz};
    else out.due = with_local(calendar::has_time(*present) ? present : std::nullopt, moved, ctx);
    return;
  }
  auto day = calendar::date_of(now);
  if (*to.time <= calendar::time_of(now)) {
    day = calendar::add_days(day, 1);
    out.assumptions.push_back({"tomorrow", calendar::format_time(*to.time) + " has passed today, read as tomorrow", std::nullopt});
  }
  if (to.tz) out.due = calendar::zoned{calendar::at_time(day, *to.time), *to.tz};
  else out.due = calendar::floating{calendar::at_time(day, *to.time)};
}

void shift(rescheduled& out, const calendar::period& by, const std::optional<calendar::due>& present, const context& ctx) {
  if (!present) {
    out.error = failure{"no_due", "The task has no due time to move. Say when it is due."};
    return;
  }
  if (const auto* day = std::get_if<calendar::civil_date>(&*present)) {
    if (by.seconds.count() != 0) {
      out.error = failure{"no_time", "The task is due on a day without a time, so it cannot move by hours. Say a time."};
      return;
    }
    out.due = calendar::add_days(calendar::add_months(*day, by.months), by.days);
    return;
  }
  if (const auto* at = std::get_if<calendar::instant>(&*present); at && by.months == 0 && by.days == 0) {
    out.due = calendar::instant{*at + by.seconds};
    return;
  }
  const auto local = reading(*present, ctx);
  if (!local) { out.error = unknown_zone(ctx); return; }
  out.due = with_local(present, calendar::add(*local, by), ctx);
}

}  // namespace

rescheduled apply_reschedule(const when& to, const std::optional<calendar::due>& present, const context& ctx) {
  rescheduled out;
  const auto now = local_now(ctx);
  if (!now) {
    out.error = unknown_zone(ctx);
  } else if (to.clear) {
    return out;
  } else if (to.due) {
    out.due = to.due;
  } else if (to.shift) {
    shift(out, *to.shift, present, ctx);
  } else if (to.date) {
    if (!present || !calendar::has_time(*present)) { out.due = *to.date; return out; }
    const auto local = reading(*present, ctx);
    if (!local) out.error = unknown_zone(ctx);
    else out.due = with_local(present, calendar::at_time(*to.date, calendar::time_of(*local)), ctx);
  } else if (to.time) {
    set_time(out, to, present, ctx, *now);
  } else {
    out.due = present;
  }
  return out;
}

rescheduled apply_repeat(const recurrence& repeat, const std::optional<calendar::civil_date>& from, const std::optional<calendar::time_of_day>& time,
                         const std::optional<calendar::due>& present, const context& ctx) {
  rescheduled out;
  const auto now = local_now(ctx);
  auto parsed = calendar::parse_rule(repeat.rrule);
  auto* rule = std::get_if<calendar::rule>(&parsed);
  if (!now || !rule) {
    out.error = !now ? unknown_zone(ctx) : failure{"invalid_rule", std::get<calendar::rule_error>(parsed).text};
    return out;
  }
  const auto local = present ? reading(*present, ctx) : std::nullopt;
  auto day = from ? *from : local ? calendar::date_of(*local) : calendar::date_of(*now);
  std::optional<calendar::time_of_day> clock = time;
  if (!clock && local && calendar::has_time(*present)) clock = calendar::time_of(*local);
  if (!clock && rule->freq <= calendar::frequency::hourly) clock = calendar::time_of(*now);
  // A day in the past stays: the series' catch-up policy decides about it. Without a due time nothing begins before now.
  auto after = calendar::at_time(day, std::chrono::seconds{0}) - std::chrono::seconds{1};
  if (!present && clock) after = std::max(after, *now);
  const auto at = first_occurrence(*rule, day, clock, after);
  if (!at) {
    out.error = failure{"invalid_rule", "That rule has no day from then on."};
    return out;
  }
  out.rrule = calendar::to_text(*rule);
  if (!clock) out.due = calendar::date_of(*at);
  else out.due = with_local(present && calendar::has_time(*present) ? present : std::nullopt, *at, ctx);
  return out;
}

}  // namespace chat::language
