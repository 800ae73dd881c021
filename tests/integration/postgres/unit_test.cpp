// Units that fail, alone and beside others: every way PostgreSQL was seen to make a failure look like a success.
#include "postgres_fixture.hpp"

#include <libpq-fe.h>

#include <atomic>

namespace store_tests {
namespace {

class keyed_unit final : public io::unit {
 public:
  keyed_unit(std::uint64_t key, lambda_unit::work fn, endings& to) : key_(key), inner_(std::move(fn), to) {}
  bool run(io::transaction& tx, std::chrono::microseconds budget) override { return inner_.run(tx, budget); }
  void settled(io::unit_outcome outcome, const core::error* why) noexcept override { inner_.settled(outcome, why); }
  [[nodiscard]] std::uint64_t order_key() const override { return key_; }

 private:
  std::uint64_t key_;
  lambda_unit inner_;
};

PGconn* handle_of(io::transaction& tx) {
  return static_cast<PGconn*>(tx.native().handle);
}

TEST_F(PostgresStore, ASwallowedErrorIsNoSuccess) {
  start();
  submit([](io::transaction& tx, auto) {
    insert(tx, 1);
    EXPECT_FALSE(tx.exec("INSERT INTO t(id) VALUES(1) RETURNING id", {}));
    return true;  // and pretends
  });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::failed);
  EXPECT_EQ(endings_.all()[0].why->code, core::errc::conflict);
  EXPECT_EQ(count(), 0);
}

TEST_F(PostgresStore, AnErrorOnTheNativeHandleIsNoSuccess) {
  start();
  std::atomic<int> closings{0};
  store_->on_close([&](io::native_handle) { ++closings; });
  hold_committer();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  submit([](io::transaction& tx, auto) {
    PQclear(PQprepare(handle_of(tx), "left_behind", "SELECT 1", 0, nullptr));
    PQclear(PQexec(handle_of(tx), "INSERT INTO t(id) VALUES(1)"));
    return true;  // ODB's commit() would report success too
  });
  submit([](io::transaction& tx, auto) { return insert(tx, 2); });
  gate_.open();
  ASSERT_TRUE(endings_.wait(4));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 3u);
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(count(), 2);
  EXPECT_EQ(closings.load(), 1);          // its wrapper was told to let go
  submit([](io::transaction& tx, auto) {  // and the name is free again
    PGresult* r = PQprepare(handle_of(tx), "left_behind", "SELECT 1", 0, nullptr);
    const bool free = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return free;
  });
  ASSERT_TRUE(endings_.wait(5));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 4u);
}

// ODB's deadlock exception does not reach the host; the SQLSTATE does.
TEST_F(PostgresStore, AConflictMetOnTheNativeHandleRunsTheUnitAgain) {
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    EXPECT_TRUE(insert(tx, 1));
    return core::success();
  }));
  int runs = 0;
  submit([&](io::transaction& tx, auto) {
    PGconn* const handle = handle_of(tx);
    PQclear(PQexec(handle, "SELECT v FROM t WHERE id = 1"));
    if (++runs == 1) server().ask(database_, "UPDATE t SET v = 'theirs' WHERE id = 1");
    PGresult* const done = PQexec(handle, "UPDATE t SET v = coalesce(v, '') || ' and ours' WHERE id = 1");
    const bool passed = PQresultStatus(done) == PGRES_COMMAND_OK;
    PQclear(done);
    return passed;
  });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::committed);
  EXPECT_EQ(server().ask(database_, "SELECT v FROM t"), "theirs and ours");
}

TEST_F(PostgresStore, AUnitThatFailsAloneLeavesTheOthers) {
  start();
  hold_committer();
  constexpr int units = 60;
  for (int i = 0; i < units; ++i)
    submit(
        [i](io::transaction& tx, auto) { return insert(tx, i % 10 == 9 ? 0 : i); });  // every tenth takes a key again
  gate_.open();
  ASSERT_TRUE(endings_.wait(units + 1));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 55u);
  EXPECT_EQ(endings_.count(io::unit_outcome::rolled_back), 6u);  // it saw its conflict and gave up
  EXPECT_EQ(count(), 54);
  EXPECT_LE(store_->stats().groups, 2u);
}

TEST_F(PostgresStore, AnInsertThatDidNotWaitStillFailsWhereItStands) {
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    EXPECT_TRUE(insert(tx, 1));  // from now on this INSERT is not waited for
    return core::success();
  }));
  int runs = 0, undone = 0;
  std::vector<bool> seen;
  submit(
      [&](io::transaction& tx, auto) {
        ++runs;
        seen.push_back(insert(tx, 1));
        return insert(tx, 2);
      },
      io::unit_class::request, [&] { ++undone; });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(seen, (std::vector<bool>{true, false}));  // told "passed", then run again and told the truth
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(undone, 1);
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::rolled_back);
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresStore, ADeferredKeyFailsItsUnitAlone) {
  start("CREATE TABLE t(id BIGINT PRIMARY KEY, v BIGINT REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED)");
  hold_committer();
  for (int i = 0; i < 9; ++i)
    submit([i](io::transaction& tx, auto) {
      const std::array values{integer(i), integer(i == 4 ? 99 : i)};
      return tx.exec("INSERT INTO t(id, v) VALUES($1, $2)", values).has_value();
    });
  gate_.open();
  ASSERT_TRUE(endings_.wait(10));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 9u);
  ASSERT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(count(), 8);
  for (const auto& e : endings_.all())
    if (e.why) {
      EXPECT_EQ(e.why->code, core::errc::conflict);
    }
}

TEST_F(PostgresStore, AUnitMayNotEndTheTransaction) {
  start();
  for (const char* sql : {"COMMIT", "  rollback", "SAVEPOINT x", "SET search_path = pg_catalog", "begin"})
    EXPECT_FALSE(run([&](io::transaction& tx) -> core::result<void> {
      auto done = tx.exec(sql, {});
      EXPECT_FALSE(done) << sql;
      EXPECT_EQ(done.error().code, core::errc::denied);
      return std::move(done).error();
    }));
  int runs = 0;
  submit([&](io::transaction& tx, auto) {
    insert(tx, 1);
    if (++runs == 1) PQclear(PQexec(handle_of(tx), "ROLLBACK"));
    return true;
  });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::committed);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresStore, ADeadlockRunsAgainUntilBothPass) {
  options_.committers = 2;
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("INSERT INTO t(id, v) VALUES(1, ''), (2, '')", {}));
    return core::success();
  }));
  gate both;
  std::atomic<int> first{0}, runs{0};
  const auto cross = [&](int a, int b) {
    return [&, a, b](io::transaction& tx, auto) {
      ++runs;
      const auto touch = [&](int id) {
        const std::array values{integer(id)};
        return tx.exec("UPDATE t SET v = v || 'x' WHERE id = $1", values).has_value();
      };
      if (!touch(a)) return false;
      if (++first == 2) both.open();
      both.pass();
      return touch(b);
    };
  };
  ASSERT_TRUE(store_->submit(std::make_unique<keyed_unit>(2, cross(1, 2), endings_)));
  ASSERT_TRUE(store_->submit(std::make_unique<keyed_unit>(3, cross(2, 1), endings_)));
  ASSERT_TRUE(endings_.wait(2));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 2u);
  EXPECT_GT(runs.load(), 2);
  EXPECT_EQ(server().ask(database_, "SELECT string_agg(v, ',') FROM t"), "xx,xx");
}

TEST_F(PostgresStore, NoIncrementIsLost) {
  options_.committers = 4;
  start("CREATE TABLE t(id BIGINT PRIMARY KEY, v BIGINT)");
  server().ask(database_, "INSERT INTO t VALUES(1, 0)");
  constexpr int increments = 200;
  for (int i = 0; i < increments; ++i)
    submit([](io::transaction& tx, auto) {
      std::int64_t v = 0;
      if (!tx.query("SELECT v FROM t WHERE id = 1", {}, [&](auto cells) { return v = cells[0].as.integer, true; }))
        return false;
      const std::array values{integer(v + 1)};
      return tx.exec("UPDATE t SET v = $1 WHERE id = 1", values).has_value();
    });
  ASSERT_TRUE(endings_.wait(increments));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), static_cast<std::size_t>(count("SELECT v FROM t")));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), static_cast<std::size_t>(increments));
}

TEST_F(PostgresStore, AStatementThatTakesTooLongFailsItsUnitAlone) {
  options_.statement_timeout = 200ms;
  start();
  hold_committer();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  submit([](io::transaction& tx, auto) { return tx.exec("SELECT pg_sleep(20)", {}).has_value(); });
  submit([](io::transaction& tx, auto) { return insert(tx, 2); });
  gate_.open();
  ASSERT_TRUE(endings_.wait(4));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 3u);
  ASSERT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  for (const auto& e : endings_.all())
    if (e.why) {
      EXPECT_EQ(e.why->code, core::errc::timeout) << e.why->message;
    }
  EXPECT_EQ(count(), 2);
}

TEST_F(PostgresStore, ALockSomebodyHoldsFailsInTheEnd) {
  options_.lock_timeout = 50ms;
  options_.tries_max = 2;
  start();
  server().ask(database_, "INSERT INTO t VALUES(1, '')");
  PGconn* other = PQconnectdb(options_.url.c_str());
  PQclear(PQexec(other, "BEGIN; UPDATE t SET v = 'held' WHERE id = 1"));
  submit([](io::transaction& tx, auto) { return tx.exec("UPDATE t SET v = 'mine' WHERE id = 1", {}).has_value(); });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::failed);
  EXPECT_EQ(endings_.all()[0].why->code, core::errc::io);
  PQclear(PQexec(other, "ROLLBACK"));
  PQfinish(other);
  submit([](io::transaction& tx, auto) { return tx.exec("UPDATE t SET v = 'mine' WHERE id = 1", {}).has_value(); });
  ASSERT_TRUE(endings_.wait(2));
  EXPECT_EQ(endings_.all()[1].outcome, io::unit_outcome::committed);
}

TEST_F(PostgresStore, AUnitThatThrowsFailsAlone) {
  start();
  hold_committer();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  submit([](io::transaction& tx, auto) -> bool {
    insert(tx, 7);
    throw std::runtime_error("oops");
  });
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 2u);
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresStore, AFullQueueSaysAgainAndKeepsNothing) {
  options_.queue_units_max = 2;
  start();
  hold_committer();
  submit([](io::transaction&, auto) { return true; });
  submit([](io::transaction&, auto) { return true; });
  auto refused = store_->submit(std::make_unique<lambda_unit>([](auto&, auto) { return true; }, endings_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::errc::again);
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
}

TEST_F(PostgresStore, GroupsShareACommit) {
  start();
  hold_committer();
  for (int i = 0; i < 100; ++i) submit([i](io::transaction& tx, auto) { return insert(tx, i); });
  gate_.open();
  ASSERT_TRUE(endings_.wait(101));
  EXPECT_EQ(count(), 100);
  EXPECT_LE(store_->stats().groups, 2u);  // a hundred units, one COMMIT (the gate's unit wrote nothing)
}

TEST_F(PostgresStore, AUnitSeesWhatWasSettledBeforeItWasSubmitted) {
  options_.committers = 2;
  start();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(store_->submit(std::make_unique<keyed_unit>(
        2, [i](io::transaction& tx, auto) { return insert(tx, i); }, endings_)));
    ASSERT_TRUE(endings_.wait(static_cast<std::size_t>(2 * i + 1)));
    std::int64_t seen = -1;
    gate done;
    ASSERT_TRUE(store_->submit(std::make_unique<keyed_unit>(
        3,
        [&](io::transaction& tx, auto) {
          return tx.query("SELECT count(*) FROM t", {}, [&](auto c) { return seen = c[0].as.integer, true; })
              .has_value();
        },
        endings_)));
    ASSERT_TRUE(endings_.wait(static_cast<std::size_t>(2 * i + 2)));
    ASSERT_EQ(seen, i + 1);
  }
}

}  // namespace
}  // namespace store_tests
