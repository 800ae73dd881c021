// Plain SQL into chat's tables, in the shape its own inserts have.
#include "bench/product/million.hpp"

#include "host/core/ids.hpp"

#include <sqlite3.h>

#include <ctime>
#include <stdexcept>

namespace evhost::bench {
namespace {

void run(sqlite3* db, const char* sql) {
  char* why = nullptr;
  if (sqlite3_exec(db, sql, nullptr, nullptr, &why) != SQLITE_OK) throw std::runtime_error(std::string(sql) + ": " + (why ? why : ""));
}

}  // namespace

void fill_tasks(const std::filesystem::path& database, std::size_t count, const std::string& subject) {
  sqlite3* db = nullptr;
  if (sqlite3_open(database.c_str(), &db) != SQLITE_OK) throw std::runtime_error("cannot open " + database.string());
  run(db, "PRAGMA synchronous=OFF");
  run(db, "PRAGMA cache_size=-262144");
  run(db, "BEGIN");
  sqlite3_stmt* st = nullptr;
  const char* sql =
      "INSERT INTO chat_task(id, owner, title, description, status, priority, tags, project_id, parent_id, due_kind, due_text, due_tz, due_sort,"
      " reminders, recurrence, version, created_at, updated_at, completed_at, deleted_at)"
      " VALUES(?1, ?2, ?3, '', 0, ?4, '[]', NULL, NULL, 0, '', '', 9223372036854775807, '[]', '', 1, ?5, ?5, NULL, NULL)";
  if (sqlite3_prepare_v2(db, sql, -1, &st, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(db));
  const auto start = (static_cast<std::int64_t>(std::time(nullptr)) - 86400 * 30) * 1000;
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = core::new_uuid_v7();
    const auto owner = i % 10 == 0 ? subject : "owner-" + std::to_string(i % 1000);
    const auto title = "task number " + std::to_string(i);
    sqlite3_bind_blob(st, 1, id.data(), 16, SQLITE_STATIC);
    sqlite3_bind_text(st, 2, owner.c_str(), -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, title.c_str(), -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 4, static_cast<std::int64_t>(i % 4));
    sqlite3_bind_int64(st, 5, start + static_cast<std::int64_t>(i));
    if (sqlite3_step(st) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db));
    sqlite3_reset(st);
  }
  sqlite3_finalize(st);
  run(db, "COMMIT");
  run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite3_close(db);
}

}  // namespace evhost::bench
