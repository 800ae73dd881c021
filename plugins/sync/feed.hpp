// The durable change feed: written by the group lane, read when a client resumes.
//
// Plain SQL on the unit's connection: it is a hot path (one row per change), not an entity. seq is the log offset of the
// record, so nothing here numbers anything. All functions run inside a unit; errors are evh::failure.
#pragma once
#include <evh/event.hpp>
#include <evh/unit.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sync_ {

// How far the feed of one partition reaches; -1: nothing yet.
struct reach {
  std::int64_t seq = -1;      // every record up to here is in the feed
  std::int64_t trimmed = -1;  // records up to here may be gone
};

struct change {
  std::int64_t seq = 0;
  std::string_view id, event, data;
};

namespace feed {

// Appends a batch of one partition and moves its reach. type_name maps interned types to names.
void append(evh::unit& unit, const evh::batch& batch, const evh::services& host);

reach read_reach(evh::unit& unit, std::int32_t partition);

// The newest seq of a person at or below `to`; -1 when there is none.
std::int64_t newest(evh::unit& unit, std::string_view person, std::int64_t to);

// Changes of a person in (after, to], oldest first, at most `max`. Returns how many were handed to each.
std::size_t read(evh::unit& unit, std::string_view person, std::int64_t after, std::int64_t to, std::size_t max,
                 const std::function<void(const change&)>& each);

// Deletes up to max rows older than before_ms and notes what is gone. Returns the rows deleted.
std::size_t trim(evh::unit& unit, std::int64_t before_ms, std::size_t max);

}  // namespace feed
}  // namespace sync_
