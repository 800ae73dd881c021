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

bool give_default_reminder(task_patch& fields, const evh_schemas::user_preferences& set) {
  const bool timed = fields.due && *fields.due && (*fields.due)->date.empty();
  if (!timed || fields.reminders || !calendar::parse_period(set.default_reminder)) return false;
  fields.reminders.emplace().push_back({.id = "", .offset = set.default_reminder, .time = "", .at = std::nullopt, .snooze_of = ""});
  return true;
}

}  // namespace chat
