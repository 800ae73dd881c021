// The migrations of the host and the plugins on PostgreSQL: they apply, and give the tables SQLite's give.
#include "host/runtime/idempotency.hpp"
#include "host/runtime/lane_engine.hpp"
#include "postgres_fixture.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

namespace store_tests {
namespace {

const std::filesystem::path plugins = EVH_SOURCE "/plugins";

std::vector<io::migration> steps_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.push_back(file.path());
  std::sort(files.begin(), files.end());
  std::vector<io::migration> steps;
  for (const auto& file : files) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    steps.push_back({static_cast<std::uint32_t>(steps.size() + 1), file.stem().string(), text.str()});
  }
  return steps;
}

// "table.column" of every table a plugin makes on SQLite.
std::set<std::string> columns_on_sqlite(const std::vector<io::migration>& steps) {
  sqlite3* db = nullptr;
  sqlite3_open(":memory:", &db);
  for (const auto& step : steps)
    EXPECT_EQ(sqlite3_exec(db, step.sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << step.name;
  std::set<std::string> found;
  sqlite3_exec(
      db, "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'",
      [](void* to, int, char** cells, char**) { return static_cast<std::set<std::string>*>(to)->insert(cells[0]), 0; },
      &found, nullptr);
  sqlite3_close(db);
  return found;
}

class PostgresMigrations : public PostgresStore, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    PostgresStore::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto made = make();
    ASSERT_TRUE(made);
    store_ = std::move(made).value();
  }
};

TEST_P(PostgresMigrations, GiveTheTablesSqliteHas) {
  const std::string plugin = GetParam();
  const auto steps = steps_of(plugins / plugin / "migrations/postgres");
  auto done = store_->migrate(plugin, steps);
  ASSERT_TRUE(done) << done.error().message;
  const auto wanted = columns_on_sqlite(steps_of(plugins / plugin / "migrations/sqlite"));
  std::stringstream found(server().ask(database_,
                                       "SELECT string_agg(table_name || '.' || column_name, ' ') FROM "
                                       "information_schema.columns WHERE table_name LIKE '" +
                                           plugin + "\\_%'"));
  std::set<std::string> have;
  for (std::string one; found >> one;)
    if (!one.starts_with("sync_used_ticket.")) have.insert(one);  // the one table that only several processes need
  EXPECT_EQ(have, wanted);
  // A time in milliseconds or an offset must fit every number column.
  EXPECT_EQ(count("SELECT count(*) FROM information_schema.columns WHERE table_name LIKE '" + plugin +
                  "\\_%' AND data_type IN ('integer', 'smallint')"),
            0);
}

INSTANTIATE_TEST_SUITE_P(Plugin, PostgresMigrations, ::testing::Values("audit", "notification", "recurring", "sync"),
                         [](const auto& plugin) { return std::string(plugin.param); });

TEST_F(PostgresStore, TheHostsOwnTablesWorkOnPostgres) {
  namespace idempotency = evhost::runtime::idempotency;
  auto made = make();
  ASSERT_TRUE(made);
  store_ = std::move(made).value();
  auto lanes = store_->migrate("host.runtime", evhost::runtime::lane_engine::migrations());
  ASSERT_TRUE(lanes) << lanes.error().message;
  auto answers = store_->migrate(idempotency::owner, idempotency::migrations(store_->dialect()));
  ASSERT_TRUE(answers) << answers.error().message;
  ASSERT_TRUE(store_->start());
  const evhost::runtime::idempotency_key key{"id", "print"};
  const auto now = std::chrono::system_clock::now();
  const std::string body("{\"a\":\0}", 7);
  ASSERT_TRUE(run([&](io::transaction& tx) { return idempotency::insert(tx, key, {201, "", {}, body}, now); }));
  auto again = run([&](io::transaction& tx) { return idempotency::insert(tx, key, {201, "", {}, body}, now); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, core::errc::conflict);
  ASSERT_TRUE(run([&](io::transaction& tx) -> core::result<void> {
    EVH_TRY(const auto found, idempotency::lookup(tx, key, now - 1h));
    EXPECT_TRUE(found && found->what.status == 201 && found->what.body == body && found->fingerprint == "print");
    EVH_TRY(const auto pruned, idempotency::prune(tx, now + 1h, 10));
    EXPECT_EQ(pruned, 1);
    return core::success();
  }));
}

}  // namespace
}  // namespace store_tests
