// Emptying the trash: what was deleted 30 days ago goes for good, with its history. Undo reaches no further back.
#pragma once

#include <evh/evh.hpp>

namespace chat {

inline constexpr std::int64_t trash_ms = 30LL * 24 * 3600 * 1000;
inline constexpr int purged_per_run = 200;   // keeps the unit short; the rest waits for the next run

// Rows removed. Raw SQL: whole rows by key, nothing to map.
std::size_t empty_trash(evh::unit& unit, std::int64_t now_ms);

}  // namespace chat
