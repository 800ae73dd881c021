// Combining a command with the task's present due: the rules of "keep the time", "only the clock", "by a week", and where a
// new rule begins. Pure.
#pragma once

#include <optional>
#include <vector>

#include "plugins/chat/language/understand.hpp"

namespace chat::language {

struct rescheduled {
  std::optional<calendar::due> due;          // the new value; empty when cleared
  std::vector<assumption> assumptions;
  std::optional<failure> error;              // no_due, no_time, unknown_zone, invalid_rule
  std::string rrule;                         // apply_repeat: the rule to keep; names the 31st that "every month" came to
};

rescheduled apply_reschedule(const when& to, const std::optional<calendar::due>& present, const context& ctx);

// Where a task stands under a new rule: its first occurrence on or after `from`, else the present due, else today; at `time`, else at the
// present time of day. A due in a zone keeps it. Error: invalid_rule.
rescheduled apply_repeat(const recurrence& repeat, const std::optional<calendar::civil_date>& from, const std::optional<calendar::time_of_day>& time,
                         const std::optional<calendar::due>& present, const context& ctx);

}  // namespace chat::language
