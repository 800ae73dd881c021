// The lists inside repetitions: weekdays, ordinals, days of a month, months. Internal to this library.
#pragma once

#include <optional>
#include <vector>

#include "plugins/chat/language/temporal.hpp"

namespace chat::language {

struct int_list { std::vector<int> values; std::size_t next = 0; };

// "mon, wed and fri", "monday to friday", "tue/thu", "weekdays", "weekends": days of the week, 0 = Sunday, in the order of the week.
struct weekday_list { std::vector<int> days; std::size_t next = 0; bool plural = false; };
std::optional<weekday_list> match_weekdays(const sentence& s, std::size_t at, std::size_t end);
// "1st", "2nd and 4th", "first, third and last"
std::optional<int_list> match_ordinals(const sentence& s, std::size_t at, std::size_t end);
// "march", "january and july"
std::optional<int_list> match_months(const sentence& s, std::size_t at, std::size_t end);
// "working day", "weekday", "business days": the token after it, or `at`.
std::size_t match_workday(const sentence& s, std::size_t at, std::size_t end);
// A unit that can repeat, spelled out or short after a number: minute to year.
unit repeat_unit(const sentence& s, std::size_t at, std::size_t end, bool after_number);

}  // namespace chat::language
