// Units, groups and outcomes of the SQLite store.
#include "store_fixture.hpp"

#include <atomic>
#include <thread>

namespace store_tests {
namespace {

class GroupCommit : public SqliteStore {};

TEST_F(GroupCommit, CommitsWhatUnitsWrite) {
  start();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 1u);
  EXPECT_EQ(count(), 1);
}

TEST_F(GroupCommit, WaitingUnitsShareOneCommit) {
  start();
  hold_writer();
  for (int i = 0; i < 50; ++i) submit([i](io::transaction& tx, auto) { return insert(tx, i); });
  const auto before = store_->stats().groups;
  gate_.open();
  ASSERT_TRUE(endings_.wait(51));
  EXPECT_EQ(store_->stats().groups, before + 1);
  EXPECT_EQ(count(), 50);
}

TEST_F(GroupCommit, RollsBackOneUnitWithoutTheOthers) {
  start();
  hold_writer();
  for (int i = 0; i < 20; ++i)
    submit([i](io::transaction& tx, auto) { return insert(tx, i) && i % 2 == 0; });
  gate_.open();
  ASSERT_TRUE(endings_.wait(21));
  EXPECT_EQ(endings_.count(io::unit_outcome::rolled_back), 10u);
  EXPECT_EQ(count("SELECT count(*) FROM t WHERE id % 2 = 1"), 0);
  EXPECT_EQ(count(), 10);
}

TEST_F(GroupCommit, RollsBackTheFirstUnitOfAGroupWithoutASavepoint) {
  start();
  hold_writer();
  submit([](io::transaction& tx, auto) { return insert(tx, 1) && false; });
  submit([](io::transaction& tx, auto) { return insert(tx, 2); });
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 2);
}

TEST_F(GroupCommit, NobodyHearsOfAnOutcomeBeforeTheCommit) {
  start();
  hold_writer();
  std::atomic<std::int64_t> seen_by_reader{-1};
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  submit([&](io::transaction&, auto) {
    std::thread([&] { seen_by_reader = one_number(*store_, "SELECT count(*) FROM t").value(); }).join();
    EXPECT_TRUE(endings_.all().empty());
    return true;
  });
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
  EXPECT_EQ(seen_by_reader, 0) << "a reader saw rows of an open group";
}

TEST_F(GroupCommit, AThrowingUnitFailsAlone) {
  start();
  hold_writer();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  submit([](io::transaction& tx, auto) -> bool {
    insert(tx, 2);
    throw std::runtime_error("boom");
  });
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
  ASSERT_EQ(endings_.count(io::unit_outcome::failed), 1u);
  EXPECT_EQ(endings_.all()[2].why->code, core::errc::exception);
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 1);
}

TEST_F(GroupCommit, RequestsOvertakeLanesAndLanesGetABudget) {
  start();
  hold_writer();
  std::vector<std::string> order;  // written by the writer only, read after it told us
  submit([&](io::transaction&, std::chrono::microseconds budget) {
    order.push_back(budget > 0us && budget <= 2'000us ? "lane" : "lane without budget");
    return true;
  }, io::unit_class::lane);
  submit([&](io::transaction&, std::chrono::microseconds budget) {
    order.push_back(budget == 0us ? "request" : "request with budget");
    return true;
  });
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
  EXPECT_EQ(order, (std::vector<std::string>{"request", "lane"}));
}

TEST_F(GroupCommit, ALaneAloneHasNoBudget) {
  start();
  std::chrono::microseconds given{-1};
  submit([&](io::transaction&, std::chrono::microseconds budget) { given = budget; return true; }, io::unit_class::lane);
  ASSERT_TRUE(endings_.wait(1));
  EXPECT_EQ(given, 0us);
}

// A clock that stands until it is moved.
class still_clock final : public io::clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(ms));
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return {}; }
  std::atomic<std::int64_t> ms{1'000'000};
};

TEST_F(GroupCommit, ALaneBehindARecentRequestHasABudgetAlthoughNoneWaits) {
  still_clock clock;
  store_ = storage::make_sqlite_store(options_, clock, log_, metrics_).value();
  ASSERT_TRUE(store_->start());
  std::vector<std::chrono::microseconds> given;
  const auto lane = [&](io::transaction&, std::chrono::microseconds budget) { given.push_back(budget); return true; };
  submit([](io::transaction&, auto) { return true; });
  ASSERT_TRUE(endings_.wait(1));
  submit(lane, io::unit_class::lane);
  ASSERT_TRUE(endings_.wait(2));
  clock.ms += 1'000;
  submit(lane, io::unit_class::lane);
  ASSERT_TRUE(endings_.wait(3));
  EXPECT_EQ(given, (std::vector<std::chrono::microseconds>{2'000us, 0us}));
  store_->stop(std::chrono::steady_clock::now() + patience);  // before its clock goes
}

TEST_F(GroupCommit, AFloodOfRequestsDoesNotStarveLanes) {
  options_.group_units_max = 4;
  start();
  hold_writer();
  std::atomic<int> requests_before_lane{-1}, requests{0};
  for (int i = 0; i < 40; ++i) submit([&](io::transaction&, auto) { ++requests; return true; });
  submit([&](io::transaction&, auto) { requests_before_lane = requests.load(); return true; }, io::unit_class::lane);
  gate_.open();
  ASSERT_TRUE(endings_.wait(42));
  EXPECT_LE(requests_before_lane, 8);
}

TEST_F(GroupCommit, RefusesWhatDoesNotFitInTheQueue) {
  options_.queue_units_max = 2;
  start();
  hold_writer();
  submit([](io::transaction&, auto) { return true; });
  submit([](io::transaction&, auto) { return true; });
  auto third = store_->submit(std::make_unique<lambda_unit>([](io::transaction&, auto) { return true; }, endings_));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, core::errc::again);
  gate_.open();
  ASSERT_TRUE(endings_.wait(3));
  EXPECT_EQ(endings_.all().size(), 3u) << "a refused unit is never settled";
}

TEST_F(GroupCommit, StopFinishesTheQueueAndRefusesMore) {
  start();
  hold_writer();
  for (int i = 0; i < 10; ++i) submit([i](io::transaction& tx, auto) { return insert(tx, i); });
  gate_.open();
  store_->stop(std::chrono::steady_clock::now() + patience);
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), 11u);
  auto late = store_->submit(std::make_unique<lambda_unit>([](io::transaction&, auto) { return true; }, endings_));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, core::errc::shutdown);
  store_->stop(std::chrono::steady_clock::now());
}

TEST_F(GroupCommit, StopFailsWhatTheDeadlineLeaves) {
  start();
  hold_writer();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  std::thread opener([this] { gate_.open(); });
  store_->stop(std::chrono::steady_clock::now() - 1s);
  opener.join();
  ASSERT_EQ(endings_.all().size(), 2u);
  for (const auto& e : endings_.all())
    EXPECT_TRUE(!e.why || e.why->code == core::errc::shutdown) << e.why->message;
}

TEST_F(GroupCommit, UnitsOfAStoreThatNeverStartedFailAtStop) {
  open();
  submit([](io::transaction& tx, auto) { return insert(tx, 1); });
  close();
  ASSERT_EQ(endings_.all().size(), 1u);
  EXPECT_EQ(endings_.all()[0].why->code, core::errc::shutdown);
}

// 8 threads, one unit in ten asks for a rollback, one in ten breaks a constraint: every count is exact.
TEST_F(GroupCommit, CountsAreExactWithFailingUnitsOverEightThreads) {
  start();
  constexpr int threads = 8, units = 400;
  std::atomic<std::int64_t> runs{0};
  std::vector<std::thread> pool;
  for (int t = 0; t < threads; ++t) {
    pool.emplace_back([&, t] {
      for (int i = 0; i < units; ++i) {
        const std::int64_t id = t * units + i;
        submit([&runs, id](io::transaction& tx, auto) {
          ++runs;
          if (!insert(tx, id)) return false;
          if (id % 10 == 3) return false;
          if (id % 10 == 7) return insert(tx, id);  // the same key again
          return true;
        });
      }
    });
  }
  for (auto& thread : pool) thread.join();
  ASSERT_TRUE(endings_.wait(threads * units));
  EXPECT_EQ(endings_.count(io::unit_outcome::committed), threads * units * 8 / 10);
  EXPECT_EQ(endings_.count(io::unit_outcome::rolled_back), threads * units * 2 / 10);
  EXPECT_EQ(count(), threads * units * 8 / 10);
  EXPECT_EQ(count("SELECT count(*) FROM t WHERE id % 10 IN (3, 7)"), 0);
  EXPECT_EQ(runs, threads * units) << "nobody was run twice without a reason";
  EXPECT_EQ(store_->stats().units_committed, static_cast<std::uint64_t>(threads * units * 8 / 10));
}

TEST_F(GroupCommit, CommittedDataSurvivesReopening) {
  start();
  submit([](io::transaction& tx, auto) { return insert(tx, 42); });
  ASSERT_TRUE(endings_.wait(1));
  close();
  start();
  EXPECT_EQ(count("SELECT sum(id) FROM t"), 42);
}

}  // namespace
}  // namespace store_tests
