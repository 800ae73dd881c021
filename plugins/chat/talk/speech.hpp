// How things are said in a reply: tasks, due times with their absolute date and zone, lists. Pure.
#pragma once

#include <span>

#include "plugins/calendar/due.hpp"
#include "plugins/chat/language/command.hpp"
#include "plugins/chat/tasks/values.hpp"

namespace chat::talk {

std::string quoted(std::string_view title);
// "Wed 19 Aug 2026", "Wed 19 Aug 2026 17:00 (Europe/Paris)"; what floats is said in the reader's zone.
std::string say(const std::optional<due>& value, const std::string& reader_tz);
// When a reminder will come: "Wed 19 Aug 2026 16:30 (Europe/Paris)"; a whole day before a date has no time of its own yet.
std::string say(const reminder& value, const std::optional<due>& before, const std::string& reader_tz);
// How often: "every weekday", "every 2 weeks on Monday and Friday"; rare rules by their text.
std::string say(const evh_schemas::recurrence& value);
// One line: title, due, priority, tags, status.
std::string line(const task& value, const std::string& reader_tz);
std::string numbered(std::span<const task> tasks, const std::string& reader_tz);
std::string count_of(std::size_t count, std::string_view noun);   // "1 task", "3 tasks"

// The language's values as stored ones, and back.
due stored(const calendar::due& value);
std::optional<calendar::due> spoken(const std::optional<due>& value);
reminder stored(const language::reminder& value);
evh_schemas::recurrence stored(const language::recurrence& value);
priority stored(language::priority value);

}  // namespace chat::talk
