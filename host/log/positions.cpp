// Plain SQL on evh_log_positions, the same on SQLite and PostgreSQL.
#include "host/log/positions.hpp"

#include "host/io/sync_unit.hpp"
#include "host/log/values.hpp"

#include <array>
#include <string>

namespace evhost::log {

core::result<io::position> acquire_position(io::store& store, std::string_view group, std::uint32_t topic,
                                            std::int32_t partition, std::int64_t initial) {
  io::position got;
  EVH_TRY(io::run_in_unit(store, [&](io::transaction& tx) {
    const std::array values{text_value(group), integer_value(topic), integer_value(partition), integer_value(initial)};
    return tx.query("INSERT INTO evh_log_positions(grp, topic, part, next_off, epoch) VALUES($1, $2, $3, $4, 1)"
                    " ON CONFLICT(grp, topic, part) DO UPDATE SET epoch = evh_log_positions.epoch + 1"
                    " RETURNING next_off, epoch",
                    values, [&](std::span<const evh_value> cells) {
                      got = {cells[0].as.integer, cells[1].as.integer};
                      return true;
                    });
  }));
  return got;
}

core::result<void> advance_position(io::transaction& tx, std::string_view group, std::uint32_t topic,
                                    std::int32_t partition, const io::position& expected, std::int64_t next) {
  const std::array values{text_value(group),      integer_value(topic),           integer_value(partition),
                          integer_value(next),    integer_value(expected.offset), integer_value(expected.epoch)};
  EVH_TRY(const auto moved, tx.exec("UPDATE evh_log_positions SET next_off = $4 WHERE grp = $1 AND topic = $2"
                                    " AND part = $3 AND next_off = $5 AND epoch = $6", values));
  if (moved == 1) return core::success();
  return core::fail(core::errc::conflict, "group " + std::string(group) + " does not stand at offset " +
                                              std::to_string(expected.offset) + " with epoch " +
                                              std::to_string(expected.epoch) + " in partition " + std::to_string(partition) +
                                              ": somebody else owns it; acquire it anew");
}

core::result<void> store_position(io::store& store, std::string_view group, std::uint32_t topic, std::int32_t partition,
                                  std::int64_t offset) {
  return io::run_in_unit(store, [&](io::transaction& tx) -> core::result<void> {
    const std::array values{text_value(group), integer_value(topic), integer_value(partition), integer_value(offset)};
    EVH_TRY(tx.exec("INSERT INTO evh_log_positions(grp, topic, part, next_off, epoch) VALUES($1, $2, $3, $4, 1)"
                    " ON CONFLICT(grp, topic, part) DO UPDATE SET next_off = excluded.next_off,"
                    " epoch = evh_log_positions.epoch + 1", values));
    return core::success();
  });
}

}  // namespace evhost::log
