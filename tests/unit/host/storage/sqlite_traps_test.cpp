// The ways SQLite takes a promise back, one test each: every one of them was seen to happen.
#include "fault_vfs.hpp"
#include "store_fixture.hpp"

#include <sqlite3.h>

#include <atomic>
#include <thread>

namespace store_tests {
namespace {

sqlite3* handle_of(io::transaction& tx) { return static_cast<sqlite3*>(tx.native().handle); }

int raw(io::transaction& tx, const char* sql) { return sqlite3_exec(handle_of(tx), sql, nullptr, nullptr, nullptr); }

class SqliteTraps : public SqliteStore {
 protected:
  void SetUp() override {
    install_fault_vfs();
    faults::clear();
    SqliteStore::SetUp();
  }
  void TearDown() override {
    faults::clear();
    SqliteStore::TearDown();
  }
  // Ten units in one group; the fifth is the given one. The nine others insert their number.
  void group_with(lambda_unit::work fifth) {
    hold_writer();
    for (int i = 0; i < 10; ++i) {
      if (i == 5)
        submit(fifth);
      else
        submit([this, i](io::transaction& tx, auto) { ++runs_; return insert(tx, i); }, io::unit_class::request,
               [this] { ++undone_; });
    }
    gate_.open();
    ASSERT_TRUE(endings_.wait(11));
  }
  void expect_the_nine_others() {
    EXPECT_EQ(endings_.count(io::unit_outcome::committed), 10u);  // and the unit that held the writer
    EXPECT_EQ(count("SELECT count(*) FROM t WHERE id < 10"), 9);
    EXPECT_EQ(count("SELECT sum(id) FROM t WHERE id < 10"), 40);
    EXPECT_EQ(count("SELECT count(*) FROM t WHERE id >= 10"), 0) << "something of the failed unit was kept";
    EXPECT_EQ(undone_, 5) << "the five that had run before were told that their run is void";
    EXPECT_EQ(runs_, 14);
  }
  // A lasting statement of a unit, for an interrupt to hit.
  static constexpr const char* long_insert =
      "INSERT INTO t(id) WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT i FROM n";

  std::atomic<int> runs_{0}, undone_{0};
};

TEST_F(SqliteTraps, OrRollbackEndsTheTransactionAndTheOthersRunAgain) {
  start();
  group_with([](io::transaction& tx, auto) {
    insert(tx, 100);
    EXPECT_FALSE(tx.exec("INSERT OR ROLLBACK INTO t(id) VALUES(100)", {}));
    return false;
  });
  expect_the_nine_others();
  EXPECT_EQ(endings_.count(io::unit_outcome::rolled_back), 1u);
}

// A savepoint outside a transaction is one of its own, and its RELEASE a COMMIT.
TEST_F(SqliteTraps, UnitsBehindADeadFirstUnitDoNotCommitAlone) {
  start();
  submit([this](io::transaction& tx, auto) {
    held_.open();
    gate_.pass();
    raw(tx, "INSERT INTO t(id) VALUES(100)");
    raw(tx, "INSERT OR ROLLBACK INTO t(id) VALUES(100)");
    return true;
  });
  held_.pass();
  for (int i = 0; i < 10; ++i) submit([this, i](io::transaction& tx, auto) { ++runs_; return insert(tx, i); });
  gate_.open();
  ASSERT_TRUE(endings_.wait(11));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 10u);
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 45);
  EXPECT_EQ(runs_, 10);
}

TEST_F(SqliteTraps, AUnitThatIgnoresItsDeadTransactionCannotCommitAlone) {
  start();
  group_with([](io::transaction& tx, auto) {
    raw(tx, "INSERT INTO t(id) VALUES(100)");
    raw(tx, "INSERT OR ROLLBACK INTO t(id) VALUES(100)");
    auto late = tx.exec("INSERT INTO t(id) VALUES(101)", {});
    EXPECT_FALSE(late) << "a statement behind the end of the transaction would commit by itself";
    return true;
  });
  expect_the_nine_others();
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 1u);
}

TEST_F(SqliteTraps, AnInterruptDuringAWriteCostsOnlyItsUnit) {
  start();
  std::atomic<bool> inside{false};
  group_with([&](io::transaction& tx, auto) {
    sqlite3* db = handle_of(tx);
    // An interrupt before the first row would cost the statement only: it must come while rows are written.
    std::atomic<bool> writing{false};
    sqlite3_progress_handler(db, 10'000, [](void* flag) { return static_cast<std::atomic<bool>*>(flag)->store(true), static_cast<std::atomic<bool>*>(flag)->notify_all(), 0; }, &writing);
    std::thread stranger([&] {
      writing.wait(false);
      sqlite3_interrupt(db);
    });
    auto done = tx.exec(long_insert, {});
    stranger.join();
    sqlite3_progress_handler(db, 0, nullptr, nullptr);
    inside = true;
    EXPECT_FALSE(done);
    return static_cast<bool>(done);
  });
  EXPECT_TRUE(inside);
  expect_the_nine_others();
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 1u);
}

TEST_F(SqliteTraps, AProgressHandlerDuringAWriteCostsOnlyItsUnit) {
  start();
  group_with([&](io::transaction& tx, auto) {
    sqlite3_progress_handler(handle_of(tx), 100, [](void*) { return 1; }, nullptr);
    const bool done = static_cast<bool>(tx.exec(long_insert, {}));
    sqlite3_progress_handler(handle_of(tx), 0, nullptr, nullptr);
    EXPECT_FALSE(done);
    return done;
  });
  expect_the_nine_others();
}

TEST_F(SqliteTraps, PluginsCannotEndTheTransaction) {
  start();
  group_with([](io::transaction& tx, auto) {
    for (const char* sql : {"COMMIT", "ROLLBACK", "BEGIN", "END", "SAVEPOINT x", "RELEASE evh_unit", "ROLLBACK TO evh_unit",
                            "ATTACH ':memory:' AS other", "DETACH main", "PRAGMA synchronous=OFF", "PRAGMA foreign_keys=OFF",
                            "PRAGMA journal_mode=DELETE", "PRAGMA writable_schema=ON", "PRAGMA wal_checkpoint"}) {
      auto refused = tx.exec(sql, {});
      EXPECT_TRUE(!refused && refused.error().code == core::errc::denied) << sql;
      EXPECT_EQ(raw(tx, sql) & 0xff, SQLITE_AUTH) << sql;
    }
    insert(tx, 100);
    return false;
  });
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 40);
  EXPECT_EQ(runs_, 9) << "nothing had to run again";
}

TEST_F(SqliteTraps, PluginsMayLookAtTheSchema) {
  start();
  auto asked = run([](io::transaction& tx) -> core::result<void> {
    int columns = 0;
    EVH_TRY(tx.query("PRAGMA table_info(t)", {}, [&](auto) { ++columns; return true; }));
    EXPECT_EQ(columns, 2);
    return core::success();
  });
  EXPECT_TRUE(asked) << asked.error().message;
}

TEST_F(SqliteTraps, ABrokenDeferredForeignKeyFailsItsUnitNotTheGroup) {
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES t(id)"
                    " DEFERRABLE INITIALLY DEFERRED)", {}));
    return core::success();
  }));
  const auto before = endings_.all().size();
  ASSERT_EQ(before, 0u);
  group_with([](io::transaction& tx, auto) {
    return insert(tx, 100) && tx.exec("INSERT INTO child(parent) VALUES(777)", {}).has_value();
  });
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 10u);
  ASSERT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(endings_.all()[6].why->code, core::errc::conflict);
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 40);
  EXPECT_EQ(runs_, 9) << "found before the group's COMMIT";
}

TEST_F(SqliteTraps, ADeferredKeyMendedWithinTheUnitIsFine) {
  start();
  auto done = run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("CREATE TABLE child(parent INTEGER REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED)", {}));
    EVH_TRY(tx.exec("INSERT INTO child(parent) VALUES(1)", {}));
    EVH_TRY(tx.exec("INSERT INTO t(id) VALUES(1)", {}));
    return core::success();
  });
  EXPECT_TRUE(done) << done.error().message;
}

TEST_F(SqliteTraps, ForeignKeysAreOn) {
  start();
  close();
  start();  // without a migration to apply, which would switch them on again behind itself
  auto refused = run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("CREATE TABLE child(parent INTEGER REFERENCES t(id))", {}));
    EVH_TRY(tx.exec("INSERT INTO child(parent) VALUES(1)", {}));
    return core::success();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::errc::conflict);
}

TEST_F(SqliteTraps, ACommitThatIsRefusedIsHalvedUntilTheUnitToBlameStandsAlone) {
  start();
  static std::atomic<bool> poisoned;
  poisoned = false;
  hold_writer();
  for (int i = 0; i < 10; ++i) {
    submit([i](io::transaction& tx, auto) {
      sqlite3_commit_hook(handle_of(tx), [](void*) { return poisoned ? 1 : 0; }, nullptr);
      if (i == 5) poisoned = true;
      return insert(tx, i);
    }, io::unit_class::request, [i] { if (i == 5) poisoned = false; });
  }
  gate_.open();
  ASSERT_TRUE(endings_.wait(11));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 10u);
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 40);
}

TEST_F(SqliteTraps, EveryCommitSyncsTheWal) {
  start();
  const int before = faults::syncs;
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(run([i](io::transaction& tx) -> core::result<void> { insert(tx, i); return core::success(); }));
  EXPECT_GE(faults::syncs - before, 10) << "synchronous is not FULL";
}

TEST_F(SqliteTraps, DiskFullFailsWritesWithASentenceAndRecovers) {
  options_.probe_interval = 10ms;
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> { insert(tx, 1); return core::success(); }));
  faults::write_code = SQLITE_FULL;
  group_with([](io::transaction& tx, auto) { return insert(tx, 100); });
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 11u);
  for (const auto& e : endings_.all()) {
    if (!e.why) continue;
    EXPECT_EQ(e.why->code, core::errc::io);
    EXPECT_TRUE(e.why->message.starts_with("disk full:")) << e.why->message;
  }
  EXPECT_TRUE(store_->trouble().starts_with("disk full:")) << store_->trouble();
  EXPECT_EQ(count(), 1) << "reads go on, and see what was acknowledged";
  faults::write_code = SQLITE_OK;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!store_->trouble().empty() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(store_->trouble(), "") << "an idle writer found out by itself that there is space again";
  EXPECT_TRUE(run([](io::transaction& tx) -> core::result<void> { insert(tx, 2); return core::success(); }));
  close();
  start();
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 3);
}

// The same from inside a statement: the file may not grow, which SQLite notices before the COMMIT.
TEST_F(SqliteTraps, AStatementThatFillsTheDiskFailsItsUnitAndTheOthersStay) {
  options_.size_bytes_max = 200u << 10;
  start();
  group_with([](io::transaction& tx, auto) {
    return insert(tx, 100) && tx.exec("INSERT INTO t(id, v) VALUES(101, zeroblob(400000))", {}).has_value();
  });
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 10u);
  ASSERT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 40);
  for (const auto& e : endings_.all()) {
    EXPECT_TRUE(!e.why || e.why->message.starts_with("disk full:")) << e.why->message;
  }
}

TEST_F(SqliteTraps, AFailedSyncFailsTheGroupAndNothingOfItIsSeen) {
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> { insert(tx, 1); return core::success(); }));
  faults::sync_code = SQLITE_IOERR_FSYNC;
  auto failed = run([](io::transaction& tx) -> core::result<void> { insert(tx, 2); return core::success(); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, core::errc::io);
  EXPECT_TRUE(failed.error().message.starts_with("disk error:")) << failed.error().message;
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 1);
  EXPECT_TRUE(run([](io::transaction& tx) -> core::result<void> { insert(tx, 3); return core::success(); }));
  close();
  start();
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 4);
}

TEST_F(SqliteTraps, AForeignProcessThatHoldsTheFileFailsTheWaitingUnitsAtOnce) {
  options_.busy_timeout = 50ms;
  start();
  hold_writer();
  sqlite3* foreign = nullptr;
  ASSERT_EQ(sqlite3_open(options_.path.c_str(), &foreign), SQLITE_OK);
  gate_.open();
  ASSERT_TRUE(endings_.wait(1));
  ASSERT_EQ(sqlite3_exec(foreign, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  for (int i = 0; i < 100; ++i) submit([i](io::transaction& tx, auto) { return insert(tx, i); });
  ASSERT_TRUE(endings_.wait(101));
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 100u);
  EXPECT_TRUE(endings_.all().back().why->message.starts_with("busy:")) << endings_.all().back().why->message;
  EXPECT_EQ(sqlite3_exec(foreign, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(foreign);
  EXPECT_TRUE(run([](io::transaction& tx) -> core::result<void> { insert(tx, 1); return core::success(); }));
}

TEST_F(SqliteTraps, AReaderDoesNotBlockTheWriterAndKeepsItsSnapshot) {
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> { insert(tx, 1); return core::success(); }));
  auto read = store_->read([&](io::transaction& tx) -> core::result<void> {
    std::int64_t first = 0, second = 0;
    EVH_TRY(tx.query("SELECT count(*) FROM t", {}, [&](auto cells) { first = cells[0].as.integer; return true; }));
    auto written = run([](io::transaction& w) -> core::result<void> { insert(w, 2); return core::success(); });
    EXPECT_TRUE(written) << "a shared cache would wait for this read for ever";
    EVH_TRY(tx.query("SELECT count(*) FROM t", {}, [&](auto cells) { second = cells[0].as.integer; return true; }));
    EXPECT_EQ(first, 1);
    EXPECT_EQ(second, 1);
    return core::success();
  });
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(count(), 2);
}

TEST_F(SqliteTraps, AStatementLeftRunningDoesNotKeepTheGroupFromCommitting) {
  start();
  sqlite3_stmt* stray = nullptr;
  group_with([&](io::transaction& tx, auto) {
    sqlite3_prepare_v2(handle_of(tx), "SELECT id FROM t", -1, &stray, nullptr);
    EXPECT_EQ(sqlite3_step(stray), SQLITE_ROW);
    return false;
  });
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 40);
  EXPECT_EQ(sqlite3_stmt_busy(stray), 0);
  ASSERT_TRUE(run([&](io::transaction&) -> core::result<void> { sqlite3_finalize(stray); return core::success(); }));
}

TEST_F(SqliteTraps, HandlesAreAnnouncedBeforeTheyClose) {
  start();
  ASSERT_EQ(count(), 0);  // opens a reader
  std::vector<void*> announced;
  sqlite3_stmt* kept = nullptr;
  store_->on_close([&](io::native_handle h) {
    announced.push_back(h.handle);
    EXPECT_EQ(sqlite3_finalize(kept), SQLITE_OK);  // as a plugin's wrapper does
    kept = nullptr;
  });
  void* writer = nullptr;
  ASSERT_TRUE(run([&](io::transaction& tx) -> core::result<void> {
    writer = handle_of(tx);
    sqlite3_prepare_v2(handle_of(tx), "SELECT id FROM t", -1, &kept, nullptr);
    return core::success();
  }));
  close();
  EXPECT_EQ(announced.size(), 2u);
  EXPECT_EQ(announced.back(), writer);
}

}  // namespace
}  // namespace store_tests
