// Recurrence as tasks carry it: from text to the calendar's series and back, where a series begins, where its task stands. Pure.
//
// Any thread. Errors: refusal 422 validation-failed with a pointer below /recurrence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/calendar/civil.hpp"
#include "plugins/calendar/recurrence.hpp"
#include "plugins/chat/tasks/values.hpp"

namespace chat {

// What is wrong with a rule, as a sentence; nothing when it is one.
std::optional<std::string> wrong_rule(std::string_view rrule);

// "2026-08-19" or "2026-08-19T07:00", the form of everything civil in a series.
std::optional<calendar::civil_time> parse_civil(std::string_view text);
bool is_all_day(const evh_schemas::recurrence& of);
std::string civil_text(calendar::civil_time at, bool all_day);

calendar::series calendar_series(const evh_schemas::recurrence& of);

// Makes `value`, whose recurrence holds what came from outside, the first task of a series: a due it has is the first occurrence;
// without one the rule's first occurrence from `today` on is its due.
void start_series(task& value, calendar::civil_date today, const std::string& pointer);
// A PATCH of recurrence: none, a series' beginning, or another rule from this task on.
void change_recurrence(const task& before, task& after, const std::optional<evh_schemas::recurrence>& wanted, calendar::civil_date today);
// Puts a task on another occurrence of its series, its due in the form the series has.
void stand_at(task& value, calendar::civil_time occurrence);
// The series begins anew where its task is due, or at the occurrence the task stands for.
void begin_at_due(task& value);
void begin_at_occurrence(task& value);
// The clock in the series' zone.
calendar::civil_time local_now(const evh_schemas::recurrence& of, std::int64_t now_ms);
// Up to `max` occurrences behind the present one.
std::vector<std::string> next_occurrences(const evh_schemas::recurrence& of, std::size_t max);

}  // namespace chat
