// SQL of the outbox.
#include "host/kafka/outbox.hpp"

#include "host/core/failpoint.hpp"
#include "host/core/views.hpp"
#include "host/io/sync_unit.hpp"
#include "host/kafka/positions.hpp"
#include "host/kafka/sql.hpp"
#include "host/kafka/topics.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace evhost::kafka {
namespace {

constexpr const char* schema_sqlite =
    "CREATE TABLE evh_outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, shard INTEGER NOT NULL, stamp INTEGER NULL, topic TEXT NOT NULL, part INTEGER NOT NULL,"
    " type TEXT NOT NULL, event_id TEXT NOT NULL, record_key BLOB NULL, payload BLOB NULL, headers BLOB NOT NULL, time_ns INTEGER NOT NULL, trace BLOB NOT NULL);";
constexpr const char* schema_postgres =
    "CREATE TABLE evh_outbox (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shard BIGINT NOT NULL, stamp BIGINT NULL, topic TEXT NOT NULL, part BIGINT NOT NULL,"
    " type TEXT NOT NULL, event_id TEXT NOT NULL, record_key BYTEA NULL, payload BYTEA NULL, headers BYTEA NOT NULL, time_ns BIGINT NOT NULL, trace BYTEA NOT NULL);";
constexpr const char* schema_rest =
    "CREATE INDEX evh_outbox_fresh ON evh_outbox (shard, id) WHERE stamp IS NULL;"
    "CREATE INDEX evh_outbox_stamped ON evh_outbox (shard, stamp) WHERE stamp IS NOT NULL;"
    "CREATE TABLE evh_outbox_shards (shard BIGINT NOT NULL PRIMARY KEY, next_stamp BIGINT NOT NULL, owner TEXT NOT NULL, lease_until BIGINT NOT NULL);"
    "CREATE TABLE evh_outbox_name (name TEXT NOT NULL PRIMARY KEY);";

// The control run's outbox, read by "id > last": what commits late under a lower id is passed over for good.
core::result<void> pass_over_late_rows(io::transaction& tx, std::int64_t shard) {
  static std::map<std::int64_t, std::int64_t> last;  // one relay per process
  const std::array of{sql_integer(shard), sql_integer(last[shard])};
  EVH_TRY(tx.exec("DELETE FROM evh_outbox WHERE shard = $1 AND stamp IS NULL AND id <= $2", of));
  return tx.query("SELECT coalesce(max(id), 0) FROM evh_outbox WHERE shard = $1", std::span(of).first(1), [&](std::span<const evh_value> cells) {
    last[shard] = std::max(last[shard], cells[0].as.integer);
    return true;
  });
}

// Drawn here, where one process at a time works: of two that start at once each would take its own for the only one.
std::string draw_name(bool sqlite) {
  const std::string drawn = sqlite ? "lower(hex(randomblob(16)))" : "md5(random()::text || clock_timestamp()::text || pg_backend_pid()::text)";
  return "INSERT INTO evh_outbox_name(name) SELECT " + drawn + " WHERE NOT EXISTS (SELECT 1 FROM evh_outbox_name)";
}

std::string refused_schema(bool sqlite) {
  const std::string bytes = sqlite ? "BLOB" : "BYTEA";
  return "CREATE TABLE evh_outbox_refused (shard BIGINT NOT NULL, stamp BIGINT NOT NULL, topic TEXT NOT NULL, part BIGINT NOT NULL, type TEXT NOT NULL,"
         " event_id TEXT NOT NULL, record_key " + bytes + " NULL, payload " + bytes + " NULL, headers " + bytes + " NOT NULL, time_ns BIGINT NOT NULL, trace " + bytes +
         " NOT NULL, reason TEXT NOT NULL, refused_ns BIGINT NOT NULL, PRIMARY KEY (shard, stamp))";
}

std::string bytes_of(const evh_value& cell) { return std::string(core::text(cell.as.bytes)); }

// stamp, topic, part, type, event_id, record_key, payload, headers, time_ns, trace
outbox_record record_of(std::span<const evh_value> c) {
  outbox_record r;
  r.stamp = c[0].as.integer;
  r.topic = bytes_of(c[1]);
  r.partition = static_cast<std::int32_t>(c[2].as.integer);
  r.type = bytes_of(c[3]);
  r.id = bytes_of(c[4]);
  r.has_key = c[5].type != EVH_NULL;
  if (r.has_key) r.key = bytes_of(c[5]);
  r.has_payload = c[6].type != EVH_NULL;
  if (r.has_payload) r.payload = bytes_of(c[6]);
  r.headers = bytes_of(c[7]);
  r.time_ns = c[8].as.integer;
  r.trace = bytes_of(c[9]);
  return r;
}

}  // namespace

std::vector<io::migration> outbox_migrations(std::int32_t dialect) {
  const std::string outbox = dialect == EVH_DIALECT_SQLITE ? schema_sqlite : schema_postgres;
  return {{1, "positions", positions_schema}, {2, "topics", topics_schema}, {3, "outbox", outbox + schema_rest},
          {4, "name of the outbox", draw_name(dialect == EVH_DIALECT_SQLITE)},
          {5, "refused records", refused_schema(dialect == EVH_DIALECT_SQLITE)}};
}

core::result<void> insert_rows(io::transaction& tx, std::span<const outbox_row> rows) {
  constexpr std::size_t at_once = 8, columns = 10;
  static const auto statements = [] {
    std::array<std::string, at_once> made;
    for (std::size_t rows_in = 1, place = 0; rows_in <= at_once; ++rows_in, place = 0) {
      auto& sql = made[rows_in - 1];
      sql = "INSERT INTO evh_outbox(shard, topic, part, type, event_id, record_key, payload, headers, time_ns, trace) VALUES";
      for (std::size_t row = 0; row < rows_in; ++row)
        for (std::size_t column = 0; column < columns; ++column)
          sql += (column > 0 ? ", $" : row > 0 ? "), ($" : " ($") + std::to_string(++place);
      sql += ')';
    }
    return made;
  }();
  std::vector<evh_value> values;
  for (; !rows.empty(); rows = rows.subspan(std::min(at_once, rows.size()))) {
    const auto some = rows.first(std::min(at_once, rows.size()));
    values.clear();
    for (const auto& r : some)
      values.insert(values.end(), {sql_integer(r.shard), sql_text(r.topic), sql_integer(r.partition), sql_text(r.type), sql_text(r.id), sql_bytes(r.key),
                                   sql_bytes(r.payload), sql_bytes(core::view(r.headers)), sql_integer(r.time_ns), sql_bytes(core::view(r.trace))});
    EVH_TRY(tx.exec(statements[some.size() - 1], values));
  }
  return core::success();
}

core::result<std::string> outbox_name(io::store& store) {
  std::string name;
  EVH_TRY(io::run_in_unit(store, [&](io::transaction& tx) -> core::result<void> {
    return tx.query("SELECT name FROM evh_outbox_name ORDER BY name LIMIT 1", {}, [&](std::span<const evh_value> cells) {
      name = bytes_of(cells[0]);
      return true;
    });
  }));
  return name;
}

core::result<bool> claim_shard(io::transaction& tx, std::int64_t shard, std::string_view owner, std::int64_t now_ms, std::int64_t lease_ms) {
  const std::array values{sql_integer(shard), sql_text(owner), sql_integer(now_ms), sql_integer(now_ms + lease_ms)};
  EVH_TRY(const auto claimed,
          tx.exec("INSERT INTO evh_outbox_shards(shard, next_stamp, owner, lease_until) VALUES($1, 1, $2, $4)"
                  " ON CONFLICT(shard) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until"
                  " WHERE evh_outbox_shards.owner = $2 OR evh_outbox_shards.lease_until < $3", values));
  return claimed == 1;
}

core::result<void> release_shards(io::transaction& tx, std::string_view owner) {
  const std::array values{sql_text(owner)};
  EVH_TRY(tx.exec("UPDATE evh_outbox_shards SET lease_until = 0 WHERE owner = $1", values));
  return core::success();
}

core::result<std::vector<outbox_record>> number_records(io::transaction& tx, std::string_view owner, std::int64_t most) {
  // The shards' rows are written first: whoever numbers holds their locks until the commit. Each is asked by its index for
  // one record, so a long backlog costs nothing here, and a shard without news is not touched.
  struct news {
    std::int64_t shard, next, first;
  };
  const std::array mine{sql_text(owner)};
  std::vector<news> shards;
  EVH_TRY(tx.query("UPDATE evh_outbox_shards SET next_stamp = next_stamp WHERE owner = $1 AND"
                   " (SELECT id FROM evh_outbox WHERE evh_outbox.shard = evh_outbox_shards.shard AND stamp IS NULL ORDER BY id LIMIT 1) IS NOT NULL"
                   " RETURNING shard, next_stamp,"
                   " (SELECT id FROM evh_outbox WHERE evh_outbox.shard = evh_outbox_shards.shard AND stamp IS NULL ORDER BY id LIMIT 1)", mine,
                   [&](std::span<const evh_value> c) {
                     shards.push_back({c[0].as.integer, c[1].as.integer, c[2].as.integer});
                     return true;
                   }));
  std::ranges::sort(shards, {}, &news::shard);
  std::vector<outbox_record> list;
  for (const auto& [shard, next, first] : shards) {
    if (core::unprotected(core::protections::claim)) {
      EVH_TRY(pass_over_late_rows(tx, shard));
    }
    const auto before = list.size();
    // The number follows from the row alone, with gaps where other shards' rows are. A join with a list of new numbers is
    // at the mercy of statistics taken while the queue was empty: the server then compares every row with every number.
    const std::array values{sql_integer(shard), sql_integer(next), sql_integer(first), sql_integer(most)};
    EVH_TRY(tx.query("UPDATE evh_outbox SET stamp = $2 + (id - $3) WHERE shard = $1 AND stamp IS NULL AND id <="
                     " (SELECT max(id) FROM (SELECT id FROM evh_outbox WHERE shard = $1 AND stamp IS NULL ORDER BY id LIMIT $4) AS oldest)"
                     " RETURNING stamp, topic, part, type, event_id, record_key, payload, headers, time_ns, trace", values,
                     [&, shard_number = shard](std::span<const evh_value> cells) {
                       list.push_back(record_of(cells));
                       list.back().shard = shard_number;
                       return true;
                     }));
    if (list.size() == before) continue;
    const auto last = std::ranges::max(std::span(list).subspan(before), {}, &outbox_record::stamp).stamp;
    const std::array now{sql_integer(shard), sql_integer(last + 1)};
    EVH_TRY(tx.exec("UPDATE evh_outbox_shards SET next_stamp = $2 WHERE shard = $1", now));
  }
  std::ranges::sort(list, {}, [](const outbox_record& r) { return std::pair(r.shard, r.stamp); });  // RETURNING has no order
  return list;
}

core::result<void> forget_sent(io::transaction& tx, std::span<const sent_range> sent) {
  constexpr std::size_t at_once = 8;
  for (; !sent.empty(); sent = sent.subspan(std::min(at_once, sent.size()))) {
    std::string sql = "DELETE FROM evh_outbox WHERE";
    std::vector<evh_value> values;
    for (const auto& one : sent.first(std::min(at_once, sent.size()))) {
      const auto next = [&](std::int64_t value) {
        values.push_back(sql_integer(value));
        return "$" + std::to_string(values.size());
      };
      sql += values.empty() ? " " : " OR ";
      sql += "(shard = " + next(one.shard);
      sql += " AND stamp > " + next(one.above);
      sql += " AND stamp <= " + next(one.up_to) + ")";
    }
    EVH_TRY(tx.exec(sql, values));
  }
  return core::success();
}

core::result<void> set_aside(io::transaction& tx, std::int64_t shard, std::int64_t stamp, std::string_view reason, std::int64_t now_ns) {
  const std::array values{sql_integer(shard), sql_integer(stamp), sql_text(reason), sql_integer(now_ns)};
  EVH_TRY(tx.exec("INSERT INTO evh_outbox_refused(shard, stamp, topic, part, type, event_id, record_key, payload, headers, time_ns, trace, reason, refused_ns)"
                  " SELECT shard, stamp, topic, part, type, event_id, record_key, payload, headers, time_ns, trace, $3, $4 FROM evh_outbox"
                  " WHERE shard = $1 AND stamp = $2 ON CONFLICT(shard, stamp) DO NOTHING", values));
  return core::success();
}

core::result<std::vector<outbox_record>> read_numbered(io::store& store, std::int64_t shard, std::int64_t above, std::int64_t most) {
  std::vector<outbox_record> list;
  EVH_TRY(store.read([&](io::transaction& tx) {
    list.clear();
    const std::array values{sql_integer(shard), sql_integer(above), sql_integer(most)};
    return tx.query("SELECT stamp, topic, part, type, event_id, record_key, payload, headers, time_ns, trace FROM evh_outbox"
                    " WHERE shard = $1 AND stamp > $2 ORDER BY stamp LIMIT $3", values, [&](std::span<const evh_value> c) {
                      list.push_back(record_of(c));
                      list.back().shard = shard;
                      return true;
                    });
  }));
  return list;
}

core::result<outbox_size> measure(io::store& store, std::span<const std::pair<std::int64_t, std::int64_t>> shards) {
  constexpr std::int64_t counted_max = 100'000;
  const auto each = counted_max / std::max<std::int64_t>(1, std::ssize(shards));
  outbox_size seen;
  EVH_TRY(store.read([&](io::transaction& tx) -> core::result<void> {
    seen = {};
    for (const auto& [shard, forgotten] : shards) {
      const std::array values{sql_integer(shard), sql_integer(forgotten), sql_integer(each)};
      EVH_TRY(tx.query("SELECT (SELECT count(*) FROM (SELECT 1 FROM evh_outbox WHERE shard = $1 AND stamp > $2 LIMIT $3) AS numbered),"
                       " (SELECT count(*) FROM (SELECT 1 FROM evh_outbox WHERE shard = $1 AND stamp IS NULL LIMIT $3) AS fresh),"
                       " coalesce((SELECT time_ns FROM evh_outbox WHERE shard = $1 AND stamp > $2 ORDER BY stamp LIMIT 1),"
                       " (SELECT time_ns FROM evh_outbox WHERE shard = $1 AND stamp IS NULL ORDER BY id LIMIT 1), 0)", values,
                       [&](std::span<const evh_value> c) {
                         seen.records += c[0].as.integer + c[1].as.integer;
                         if (const auto oldest = c[2].as.integer; oldest != 0 && (seen.oldest_ns == 0 || oldest < seen.oldest_ns)) seen.oldest_ns = oldest;
                         return true;
                       }));
    }
    return core::success();
  }));
  return seen;
}

}  // namespace evhost::kafka
