// Migrations: applied once, in order, whole or not at all, and refused when the past was changed.
#include "store_fixture.hpp"

namespace store_tests {
namespace {

class Migration : public SqliteStore {
 protected:
  void SetUp() override {
    SqliteStore::SetUp();
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    store_ = std::move(made).value();
  }
  core::result<void> migrate(std::vector<io::migration> steps) { return store_->migrate("chat", steps); }
  std::string refusal(std::vector<io::migration> steps) {
    auto done = migrate(std::move(steps));
    EXPECT_FALSE(done);
    return done ? std::string() : done.error().message;
  }
  const io::migration first_{1, "tasks", "CREATE TABLE chat_tasks(id INTEGER PRIMARY KEY); CREATE INDEX i ON chat_tasks(id);"};
  const io::migration second_{2, "notes", "ALTER TABLE chat_tasks ADD COLUMN note TEXT"};
};

TEST_F(Migration, IsAppliedOnce) {
  ASSERT_TRUE(migrate({first_}));
  ASSERT_TRUE(migrate({first_, second_}));
  ASSERT_TRUE(migrate({first_, second_}));
  EXPECT_EQ(count("SELECT count(*) FROM evh_migrations WHERE owner = 'chat'"), 2);
  EXPECT_EQ(count("SELECT count(note) FROM chat_tasks"), 0);
}

TEST_F(Migration, OwnersDoNotMix) {
  ASSERT_TRUE(migrate({first_}));
  const std::array other{io::migration{1, "other", "CREATE TABLE sync_x(id INTEGER)"}};
  EXPECT_TRUE(store_->migrate("sync", other));
}

TEST_F(Migration, AChangedStepIsRefused) {
  ASSERT_TRUE(migrate({first_}));
  auto changed = first_;
  changed.sql += " ";
  EXPECT_NE(refusal({changed, second_}).find("migration 1 'tasks' of chat was changed"), std::string::npos);
  EXPECT_EQ(count("SELECT count(*) FROM evh_migrations WHERE owner = 'chat'"), 1);
}

TEST_F(Migration, AGapIsRefused) {
  auto third = second_;
  third.version = 3;
  EXPECT_NE(refusal({first_, third}).find("number 2 is due"), std::string::npos);
  EXPECT_EQ(count("SELECT count(*) FROM evh_migrations WHERE owner = 'chat'"), 0);
}

TEST_F(Migration, ADatabaseNewerThanTheBinaryIsRefused) {
  ASSERT_TRUE(migrate({first_, second_}));
  EXPECT_NE(refusal({first_}).find("run the newer version"), std::string::npos);
}

TEST_F(Migration, AFailingStepLeavesNothingOfItself) {
  const io::migration broken{2, "half", "CREATE TABLE chat_half(id INTEGER); INSERT INTO nowhere VALUES(1);"};
  const auto text = refusal({first_, broken});
  EXPECT_NE(text.find("migration 2 'half' of chat failed, nothing of it was applied"), std::string::npos) << text;
  EXPECT_NE(text.find("no such table: nowhere"), std::string::npos) << text;
  EXPECT_EQ(count("SELECT count(*) FROM sqlite_schema WHERE name = 'chat_half'"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM sqlite_schema WHERE name = 'chat_tasks'"), 1) << "the step before it stays";
  EXPECT_TRUE(migrate({first_, second_})) << "the mended file goes through";
}

TEST_F(Migration, CannotCommitItself) {
  const auto text = refusal({{1, "sly", "CREATE TABLE chat_sly(id INTEGER); COMMIT; CREATE TABLE chat_more(id INTEGER);"}});
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(count("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'chat%'"), 0);
}

TEST_F(Migration, MayRebuildATableOthersPointTo) {
  ASSERT_TRUE(migrate({{1, "two", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p INTEGER REFERENCES p(id));"
                                  "INSERT INTO p VALUES(1); INSERT INTO c VALUES(1);"},
                       {2, "rebuild", "CREATE TABLE p2(id INTEGER PRIMARY KEY, more TEXT); INSERT INTO p2(id) SELECT id FROM p;"
                                      "DROP TABLE p; ALTER TABLE p2 RENAME TO p;"}}));
  EXPECT_EQ(count("SELECT count(*) FROM c JOIN p ON c.p = p.id"), 1);
}

TEST_F(Migration, MustNotLeaveBrokenForeignKeys) {
  ASSERT_TRUE(migrate({{1, "two", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p INTEGER REFERENCES p(id))"}}));
  const auto text = refusal({{1, "two", "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p INTEGER REFERENCES p(id))"},
                             {2, "orphan", "INSERT INTO c VALUES(5)"}});
  EXPECT_NE(text.find("foreign keys point nowhere"), std::string::npos) << text;
  EXPECT_EQ(count("SELECT count(*) FROM c"), 0);
}

TEST_F(Migration, OfALatePluginRunsBetweenTheWritersGroups) {
  ASSERT_TRUE(store_->start());
  ASSERT_TRUE(migrate({first_, second_}));
  EXPECT_EQ(count("SELECT count(*) FROM evh_migrations WHERE owner = 'chat'"), 2);
}

}  // namespace
}  // namespace store_tests
