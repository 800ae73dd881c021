// The host's side of the ODB contract tests: a database file, connections opened as the host opens them, an
// authorizer as strict as the host's, and the test plugins by dlopen.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "tests/conformance/odb/probe.h"

namespace lent {

struct answer {
  std::int32_t outcome = 0;
  std::string text;
};

// A test plugin, loaded from its own file and, like the host's, never closed.
class plugin {
 public:
  explicit plugin(const std::string& path) {
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    probe_ = reinterpret_cast<probe_fn>(dlsym(library, "probe"));
  }
  static const plugin& at(const std::string& path) {
    static std::map<std::string, plugin> loaded;
    return loaded.try_emplace(path, path).first->second;
  }
  // kind: evh.sql-handle/1's, of the handle.
  answer operator()(const std::string& op, void* handle, std::int64_t n = 0, void (*nested)(void*) = nullptr,
                    void* context = nullptr, std::int32_t kind = 1) const {
    char text[256] = "";
    const std::int32_t outcome = probe_(op.c_str(), kind, handle, n, text, nested, context);
    return {outcome, text};
  }

 private:
  probe_fn probe_ = nullptr;
};

// One connection as the host makes it: private cache, WAL, foreign keys on.
class connection {
 public:
  explicit connection(const std::filesystem::path& file) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_FULLMUTEX |
                      SQLITE_OPEN_EXRESCODE;
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr), SQLITE_OK);
    exec("PRAGMA journal_mode=WAL");
    exec("PRAGMA foreign_keys=ON");
    exec("PRAGMA busy_timeout=0");
  }
  connection(const connection&) = delete;
  ~connection() { sqlite3_close(handle_); }

  sqlite3* handle() const { return handle_; }
  int try_exec(const std::string& sql) { return sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr); }
  void exec(const std::string& sql) {
    EXPECT_EQ(try_exec(sql), SQLITE_OK) << sql << ": " << sqlite3_errmsg(handle_);
  }
  std::int64_t number(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sql;
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << sql;
    const std::int64_t found = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found;
  }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  int close() {
    const int code = sqlite3_close(handle_);
    if (code == SQLITE_OK) handle_ = nullptr;
    return code;
  }
  // From here on plugin code may not end the unit, attach files or change settings.
  void guard(bool on) { sqlite3_set_authorizer(handle_, on ? &deny : nullptr, nullptr); }

 private:
  static int deny(void*, int action, const char*, const char*, const char*, const char*) {
    return action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT || action == SQLITE_ATTACH ||
                   action == SQLITE_DETACH || action == SQLITE_PRAGMA
               ? SQLITE_DENY
               : SQLITE_OK;
  }
  sqlite3* handle_ = nullptr;
};

// A folder of its own per test, with the tables of both plugins.
class odb_contract : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "evh-odb-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    writer_ = std::make_unique<connection>(folder_ / "host.db");
    writer_->exec(
        "CREATE TABLE numbered_record(key INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, note TEXT NOT NULL "
        "CHECK(note <> 'forbidden'), version INTEGER NOT NULL);"
        "CREATE UNIQUE INDEX numbered_record_name_i ON numbered_record(name);"
        "CREATE TABLE numbered_line(id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"of\" INTEGER NOT NULL "
        "REFERENCES numbered_record(key));"
        "CREATE TABLE named_record(key TEXT NOT NULL PRIMARY KEY, cents INTEGER NOT NULL, name TEXT NOT NULL, "
        "version INTEGER NOT NULL);"
        "CREATE UNIQUE INDEX named_record_name_i ON named_record(name);");
  }
  void TearDown() override {
    forget(*writer_);
    writer_.reset();
    std::filesystem::remove_all(folder_);
  }
  void forget(const connection& closing) const {
    for (const plugin* each : {&numbered_, &named_, &reloaded_}) (*each)("forget", closing.handle());
  }

  const plugin& numbered_ = plugin::at(EVH_PROBE_NUMBERED);
  const plugin& named_ = plugin::at(EVH_PROBE_NAMED);
  const plugin& reloaded_ = plugin::at(EVH_PROBE_RELOADED);  // the file of numbered_ under another name
  std::filesystem::path folder_;
  std::unique_ptr<connection> writer_;
};

}  // namespace lent
