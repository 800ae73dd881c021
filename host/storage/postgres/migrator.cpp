// Compares what was applied with what is asked, and applies the rest, under the database's advisory lock.
#include "host/storage/postgres/migrator.hpp"

#include "host/storage/migration_rules.hpp"
#include "host/storage/parameters.hpp"
#include "host/storage/postgres/marker.hpp"

#include <array>
#include <chrono>
#include <vector>

namespace evhost::storage::postgres {
namespace {

using core::errc;
using core::fail;

constexpr auto lock_patience = std::chrono::seconds(60);  // another host migrates
constexpr auto step_patience = std::chrono::minutes(30);  // an index over a big table takes its time
// Any number will do as long as every host takes the same: "evhmigr" in ASCII.
constexpr const char* lock_sql =
    "SET statement_timeout = 0; SET lock_timeout = '60s'; SELECT pg_advisory_lock(28555942530574194)";
constexpr const char* unlock_sql = "SELECT pg_advisory_unlock(28555942530574194)";

core::result<void> text(connection& c, const char* sql, std::chrono::seconds patience) {
  auto done = c.run(sql, connection::clock::now() + patience);
  if (!done) return std::move(done).error().error;
  return core::success();
}

core::result<result_handle> ask(connection& c, std::string_view sql, std::span<const evh_value> values) {
  const auto deadline = connection::clock::now() + lock_patience;
  auto s = c.statement(sql, 0, deadline);
  if (!s) return std::move(s).error().what.error;
  EVH_TRY(c.queue(*s.value(), values, 0));
  auto got = c.sync(deadline);
  if (!got) return std::move(got).error().what.error;
  return std::move(got).value();
}

core::result<std::vector<applied_step>> applied_steps(connection& c, std::string_view owner) {
  const std::array values{text_value(owner)};
  EVH_TRY(const auto rows,
          ask(c, "SELECT version, hash FROM evh_migrations WHERE owner = $1 ORDER BY version", values));
  std::vector<applied_step> found;
  row_reader reader(rows.get());
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    const auto cells = reader.row(i);
    found.push_back({cells[0].as.integer, std::string(cells[1].as.bytes.ptr, cells[1].as.bytes.len)});
  }
  return found;
}

core::result<std::int64_t> transaction_id(connection& c) {
  EVH_TRY(const auto row, ask(c, "SELECT pg_current_xact_id()::text::bigint", {}));
  return row_reader(row.get()).row(0)[0].as.integer;
}

core::result<void> apply_in_transaction(connection& c, std::string_view owner, const io::migration& step,
                                        io::clock& clock) {
  EVH_TRY(const auto before, transaction_id(c));
  EVH_TRY(text(c, step.sql.c_str(), step_patience));
  // COMMIT and BEGIN inside the step would leave an open transaction too, but another one.
  if (c.status() != PQTRANS_INTRANS) return fail(errc::invalid, "it ended its transaction by itself");
  EVH_TRY(const auto after, transaction_id(c));
  if (before != after)
    return fail(errc::invalid, "it ended its transaction by itself, part of it may be applied: restore a backup");
  const std::string hash = migration_hash(step.sql);
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock.wall().time_since_epoch()).count();
  const std::array values{text_value(owner), integer_value(step.version), text_value(step.name), text_value(hash),
                          integer_value(now)};
  EVH_TRY(
      ask(c, "INSERT INTO evh_migrations(owner, version, name, hash, applied_ns) VALUES($1, $2, $3, $4, $5)", values));
  return core::success();
}

core::result<void> apply(connection& c, std::string_view owner, const io::migration& step, io::clock& clock) {
  EVH_TRY(text(c, "BEGIN", lock_patience));
  auto done = apply_in_transaction(c, owner, step, clock);
  if (done) {
    auto committed = c.run("COMMIT", connection::clock::now() + lock_patience);
    if (committed && std::string_view(PQcmdStatus(committed.value().get())) == "COMMIT") return core::success();
    done = committed ? fail(errc::io, "the server rolled it back") : std::move(committed).error().error;
  }
  if (!c.lost() && c.status() != PQTRANS_IDLE) text(c, "ROLLBACK", lock_patience).has_value();
  auto why = std::move(done).error();
  why.message = migration_name(owner, step) + " failed, nothing of it was applied: " + why.message;
  return why;
}

core::result<void> apply_all(connection& c, std::string_view owner, std::span<const io::migration> steps,
                             io::clock& clock) {
  EVH_TRY(text(
      c,
      "CREATE TABLE IF NOT EXISTS evh_migrations(owner TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL,"
      " hash TEXT NOT NULL, applied_ns BIGINT NOT NULL, PRIMARY KEY(owner, version))",
      lock_patience));
  EVH_TRY(text(c, marker_table_sql, lock_patience));
  EVH_TRY(const auto applied, applied_steps(c, owner));
  EVH_TRY(check_migrations(owner, steps, applied));
  for (std::size_t i = applied.size(); i < steps.size(); ++i) {
    EVH_TRY(apply(c, owner, steps[i], clock));
  }
  return core::success();
}

}  // namespace

core::result<void> apply_migrations(connection& c, std::string_view owner, std::span<const io::migration> steps,
                                    io::clock& clock) {
  if (auto locked = text(c, lock_sql, lock_patience + std::chrono::seconds(5)); !locked) {
    auto why = std::move(locked).error();
    why.message = "another host migrates this database and does not finish: " + why.message;
    return why;
  }
  auto done = apply_all(c, owner, steps, clock);
  c.leave_pipeline();
  if (!c.lost()) text(c, unlock_sql, lock_patience).has_value();
  return done;
}

}  // namespace evhost::storage::postgres
