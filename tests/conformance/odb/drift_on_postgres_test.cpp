// Do the plugins' PostgreSQL migrations make the tables their ODB entities expect? Both are run on the real server and the
// catalogue is compared. Migrations may hold more: tables for raw SQL, indexes, columns an INSERT may leave out.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/postgres_under_test.hpp"

namespace {

using evhost::test::postgres_under_test;
using lines = std::set<std::string>;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct subject {
  std::string name;
  std::vector<std::string> migrations, entities;  // SQL
};

std::vector<subject> subjects() {
  std::vector<subject> all;
  std::ifstream list(EVH_ODB_ON_POSTGRES);
  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string folder, schema;
    subject& one = all.emplace_back();
    words >> one.name >> folder;
    std::vector<std::filesystem::path> files;
    for (const auto& each : std::filesystem::directory_iterator(folder))
      if (each.path().extension() == ".sql") files.push_back(each.path());
    std::sort(files.begin(), files.end());
    for (const auto& each : files) one.migrations.push_back(text_of(each));
    while (words >> schema) one.entities.push_back(text_of(schema));
  }
  return all;
}

// What the catalogue says, one line per fact. The first word is the table.
class shape {
 public:
  explicit shape(const std::vector<std::string>& sql) : database_(postgres_under_test::instance().make_database()) {
    for (const auto& each : sql) postgres_under_test::instance().ask(database_, each);
  }
  lines tables() { return ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"); }
  lines facts() {
    lines all = ask("SELECT table_name || ' column ' || column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END "
                    "FROM information_schema.columns WHERE table_schema = 'public'");
    all.merge(ask("SELECT c.relname || CASE WHEN i.indisprimary THEN ' primary key' ELSE ' unique' END || (SELECT string_agg(' ' || a.attname, '' ORDER BY k.place) FROM "
                  "unnest(i.indkey) WITH ORDINALITY AS k(number, place) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
                  "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND i.indisunique AND i.indpred IS NULL AND 0 <> ALL (i.indkey)"));
    all.merge(ask("SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"));
    return all;
  }
  // Columns an INSERT that does not name them would fail for.
  lines demanded() {
    return ask("SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL "
               "AND is_identity = 'NO' AND is_generated = 'NEVER'");
  }
  lines deferred() { return ask("SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE condeferrable"); }

 private:
  lines ask(const std::string& sql) {
    std::istringstream rows(postgres_under_test::instance().ask(database_, "SELECT string_agg(line, chr(10)) FROM (" + sql + ") AS found(line)"));
    lines all;
    for (std::string line; std::getline(rows, line);) all.insert(line);
    return all;
  }
  std::string database_;
};

// Sentences, one per difference.
std::vector<std::string> drift(const std::vector<std::string>& migrations, const std::vector<std::string>& entities) {
  shape made(migrations), wanted(entities);
  std::vector<std::string> said;
  const lines have = made.facts();
  for (const auto& fact : wanted.facts())
    if (!have.contains(fact)) said.push_back("the entities have \"" + fact + "\", the migrations do not");
  const lines tables = wanted.tables(), known = wanted.demanded();
  for (const auto& column : made.demanded())
    if (tables.contains(column.substr(0, column.find('.'))) && !known.contains(column))
      said.push_back(column + " is not in the entity and has no default: every insert would fail");
  for (const auto& key : made.deferred()) said.push_back(key + " is deferrable: it passes RELEASE and fails the COMMIT of the whole group");
  return said;
}

class DriftOnPostgres : public testing::Test {
 protected:
  void SetUp() override {
    auto& server = postgres_under_test::instance();
    if (server.available()) return;
    const char* all = std::getenv("EVH_REQUIRE_ALL");
    if (all != nullptr && std::string(all) == "1") FAIL() << server.why();
    GTEST_SKIP() << server.why();
  }
};

TEST_F(DriftOnPostgres, MigrationsMakeWhatTheEntitiesExpect) {
  const auto all = subjects();
  ASSERT_FALSE(all.empty());
  for (const auto& each : all) {
    const auto said = drift(each.migrations, each.entities);
    for (const auto& sentence : said) ADD_FAILURE() << each.name << ": " << sentence;
  }
}

TEST_F(DriftOnPostgres, EachKindOfDriftIsNamed) {
  const std::string entity = "CREATE TABLE t (id UUID NOT NULL PRIMARY KEY, name TEXT NOT NULL, n BIGINT NULL); CREATE UNIQUE INDEX by_name ON t (name)";
  const std::string same = "CREATE TABLE t (id UUID NOT NULL PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL UNIQUE, n BIGINT, more INTEGER NOT NULL DEFAULT 1)";
  EXPECT_EQ(drift({same}, {entity}), std::vector<std::string>());
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"n BIGINT", "n INTEGER"}, {"n BIGINT", "n BIGINT NOT NULL"}, {" UNIQUE", ""}, {" DEFAULT 1", ""}, {"id UUID NOT NULL PRIMARY KEY", "id UUID NOT NULL"},
                                 {"n BIGINT, ", ""}, {"DEFAULT 1", "DEFAULT 1 UNIQUE DEFERRABLE"}}) {
    std::string changed = same;
    changed.replace(changed.find(from), from.size(), to);
    EXPECT_FALSE(drift({changed}, {entity}).empty()) << changed;
  }
}

}  // namespace
