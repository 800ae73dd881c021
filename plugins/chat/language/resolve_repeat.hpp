// Stage 6b, repetition: from what the words say to a canonical rule and its first occurrence, given now, zone and preferences. Pure.
#pragma once

#include "plugins/chat/language/resolve.hpp"

namespace chat::language {

struct resolved_repeat {
  recurrence value;
  std::optional<calendar::due> first;              // its first occurrence from now on
  std::optional<calendar::civil_date> from;        // the parts that were really said
  std::optional<calendar::time_of_day> time;
  resolved notes;                                  // guesses, question, error
};

// `new_task`: the rule begins a task of its own; otherwise it changes one, and only what was said counts.
resolved_repeat resolve_repeat(const rule_expr& said, const context& ctx, bool new_task);

// The first occurrence of a rule that may start on `from`, at `time` or as whole days, and later than `after`. A rule whose phase the words
// left open starts on `from` itself. Days that months lack are kept (SKIP) in `rule`.
std::optional<calendar::civil_time> first_occurrence(calendar::rule& rule, calendar::civil_date from, std::optional<calendar::time_of_day> time, calendar::civil_time after);

}  // namespace chat::language
