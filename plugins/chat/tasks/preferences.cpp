// Preferences as stored to values.
#include "plugins/chat/tasks/preferences.hpp"

#include "plugins/calendar/zone.hpp"

namespace chat {

std::string zone_of(const evh_schemas::user_preferences& set) { return !set.tz.empty() && calendar::zone_known(set.tz) ? set.tz : "UTC"; }

calendar::civil_date today_in(const std::string& tz, std::int64_t now_ms) {
  const calendar::instant now{std::chrono::seconds{now_ms / 1000}};
  const auto local = calendar::to_local(now, tz);
  return calendar::date_of(local ? *local : calendar::civil_time{now.time_since_epoch()});
}

language::preferences spoken_preferences(const evh_schemas::user_preferences& set) {
  language::preferences out;
  const auto take = [](const std::string& text, std::chrono::seconds& into) {
    if (const auto time = calendar::parse_time(text)) into = *time;
  };
  take(set.morning, out.morning);
  take(set.afternoon, out.afternoon);
  take(set.evening, out.evening);
  take(set.tonight, out.tonight);
  take(set.eod, out.eod);
  if (set.week_start == "sunday") out.week_start = std::chrono::Sunday;
  if (set.week_start == "saturday") out.week_start = std::chrono::Saturday;
  if (const auto offset = calendar::parse_period(set.default_reminder)) out.default_reminder = *offset;
  return out;
}

std::optional<calendar::instant> fire_time(const reminder& value, const std::optional<due>& before, const evh_schemas::user_preferences& set, const std::string& tz) {
  const auto moment = [&](const due& at) -> std::optional<calendar::instant> {
    if (!at.instant.empty()) return calendar::parse_instant(at.instant);
    const auto local = calendar::parse_local(at.local);
    const auto resolved = local ? calendar::resolve(*local, at.tz.empty() ? tz : at.tz) : std::nullopt;
    return resolved ? std::optional(resolved->at) : std::nullopt;
  };
  if (value.at) return moment(*value.at);
  const auto offset = calendar::parse_period(value.offset);
  if (!before || !offset) return std::nullopt;
  const std::string zone = before->tz.empty() ? tz : before->tz;
  auto local = calendar::parse_local(before->local);
  if (!before->date.empty()) {
    const auto day = calendar::parse_date(before->date);
    if (day) local = calendar::at_time(*day, calendar::parse_time(set.morning).value_or(std::chrono::hours(9)));
  } else if (!before->instant.empty()) {
    const auto at = calendar::parse_instant(before->instant);
    local = at ? calendar::to_local(*at, zone) : std::nullopt;
  }
  if (!local) return std::nullopt;
  const bool days = offset->months != 0 || offset->days != 0;
  if (!before->instant.empty() && !days && value.time.empty()) return *calendar::parse_instant(before->instant) + offset->seconds;   // exact, whatever the clocks do
  auto day = calendar::add(*local, {offset->months, offset->days, std::chrono::seconds{0}});
  if (const auto time = calendar::parse_time(value.time)) day = calendar::at_time(calendar::date_of(day), *time);
  const auto resolved = calendar::resolve(day, zone);
  return resolved ? std::optional(resolved->at + offset->seconds) : std::nullopt;
}

calendar::instant after_quiet_hours(calendar::instant at, const evh_schemas::user_preferences& set) {
  if (!set.quiet_hours) return at;
  const auto from = calendar::parse_time(set.quiet_hours->from), to = calendar::parse_time(set.quiet_hours->to);
  const std::string zone = zone_of(set);
  const auto local = calendar::to_local(at, zone);
  if (!from || !to || !local || *from == *to) return at;
  const auto time = calendar::time_of(*local);
  const bool over_midnight = *from > *to;
  const bool quiet = over_midnight ? time >= *from || time < *to : time >= *from && time < *to;
  if (!quiet) return at;
  const auto day = over_midnight && time >= *from ? calendar::add_days(calendar::date_of(*local), 1) : calendar::date_of(*local);
  const auto ends = calendar::resolve(calendar::at_time(day, *to), zone);
  return ends ? ends->at : at;
}

bool give_default_reminder(task_patch& fields, const evh_schemas::user_preferences& set) {
  const bool timed = fields.due && *fields.due && (*fields.due)->date.empty();
  if (!timed || fields.reminders || !calendar::parse_period(set.default_reminder)) return false;
  fields.reminders.emplace().push_back({.id = "", .offset = set.default_reminder, .time = "", .at = std::nullopt, .snooze_of = ""});
  return true;
}

}  // namespace chat
