// SQL of the change feed.
#include "feed.hpp"

#include <array>
#include <vector>

namespace sync_::feed {

void append(evh::unit& unit, const evh::batch& batch, const evh::services& host) {
  if (batch.size() == 0) return;
  static constexpr std::array<std::string_view, 7> columns{"person", "seq", "partition", "event_id", "event", "data", "at_ms"};
  std::vector<evh::value> cells;
  cells.reserve(batch.size() * columns.size());
  std::int64_t last = -1;
  std::int32_t partition = 0;
  for (const auto e : batch) {
    partition = e.partition();
    last = e.offset();
    if (!e.has_key() || e.tombstone()) continue;  // addressed to nobody
    cells.insert(cells.end(), {e.key(), e.offset(), e.partition(), e.id(), host.type_name(e.type()), e.payload(), e.time_ns() / 1'000'000});
  }
  if (!cells.empty()) unit.copy_rows("sync_feed", columns, cells);
  unit.exec("INSERT INTO sync_progress(partition, seq, trimmed) VALUES($1, $2, -1) "
            "ON CONFLICT(partition) DO UPDATE SET seq = excluded.seq", {partition, last});
}

reach read_reach(evh::unit& unit, std::int32_t partition) {
  reach r;
  unit.query("SELECT seq, trimmed FROM sync_progress WHERE partition = $1", {partition},
             [&](evh::row row) { r = {row.integer(0), row.integer(1)}; });
  return r;
}

std::int64_t newest(evh::unit& unit, std::string_view person, std::int64_t to) {
  std::int64_t seq = -1;
  unit.query("SELECT seq FROM sync_feed WHERE person = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1", {person, to},
             [&](evh::row row) { seq = row.integer(0); });
  return seq;
}

std::size_t read(evh::unit& unit, std::string_view person, std::int64_t after, std::int64_t to, std::size_t max,
                 const std::function<void(const change&)>& each) {
  std::size_t count = 0;
  unit.query("SELECT seq, event_id, event, data FROM sync_feed WHERE person = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
             {person, after, to, static_cast<std::int64_t>(max)}, [&](evh::row row) {
               ++count;
               each({row.integer(0), row.text(1), row.text(2), row.text(3)});
             });
  return count;
}

std::size_t trim(evh::unit& unit, std::int64_t before_ms, std::size_t max) {
  struct gone {
    std::int64_t row, partition, seq;
  };
  std::vector<gone> rows;
  // The lowest rows are the oldest, give or take the order in which partitions were appended.
  unit.query("SELECT row, partition, seq, at_ms FROM sync_feed ORDER BY row LIMIT $1", {static_cast<std::int64_t>(max)},
             [&](evh::row r) {
               if (r.integer(3) >= before_ms) return false;
               rows.push_back({r.integer(0), r.integer(1), r.integer(2)});
               return true;
             });
  if (rows.empty()) return 0;
  unit.exec("DELETE FROM sync_feed WHERE row <= $1", {rows.back().row});
  for (const auto& g : rows)
    unit.exec("UPDATE sync_progress SET trimmed = $2 WHERE partition = $1 AND trimmed < $2", {g.partition, g.seq});
  return rows.size();
}

}  // namespace sync_::feed
