// Plain SQL on evh_kafka_positions.
#include "host/kafka/positions.hpp"

#include "host/core/failpoint.hpp"
#include "host/io/sync_unit.hpp"
#include "host/kafka/sql.hpp"

#include <array>

namespace evhost::kafka {

const char* const positions_schema =
    "CREATE TABLE evh_kafka_positions ("
    " grp TEXT NOT NULL, topic TEXT NOT NULL, part BIGINT NOT NULL, next_off BIGINT NOT NULL, epoch BIGINT NOT NULL,"
    " stamps TEXT NOT NULL DEFAULT '', PRIMARY KEY (grp, topic, part))";

core::result<taken_position> take_position(io::store& store, std::string_view group, std::string_view topic, std::int32_t partition, std::int64_t initial) {
  taken_position got;
  EVH_TRY(io::run_in_unit(store, [&](io::transaction& tx) {
    const std::array values{sql_text(group), sql_text(topic), sql_integer(partition), sql_integer(initial)};
    return tx.query("INSERT INTO evh_kafka_positions(grp, topic, part, next_off, epoch) VALUES($1, $2, $3, $4, 1)"
                    " ON CONFLICT(grp, topic, part) DO UPDATE SET epoch = evh_kafka_positions.epoch + 1"
                    " RETURNING next_off, epoch, stamps",
                    values, [&](std::span<const evh_value> cells) {
                      got.at = {cells[0].as.integer, cells[1].as.integer};
                      got.stamps = stamp_book::parse(core::text(cells[2].as.bytes));
                      return true;
                    });
  }));
  return got;
}

core::result<void> move_position(io::transaction& tx, std::string_view group, std::string_view topic, std::int32_t partition,
                                 const io::position& expected, std::int64_t next, const stamp_book* stamps) {
  const std::string text = stamps ? stamps->text() : std::string();
  const std::array values{sql_text(group),           sql_text(topic),             sql_integer(partition),                    sql_integer(next),
                          sql_integer(expected.offset), sql_integer(expected.epoch), stamps ? sql_text(text) : evh_value{}};
  static constexpr std::string_view fenced =
      "UPDATE evh_kafka_positions SET next_off = $4, stamps = COALESCE($7, stamps)"
      " WHERE grp = $1 AND topic = $2 AND part = $3 AND next_off = $5 AND epoch = $6";
  static constexpr std::string_view open =  // the control run's: whoever writes last wins
      "UPDATE evh_kafka_positions SET next_off = $4, stamps = COALESCE($7, stamps)"
      " WHERE grp = $1 AND topic = $2 AND part = $3 AND $5 >= 0 AND $6 >= 0";
  EVH_TRY(const auto moved, tx.exec(core::unprotected(core::protections::fence) ? open : fenced, values));
  if (moved == 1) return core::success();
  return core::fail(core::errc::conflict, "group " + std::string(group) + " does not stand at offset " + std::to_string(expected.offset) + " with epoch " +
                                              std::to_string(expected.epoch) + " in partition " + std::to_string(partition) + " of " + std::string(topic) +
                                              ": somebody else owns it; acquire it anew");
}

core::result<void> put_position(io::store& store, std::string_view group, std::string_view topic, std::int32_t partition, std::int64_t offset) {
  return io::run_in_unit(store, [&](io::transaction& tx) -> core::result<void> {
    const std::array values{sql_text(group), sql_text(topic), sql_integer(partition), sql_integer(offset)};
    // Stamps go, too: whoever turns a position back wants the records again.
    EVH_TRY(tx.exec("INSERT INTO evh_kafka_positions(grp, topic, part, next_off, epoch) VALUES($1, $2, $3, $4, 1)"
                    " ON CONFLICT(grp, topic, part) DO UPDATE SET next_off = excluded.next_off, stamps = '',"
                    " epoch = evh_kafka_positions.epoch + 1", values));
    return core::success();
  });
}

}  // namespace evhost::kafka
