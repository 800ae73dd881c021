// What a person set, as the rest of chat needs it: zone, today, the words of the day, the reminder a timed task gets by itself. Pure.
#pragma once

#include "plugins/chat/language/context.hpp"
#include "plugins/chat/tasks/input.hpp"
#include "schemas/events/user_events.hpp"

namespace chat {

std::string zone_of(const evh_schemas::user_preferences& set);            // UTC when none, or unknown here
calendar::civil_date today_in(const std::string& tz, std::int64_t now_ms);
language::preferences spoken_preferences(const evh_schemas::user_preferences& set);

// When a reminder will come to this person: their zone for what floats, their morning (09:00) for days without a time of day.
std::optional<calendar::instant> fire_time(const reminder& value, const std::optional<due>& before, const evh_schemas::user_preferences& set, const std::string& tz);

// The same moment, or the end of the quiet hours it falls into: reminders wait then, critical ones do not.
calendar::instant after_quiet_hours(calendar::instant at, const evh_schemas::user_preferences& set);

// Gives a new task with a time of day the person's default reminder unless it says something about reminders itself. True: it did.
bool give_default_reminder(task_patch& fields, const evh_schemas::user_preferences& set);

}  // namespace chat
