// Suspects as portable SQL.
#include "host/runtime/suspects.hpp"

#include "host/io/sync_unit.hpp"
#include "host/runtime/lane_sql.hpp"

#include <algorithm>
#include <array>

namespace evhost::runtime {

const char* const suspects_schema =
    "CREATE TABLE evh_suspects ("
    " consumer TEXT NOT NULL, topic TEXT NOT NULL, partition_no INTEGER NOT NULL, log_offset BIGINT NOT NULL,"
    " crashes INTEGER NOT NULL, plugin TEXT NOT NULL, last_crash TEXT NOT NULL,"
    " PRIMARY KEY (consumer, topic, partition_no, log_offset))";

namespace {

constexpr std::string_view mark_sql =
    "INSERT INTO evh_suspects (consumer, topic, partition_no, log_offset, crashes, plugin, last_crash)"
    " VALUES ($1, $2, $3, $4, 1, $5, $6)"
    " ON CONFLICT (consumer, topic, partition_no, log_offset) DO UPDATE"
    " SET crashes = evh_suspects.crashes + 1, plugin = excluded.plugin, last_crash = excluded.last_crash"
    " WHERE evh_suspects.last_crash <> excluded.last_crash";
constexpr std::string_view load_sql =
    "SELECT log_offset, crashes FROM evh_suspects"
    " WHERE consumer = $1 AND topic = $2 AND partition_no = $3 AND log_offset >= $4 ORDER BY log_offset";
constexpr std::string_view remove_sql =
    "DELETE FROM evh_suspects WHERE consumer = $1 AND topic = $2 AND partition_no = $3 AND log_offset <= $4";

// The offsets that really exist in [first, last]: offsets may have gaps, and retention may have been quicker.
core::result<std::vector<std::int64_t>> offsets_of(io::event_log& log, const in_flight_report& report) {
  std::vector<std::int64_t> found;
  EVH_TRY(const auto topic, log.find_topic(report.topic));
  if (report.partition < 0 || static_cast<std::uint32_t>(report.partition) >= topic.partitions) return found;
  const auto reader = log.open_reader(topic.id, report.partition, report.first, false, {});
  while (found.size() < report.count) {
    io::event_batch batch;
    EVH_TRY(const auto taken, reader->take(batch, report.count - found.size()));
    if (taken == 0) break;
    for (const auto& event : batch.events)
      if (event.offset <= report.last) found.push_back(event.offset);
    if (batch.events.back().offset >= report.last) break;
  }
  return found;
}

core::result<void> mark(io::transaction& tx, const in_flight_report& report, const std::vector<std::int64_t>& offsets) {
  for (const auto offset : offsets) {
    const std::array params{sql_text(report.group), sql_text(report.topic),  sql_integer(report.partition),
                            sql_integer(offset),    sql_text(report.plugin), sql_text(report.crash_id)};
    EVH_TRY(tx.exec(mark_sql, params));
  }
  return core::success();
}

}  // namespace

core::result<void> mark_suspects(io::store& store, io::event_log& log, const std::vector<in_flight_report>& reports) {
  for (const auto& report : reports) {
    if (report.broadcast) continue;
    auto offsets = offsets_of(log, report);
    if (offsets.has_error() && offsets.error().code == core::errc::not_found) continue;  // the topic is gone
    if (offsets.has_error()) return offsets.error();
    EVH_TRY(io::run_in_unit(store, [&](io::transaction& tx) { return mark(tx, report, offsets.value()); }));
  }
  return core::success();
}

core::result<std::vector<suspect>> load_suspects(io::store& store, std::string_view group, std::string_view topic,
                                                 std::int32_t partition, std::int64_t from) {
  std::vector<suspect> found;
  EVH_TRY(store.read([&](io::transaction& tx) {
    const std::array params{sql_text(group), sql_text(topic), sql_integer(partition), sql_integer(from)};
    return tx.query(load_sql, params, [&](std::span<const evh_value> cells) {
      found.push_back({cells[0].as.integer, static_cast<std::uint32_t>(cells[1].as.integer)});
      return true;
    });
  }));
  return found;
}

core::result<void> remove_suspect(io::transaction& tx, std::string_view group, std::string_view topic,
                                  std::int32_t partition, std::int64_t offset) {
  const std::array params{sql_text(group), sql_text(topic), sql_integer(partition), sql_integer(offset)};
  EVH_TRY(tx.exec(remove_sql, params));
  return core::success();
}

}  // namespace evhost::runtime
