// The rules of moving a task in time.
#include "plugins/chat/language/apply.hpp"

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/language/resolve.hpp"

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

}  // namespace chat::language
