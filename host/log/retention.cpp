// Finds the expired prefix of a partition and deletes it in steps.
#include "host/log/retention.hpp"

#include "host/core/views.hpp"
#include "host/io/sync_unit.hpp"
#include "host/log/values.hpp"

#include <array>
#include <chrono>

namespace evhost::log {

core::result<std::uint64_t> retention::trim(const io::topic_info& info, partition& p) {
  const auto cut = clock_.wall() - info.retention;
  const auto cut_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(cut.time_since_epoch()).count();
  std::uint64_t removed = 0;
  for (std::uint32_t i = 0; i < options_.retention_steps; ++i) {
    EVH_TRY(const auto found, find_step(p, cut_ns));
    if (found.rows == 0) break;
    EVH_TRY(remove(p, found));
    p.set_begin(found.begin);
    p.deleted.add(found.rows);
    removed += found.rows;
    if (found.rows < options_.retention_rows) break;
  }
  if (removed > 0) warn_of_losers(info, p);
  return removed;
}

core::result<retention::step> retention::find_step(const partition& p, std::int64_t cut_ns) {
  step found{0, p.begin_offset()};
  EVH_TRY(store_.read([&](io::transaction& tx) {
    found = {0, p.begin_offset()};
    const std::array values{integer_value(options_.retention_rows)};
    return tx.query(p.sql().oldest, values, [&](std::span<const evh_value> cells) {
      if (cells[1].as.integer >= cut_ns) return false;
      ++found.rows;
      found.begin = cells[0].as.integer + 1;
      return true;
    });
  }));
  return found;
}

core::result<void> retention::remove(const partition& p, const step& s) {
  return io::run_in_unit(
      store_,
      [&](io::transaction& tx) -> core::result<void> {
        const std::array upto{integer_value(s.begin)};
        EVH_TRY(tx.exec(p.sql().remove, upto));
        const std::array values{integer_value(p.topic()), integer_value(p.number()), integer_value(s.begin)};
        EVH_TRY(tx.exec("INSERT INTO evh_log_partitions(topic, part, begin_off) VALUES($1, $2, $3)"
                        " ON CONFLICT(topic, part) DO UPDATE SET begin_off = excluded.begin_off", values));
        return core::success();
      },
      std::chrono::seconds(30), io::unit_class::lane);
}

void retention::warn_of_losers(const io::topic_info& info, const partition& p) {
  const std::array values{integer_value(p.topic()), integer_value(p.number()), integer_value(p.begin_offset())};
  const auto told = store_.read([&](io::transaction& tx) {
    return tx.query("SELECT grp, next_off FROM evh_log_positions WHERE topic = $1 AND part = $2 AND next_off < $3", values,
                    [&](std::span<const evh_value> cells) {
                      log_.log(io::log_level::warning, "log", "retention passed a group that had not read the records yet",
                               {{"group", core::text(cells[0].as.bytes)},
                                {"topic", info.name},
                                {"partition", p.number()},
                                {"offset", cells[1].as.integer},
                                {"lost", p.begin_offset() - cells[1].as.integer},
                                {"remedy", "raise log.retention, or make the group faster"}});
                      return true;
                    });
  });
  if (!told) log_.log(io::log_level::warning, "log", "groups behind retention are unknown", {{"error", told.error().message}});
}

}  // namespace evhost::log
