// One SQLite connection of ours: opened with the house's pragmas, guarded by an authorizer, with its statements.
//
// One thread at a time. Plugins may get the native handle; what they may prepare is decided by the guard.
#pragma once
#include "host/core/result.hpp"
#include "host/storage/statement_cache.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace evhost::storage {

struct connection_options {
  std::filesystem::path path;
  bool read_only = false;
  std::uint64_t cache_bytes = 8u << 20;
  std::chrono::milliseconds busy_timeout{5'000};
  std::uint64_t size_bytes_max = 0;
};

class sqlite_connection {
 public:
  // io with one sentence when the file is damaged, is no database, or cannot be opened.
  static core::result<std::unique_ptr<sqlite_connection>> open(const connection_options& options);

  sqlite_connection(const sqlite_connection&) = delete;
  sqlite_connection& operator=(const sqlite_connection&) = delete;
  ~sqlite_connection();

  [[nodiscard]] sqlite3* handle() const { return db_; }
  statement_cache& statements() { return *statements_; }

  // The host's own statements, unguarded and uncached: pragmas, migrations.
  core::result<void> run(const char* sql);
  // The single cell a pragma or query gives, as text; empty when there is none.
  core::result<std::string> ask(const char* sql);

  // Prepared once, before the guard: what the host does around plugin code. They return SQLite's code.
  int begin();
  int commit();
  int rollback();
  int savepoint();
  int release();
  int rollback_to_savepoint();

  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  // A deferred foreign key is broken in this transaction: RELEASE would pass, COMMIT would fail.
  [[nodiscard]] bool foreign_keys_broken() const;
  // Resets statements somebody left running; they would keep the commit or the snapshot from ending.
  void reset_stray_statements();

  // While a guard lives, statements that end transactions, attach files or set pragmas are refused.
  class guard {
   public:
    explicit guard(sqlite_connection& c) : connection_(c) { ++connection_.guarded_; }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() { --connection_.guarded_; }

   private:
    sqlite_connection& connection_;
  };

 private:
  sqlite_connection() = default;
  core::result<void> configure(const connection_options& options);
  core::result<void> prepare_own();
  static int authorize(void* self, int action, const char* a, const char* b, const char* schema, const char* trigger);

  sqlite3* db_ = nullptr;
  int guarded_ = 0;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* rollback_ = nullptr;
  sqlite3_stmt* savepoint_ = nullptr;
  sqlite3_stmt* release_ = nullptr;
  sqlite3_stmt* rollback_to_ = nullptr;
  std::unique_ptr<statement_cache> statements_;
};

}  // namespace evhost::storage
