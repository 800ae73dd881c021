// Combining a reschedule command with the task's present due: the rules of "keep the time", "only the clock", "by a week". Pure.
#pragma once

#include <optional>
#include <vector>

#include "plugins/chat/language/understand.hpp"

namespace chat::language {

struct rescheduled {
  std::optional<calendar::due> due;          // the new value; empty when cleared
  std::vector<assumption> assumptions;
  std::optional<failure> error;              // no_due, no_time, unknown_zone
};

rescheduled apply_reschedule(const when& to, const std::optional<calendar::due>& present, const context& ctx);

}  // namespace chat::language
