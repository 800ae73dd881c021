// Compares what was applied with what is asked, and applies the rest.
#include "host/storage/migrator.hpp"

#include "host/storage/migration_rules.hpp"
#include "host/storage/parameters.hpp"
#include "host/storage/sqlite_error.hpp"
#include "host/storage/sqlite_transaction.hpp"

#include <array>
#include <chrono>
#include <vector>

namespace evhost::storage {
namespace {

using core::errc;
using core::fail;

core::result<std::vector<applied_step>> applied_steps(sqlite_connection& c, std::string_view owner) {
  std::vector<applied_step> found;
  const std::array values{text_value(owner)};
  EVH_TRY(auto statement, c.statements().get("SELECT version, hash FROM evh_migrations WHERE owner = $1 ORDER BY version"));
  EVH_TRY(statement.bind(values));
  int rc;
  while ((rc = sqlite3_step(statement.handle())) == SQLITE_ROW)
    found.push_back({sqlite3_column_int64(statement.handle(), 0),
                     reinterpret_cast<const char*>(sqlite3_column_text(statement.handle(), 1))});
  if (rc != SQLITE_DONE) return sqlite_error(c.handle(), rc, "evh_migrations");
  return found;
}

core::result<void> apply_in_transaction(sqlite_connection& c, std::string_view owner, const io::migration& step,
                                        io::clock& clock) {
  {
    const sqlite_connection::guard guarded(c);  // a migration does not commit itself either
    EVH_TRY(c.run(step.sql.c_str()));
  }
  if (!c.in_transaction()) return fail(errc::invalid, "it ended its transaction by itself (OR ROLLBACK)");
  EVH_TRY(const auto broken, c.ask("PRAGMA foreign_key_check"));
  if (!broken.empty()) return fail(errc::invalid, "it leaves rows of table " + broken + " whose foreign keys point nowhere");
  const std::string hash = migration_hash(step.sql);
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock.wall().time_since_epoch()).count();
  const std::array values{text_value(owner), integer_value(step.version), text_value(step.name), text_value(hash),
                          integer_value(now)};
  EVH_TRY(auto statement, c.statements().get("INSERT INTO evh_migrations(owner, version, name, hash, applied_ns)"
                                             " VALUES($1, $2, $3, $4, $5)"));
  EVH_TRY(statement.bind(values));
  if (const int rc = sqlite3_step(statement.handle()); rc != SQLITE_DONE) return sqlite_error(c.handle(), rc, "evh_migrations");
  return core::success();
}

core::result<void> apply(sqlite_connection& c, std::string_view owner, const io::migration& step, io::clock& clock) {
  if (const int rc = c.begin(); rc != SQLITE_OK) return sqlite_error(c.handle(), rc, migration_name(owner, step));
  auto done = apply_in_transaction(c, owner, step, clock);
  if (done) {
    if (const int rc = c.commit(); rc == SQLITE_OK) return core::success();
    else done = sqlite_error(c.handle(), rc, "commit");
  }
  if (c.in_transaction()) c.rollback();
  auto why = std::move(done).error();
  why.message = migration_name(owner, step) + " failed, nothing of it was applied: " + why.message;
  return why;
}

}  // namespace

core::result<void> prepare_store_tables(sqlite_connection& c) {
  return c.run(
      "CREATE TABLE IF NOT EXISTS evh_migrations(owner TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL,"
      " hash TEXT NOT NULL, applied_ns INTEGER NOT NULL, PRIMARY KEY(owner, version)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS evh_probe(id INTEGER PRIMARY KEY, n INTEGER NOT NULL);");
}

core::result<void> apply_migrations(sqlite_connection& c, std::string_view owner, std::span<const io::migration> steps,
                                    io::clock& clock) {
  EVH_TRY(const auto applied, applied_steps(c, owner));
  EVH_TRY(check_migrations(owner, steps, applied));
  if (applied.size() == steps.size()) return core::success();
  // Rebuilding a table (SQLite's twelve steps) needs the keys off; each step is checked before its COMMIT instead.
  EVH_TRY(c.run("PRAGMA foreign_keys=OFF"));
  core::result<void> done = core::success();
  for (std::size_t i = applied.size(); i < steps.size() && done; ++i) done = apply(c, owner, steps[i], clock);
  auto on_again = c.run("PRAGMA foreign_keys=ON");
  if (!done) return done;
  return on_again;
}

}  // namespace evhost::storage
