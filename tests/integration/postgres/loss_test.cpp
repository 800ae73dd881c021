// The connection, the backend or the server goes away: at every step, with every kind of silence.
#include "postgres_fixture.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <atomic>
#include <thread>

namespace store_tests {
namespace {

using evhost::test::tcp_proxy;

class PostgresLoss : public PostgresStore {
 protected:
  // Ends every other session in the test's database.
  void kill_backends() {
    server().ask(database_, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database_ +
                                "' AND pid <> pg_backend_pid()");
  }
  bool wait_for(const std::function<bool()>& what) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!what()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(5ms);  // polls, with the deadline above
    }
    return true;
  }
};

class PostgresBackendKilled : public PostgresLoss, public ::testing::WithParamInterface<int> {};

TEST_P(PostgresBackendKilled, AtAnyStepTheUnitsRunAgainOnce) {
  start();
  hold_committer();
  std::atomic<int> runs{0}, undone{0};
  submit([](io::transaction& tx, auto) { return insert(tx, 100); });
  submit(
      [&](io::transaction& tx, auto) {
        const bool first = ++runs == 1;
        for (int step = 0; step < 4; ++step) {
          if (first && step == GetParam()) kill_backends();
          if (step == 3) break;
          if (step == 1 ? !tx.query("SELECT id FROM t", {}, [](auto) { return true; }) : !insert(tx, step))
            return false;
        }
        return true;
      },
      io::unit_class::request, [&] { ++undone; });
  submit([](io::transaction& tx, auto) { return insert(tx, 101); });
  gate_.open();
  ASSERT_TRUE(endings_.wait(4));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 4u);
  EXPECT_EQ(runs.load(), 2);
  EXPECT_EQ(undone.load(), 1);
  EXPECT_EQ(count(), 4);
  EXPECT_EQ(store_->trouble(), "");
}

INSTANTIATE_TEST_SUITE_P(Step, PostgresBackendKilled, ::testing::Values(0, 1, 2, 3));

TEST_F(PostgresLoss, ACommitWhoseAnswerIsLostIsNotRepeated) {
  tcp_proxy proxy(server().port());
  options_.url = server().url(database_, proxy.port());
  start();
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> runs{0};
    proxy.on(std::string("COMMIT\0", 7), tcp_proxy::action::forward_then_cut);
    submit([&, round](io::transaction& tx, auto) { return ++runs, insert(tx, round); });
    ASSERT_TRUE(endings_.wait(static_cast<std::size_t>(round) + 1));
    EXPECT_EQ(proxy.acted(), round + 1);
    EXPECT_EQ(runs.load(), 1) << "it was committed: running it again would have doubled it";
  }
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 5u);
  EXPECT_EQ(count(), 5);
}

TEST_F(PostgresLoss, ACommitThatNeverArrivedRunsAgain) {
  tcp_proxy proxy(server().port());
  options_.url = server().url(database_, proxy.port());
  start();
  std::atomic<int> runs{0};
  proxy.on(std::string("COMMIT\0", 7), tcp_proxy::action::withhold_then_cut);
  submit([&](io::transaction& tx, auto) { return ++runs, insert(tx, 1); });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::committed);
  EXPECT_EQ(runs.load(), 2);
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresLoss, AnOldBackendThatStillHoldsItsTransactionIsEndedBeforeTheMarkerIsRead) {
  tcp_proxy proxy(server().port());
  options_.url = server().url(database_, proxy.port());
  start();
  std::atomic<int> runs{0};
  submit([&](io::transaction& tx, auto) {
    if (++runs == 1) proxy.on(std::string("COMMIT\0", 7), tcp_proxy::action::withhold_and_hold);
    return tx.exec("INSERT INTO t(id, v) VALUES(1, 'x') RETURNING id", {})
        .has_value();  // waits: the row is locked over there
  });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::committed);
  EXPECT_EQ(runs.load(), 2);
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresLoss, ASilentServerIsGivenUpOnInTime) {
  tcp_proxy proxy(server().port());
  options_.url = server().url(database_, proxy.port());
  options_.statement_timeout = 300ms;
  start();
  proxy.on("INSERT INTO t", tcp_proxy::action::black_hole);
  submit([&](io::transaction& tx, auto) { return insert(tx, 1); });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::committed);  // on a new connection
  EXPECT_EQ(count(), 1);
}

TEST_F(PostgresLoss, ARestartUnderLoadLosesAndDoublesNothing) {
  options_.committers = 3;
  options_.outage_patience = 30s;
  start();
  std::atomic<bool> stop{false};
  std::atomic<int> submitted{0};
  std::thread load([&] {
    while (!stop) {
      const int id = submitted.load();
      auto queued = store_->submit(
          std::make_unique<lambda_unit>([id](io::transaction& tx, auto) { return insert(tx, id); }, endings_));
      if (queued)
        ++submitted;
      else
        std::this_thread::sleep_for(1ms);  // the queue is full: the outage's back-pressure
    }
  });
  for (const bool by_kill : {false, true}) {
    const auto before = endings_.all().size();
    ASSERT_TRUE(wait_for([&] { return endings_.all().size() > before + 50; }));
    server().stop(by_kill);
    EXPECT_TRUE(wait_for([&] { return !store_->trouble().empty(); }));
    server().start();
    EXPECT_TRUE(wait_for([&] { return store_->trouble().empty(); }));
  }
  stop = true;
  load.join();
  ASSERT_TRUE(endings_.wait(static_cast<std::size_t>(submitted.load())));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), static_cast<std::size_t>(submitted.load()));
  EXPECT_EQ(count(), submitted.load());
}

TEST_F(PostgresLoss, AnIdleStoreNoticesThatItsServerIsGone) {
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> {
    EVH_TRY(tx.exec("INSERT INTO t(id) VALUES(1)", {}));
    return core::success();
  }));
  server().stop();
  EXPECT_TRUE(wait_for([&] { return !store_->trouble().empty(); }));
  EXPECT_NE(store_->trouble().find("database"), std::string::npos) << store_->trouble();
  server().start();
  EXPECT_TRUE(wait_for([&] { return store_->trouble().empty(); }));
}

TEST_F(PostgresLoss, AnOutageLongerThanPatienceFailsUnitsAndReads) {
  options_.outage_patience = 100ms;
  options_.read_timeout = 500ms;
  start();
  server().stop();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.all()[0].outcome, io::unit_outcome::failed);
  EXPECT_EQ(endings_.all()[0].why->code, core::errc::io);
  auto read = one_number(*store_, "SELECT count(*) FROM t");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, core::errc::io);
  server().start();
  ASSERT_TRUE(wait_for([&] { return one_number(*store_, "SELECT count(*) FROM t").has_value(); }));
  EXPECT_EQ(count(), 0);
}

TEST_F(PostgresLoss, StopDuringAnOutageEndsByItsDeadline) {
  options_.outage_patience = 60s;
  start();
  server().stop();
  for (int i = 0; i < 5; ++i) submit([i](io::transaction& tx, auto) { return insert(tx, i); });
  const auto begun = std::chrono::steady_clock::now();
  store_->stop(begun + 200ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  EXPECT_EQ(endings_.count(io::unit_outcome::failed), 5u);
  server().start();
}

TEST_F(PostgresLoss, AReaderWhoseSessionWasEndedIsReplaced) {
  start();
  ASSERT_TRUE(one_number(*store_, "SELECT count(*) FROM t"));
  kill_backends();
  ASSERT_TRUE(wait_for(
      [&] { return count("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%/read'") == 0; }));
  auto again = one_number(*store_, "SELECT count(*) FROM t");
  EXPECT_TRUE(again) << again.error().message;
}

TEST_F(PostgresLoss, AServerThatComesLaterIsWaitedFor) {
  auto made = make();
  ASSERT_TRUE(made);
  store_ = std::move(made).value();
  server().stop();
  core::result<void> migrated = core::success();
  std::thread waits([&] {
    const std::array steps{io::migration{1, "t", "CREATE TABLE t(id BIGINT PRIMARY KEY)"}};
    migrated = store_->migrate("test", steps);
  });
  EXPECT_TRUE(wait_for([&] { return !store_->trouble().empty(); }));
  server().start();
  waits.join();
  EXPECT_TRUE(migrated) << migrated.error().message;
}

}  // namespace
}  // namespace store_tests
