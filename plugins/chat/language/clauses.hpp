// Stage 3, clauses: where one message holds several commands ("add X tomorrow; mark milk done and show today").
//
// Cuts at semicolons, line breaks, and before a command verb after "and", "then" or a full stop, never inside literals. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "plugins/chat/language/tokens.hpp"

namespace chat::language {

inline constexpr std::size_t clauses_max = 20;

struct clause_range { std::size_t first, last; };   // tokens

// Looks at tokens from `from` on. At least one range unless there are none; more than `clauses_max` stay uncut.
std::vector<clause_range> split_clauses(const sentence& text, std::size_t from = 0);

}  // namespace chat::language
