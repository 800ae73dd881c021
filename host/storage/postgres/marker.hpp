// What tells a group whose COMMIT was sent and never answered: one row per committer, written in the group's own
// transaction, read on a new connection before anybody is told anything.
//
// slot: host instance and committer; number: counts this committer's groups. Reading takes the row's lock, so it waits
// for an old backend that is still committing (link ends that backend when it connects again).
#pragma once
#include "host/storage/postgres/connection.hpp"

#include <cstdint>
#include <string>

namespace evhost::storage::postgres {

inline constexpr const char* marker_table_sql =
    "CREATE TABLE IF NOT EXISTS evh_commit_marker(slot TEXT PRIMARY KEY, number BIGINT NOT NULL, at_ms BIGINT NOT NULL)"
    " WITH (fillfactor = 10)";

class commit_marker {
 public:
  explicit commit_marker(std::string slot) : slot_(std::move(slot)) {}

  // Queues the row of the next group. A fault: what was queued before it failed.
  either<void, queue_fault> queue(connection& c, int tag, std::int64_t now_ms,
                                  std::chrono::steady_clock::time_point deadline);
  // After the connection was lost: did the group marked last commit? An error: still not known, ask again.
  core::result<bool> committed(connection& fresh, std::int64_t now_ms, std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] const std::string& slot() const { return slot_; }

 private:
  std::string slot_;
  std::int64_t number_ = 0;
};

}  // namespace evhost::storage::postgres
