// Suspects: events that were in a handler's hands when the host last crashed, as rows of the database.
//
// Made at start from the in-flight file, before any lane runs; loaded by the lane that owns the partition; deleted in
// the unit in which the event passes or is set aside. Counting is idempotent per crash (crash_id), so dying between
// the rows and the file's reset counts nothing twice.
// Threading: mark() and load() block [control/task]; remove() inside a unit.
#pragma once
#include "host/core/result.hpp"
#include "host/io/log.hpp"
#include "host/io/store.hpp"
#include "host/runtime/in_flight.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace evhost::runtime {

struct suspect {
  std::int64_t offset = 0;
  std::uint32_t crashes = 0;
};

// The table; part of lane_engine::migrations().
extern const char* const suspects_schema;

// +1 crash for every event of the reports, durable when it returns. Broadcast reports are left out: they have no
// position, a new process does not meet the same event again.
core::result<void> mark_suspects(io::store& store, io::event_log& log, const std::vector<in_flight_report>& reports);

// The suspects of one lane in offset order, from the given offset on.
core::result<std::vector<suspect>> load_suspects(io::store& store, std::string_view group, std::string_view topic,
                                                 std::int32_t partition, std::int64_t from);

// Forgets the suspect at offset, and older rows whose events retention took.
core::result<void> remove_suspect(io::transaction& tx, std::string_view group, std::string_view topic,
                                  std::int32_t partition, std::int64_t offset);

}  // namespace evhost::runtime
