// Opens, configures and guards a connection.
#include "host/storage/sqlite_connection.hpp"

#include "host/storage/sqlite_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>

namespace evhost::storage {
namespace {

// Once per process, before SQLite starts. Its memory statistics take a lock shared by all connections on every
// allocation; refused (and harmless) when somebody used SQLite before us.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

int step_once(sqlite3_stmt* s) {
  const int rc = sqlite3_step(s);
  const int reset = sqlite3_reset(s);
  return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : (reset != SQLITE_OK ? reset : rc);
}

// SQLite gives the -wal and -shm files the mode of the database, which holds what users wrote.
core::result<void> make_private_file(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return core::fail(core::errc::io, "database " + file.string() + ": " + std::strerror(errno) +
                                          "; make the data directory writable for this user");
  ::close(fd);
  return core::success();
}

// What a plugin may ask about the schema. Everything else a PRAGMA can do is the host's.
constexpr std::array<std::string_view, 7> harmless_pragmas{"table_info",  "table_xinfo", "table_list",      "index_list",
                                                           "index_info", "index_xinfo", "foreign_key_list"};

}  // namespace

int sqlite_connection::authorize(void* self, int action, const char* a, const char*, const char*, const char*) {
  if (static_cast<sqlite_connection*>(self)->guarded_ == 0) return SQLITE_OK;
  switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return SQLITE_DENY;
    case SQLITE_PRAGMA:
      return std::find(harmless_pragmas.begin(), harmless_pragmas.end(), std::string_view(a ? a : "")) ==
                     harmless_pragmas.end()
                 ? SQLITE_DENY
                 : SQLITE_OK;
    default: return SQLITE_OK;
  }
}

core::result<std::unique_ptr<sqlite_connection>> sqlite_connection::open(const connection_options& options) {
  configure_library();
  if (!options.read_only) {
    EVH_TRY(make_private_file(options.path));
  }
  std::unique_ptr<sqlite_connection> made(new sqlite_connection);
  // NOMUTEX: a connection is never used by two threads at once. Private cache: a shared one lets a reader block the
  // writer for ever.
  const int flags = (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const std::string path = options.path.string();
  if (const int rc = sqlite3_open_v2(path.c_str(), &made->db_, flags, nullptr); rc != SQLITE_OK)
    return sqlite_error(made->db_, rc, "database " + path);
  if (auto done = made->configure(options); !done) {
    auto why = std::move(done).error();
    why.message = "database " + path + ": " + why.message;
    return why;
  }
  EVH_TRY(made->prepare_own());
  made->statements_ = std::make_unique<statement_cache>(made->db_);
  sqlite3_set_authorizer(made->db_, &sqlite_connection::authorize, made.get());
  return made;
}

core::result<void> sqlite_connection::configure(const connection_options& options) {
  sqlite3_busy_timeout(db_, static_cast<int>(options.busy_timeout.count()));
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  if (!options.read_only) {
    EVH_TRY(run("PRAGMA page_size=4096"));
    EVH_TRY(const auto mode, ask("PRAGMA journal_mode=WAL"));
    if (mode != "wal")
      return core::fail(core::errc::io, "the file system refuses the write-ahead log (journal_mode stays '" + mode +
                                            "'): put the data directory on a local disk");
    EVH_TRY(run("PRAGMA synchronous=FULL"));
    EVH_TRY(run("PRAGMA wal_autocheckpoint=1000"));
    EVH_TRY(run("PRAGMA journal_size_limit=67108864"));  // a WAL that a long read let grow shrinks again
    EVH_TRY(run("PRAGMA secure_delete=OFF"));            // Debian's default zeroes deleted pages: retention pays
    if (options.size_bytes_max) {
      EVH_TRY(run(("PRAGMA max_page_count=" + std::to_string(options.size_bytes_max / 4096)).c_str()));
    }
  }
  EVH_TRY(run("PRAGMA foreign_keys=ON"));
  // trusted_schema stays ON: the schema comes from our migrations, and SQLite 3.40 calls json_valid() in a CHECK unsafe.
  EVH_TRY(run("PRAGMA temp_store=MEMORY"));
  EVH_TRY(run(("PRAGMA cache_size=-" + std::to_string(options.cache_bytes / 1024)).c_str()));
  EVH_TRY(ask("SELECT count(*) FROM sqlite_schema"));  // reads the header and the schema: damage shows here
  return core::success();
}

core::result<void> sqlite_connection::prepare_own() {
  const auto prepare = [this](const char* sql, sqlite3_stmt** out) {
    return sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, out, nullptr);
  };
  const bool writes = sqlite3_db_readonly(db_, "main") == 0;
  int rc = prepare(writes ? "BEGIN IMMEDIATE" : "BEGIN", &begin_);
  if (rc == SQLITE_OK) rc = prepare("COMMIT", &commit_);
  if (rc == SQLITE_OK) rc = prepare("ROLLBACK", &rollback_);
  if (rc == SQLITE_OK) rc = prepare("SAVEPOINT evh_unit", &savepoint_);
  if (rc == SQLITE_OK) rc = prepare("RELEASE evh_unit", &release_);
  if (rc == SQLITE_OK) rc = prepare("ROLLBACK TO evh_unit", &rollback_to_);
  if (rc != SQLITE_OK) return sqlite_error(db_, rc, "prepare");
  return core::success();
}

sqlite_connection::~sqlite_connection() {
  statements_.reset();
  for (sqlite3_stmt* s : {begin_, commit_, rollback_, savepoint_, release_, rollback_to_}) sqlite3_finalize(s);
  // v2: a statement somebody still holds turns the handle into a zombie instead of leaving it open.
  sqlite3_close_v2(db_);
}

core::result<void> sqlite_connection::run(const char* sql) {
  char* text = nullptr;
  const int rc = sqlite3_exec(db_, sql, nullptr, nullptr, &text);
  if (rc == SQLITE_OK) return core::success();
  auto why = sqlite_error(rc, text ? text : sqlite3_errstr(rc), "");
  sqlite3_free(text);
  return why;
}

core::result<std::string> sqlite_connection::ask(const char* sql) {
  sqlite3_stmt* s = nullptr;
  int rc = sqlite3_prepare_v2(db_, sql, -1, &s, nullptr);
  std::string cell;
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
      if (const auto* text = sqlite3_column_text(s, 0)) cell = reinterpret_cast<const char*>(text);
  }
  if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE) {
    auto why = sqlite_error(db_, rc, "");
    sqlite3_finalize(s);
    return why;
  }
  sqlite3_finalize(s);
  return cell;
}

int sqlite_connection::begin() { return step_once(begin_); }
int sqlite_connection::commit() { return step_once(commit_); }
int sqlite_connection::rollback() { return step_once(rollback_); }
int sqlite_connection::savepoint() { return step_once(savepoint_); }
int sqlite_connection::release() { return step_once(release_); }
int sqlite_connection::rollback_to_savepoint() { return step_once(rollback_to_); }

bool sqlite_connection::foreign_keys_broken() const {
  int current = 0, high = 0;
  return sqlite3_db_status(db_, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &high, 0) == SQLITE_OK && current != 0;
}

void sqlite_connection::reset_stray_statements() {
  for (sqlite3_stmt* s = sqlite3_next_stmt(db_, nullptr); s; s = sqlite3_next_stmt(db_, s))
    if (sqlite3_stmt_busy(s)) sqlite3_reset(s);
}

}  // namespace evhost::storage
