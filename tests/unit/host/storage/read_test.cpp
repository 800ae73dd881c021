// Reads: snapshots, deadlines, and the bound on readers.
#include "store_fixture.hpp"

#include <sqlite3.h>

#include <thread>

namespace store_tests {
namespace {

class StoreRead : public SqliteStore {};

constexpr const char* endless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n WHERE i < 0";

TEST_F(StoreRead, CannotWrite) {
  start();
  auto refused = store_->read([](io::transaction& tx) -> core::result<void> {
    EXPECT_TRUE(tx.read_only());
    EVH_TRY(tx.exec("INSERT INTO t(id) VALUES(1)", {}));
    return core::success();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::errc::state);
}

TEST_F(StoreRead, IsInterruptedAtItsDeadline) {
  options_.read_timeout = 100ms;
  start();
  auto late = one_number(*store_, endless);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, core::errc::timeout);
  EXPECT_EQ(count(), 0) << "the reader is of use afterwards";
}

TEST_F(StoreRead, IsInterruptedOnTheNativeHandleToo) {
  options_.read_timeout = 100ms;
  start();
  auto read = store_->read([](io::transaction& tx) -> core::result<void> {
    EXPECT_EQ(sqlite3_exec(static_cast<sqlite3*>(tx.native().handle), endless, nullptr, nullptr, nullptr) & 0xff,
              SQLITE_INTERRUPT);
    return core::success();
  });
  EXPECT_TRUE(read);
}

TEST_F(StoreRead, RefusesStatementsBehindItsDeadline) {
  options_.read_timeout = 50ms;
  start();
  auto late = store_->read([](io::transaction& tx) -> core::result<void> {
    const auto until = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
    return tx.query("SELECT 1", {}, [](auto) { return true; });
  });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, core::errc::timeout);
}

TEST_F(StoreRead, WaitsForAFreeReaderOnlySoLong) {
  options_.readers = 1;
  options_.read_timeout = 100ms;
  start();
  auto outer = store_->read([&](io::transaction&) -> core::result<void> {
    auto inner = one_number(*store_, "SELECT 1");
    EXPECT_TRUE(!inner && inner.error().code == core::errc::again);
    return core::success();
  });
  EXPECT_TRUE(outer);
}

TEST_F(StoreRead, GivesTheReaderBackWhenTheClosureThrows) {
  options_.readers = 1;
  start();
  EXPECT_THROW((void)store_->read([](io::transaction&) -> core::result<void> { throw std::runtime_error("boom"); }),
               std::runtime_error);
  EXPECT_EQ(count(), 0);
}

TEST_F(StoreRead, IsRefusedAfterStop) {
  start();
  store_->stop(std::chrono::steady_clock::now() + patience);
  auto late = one_number(*store_, "SELECT 1");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, core::errc::shutdown);
}

TEST_F(StoreRead, StopInterruptsAReadThatOutlastsTheDeadline) {
  start();
  gate begun;
  core::result<std::int64_t> got = 0;
  std::thread reader([&] {
    auto done = store_->read([&](io::transaction& tx) {
      begun.open();
      return tx.query(endless, {}, [](auto) { return true; });
    });
    if (!done) got = std::move(done).error();
  });
  begun.pass();
  store_->stop(std::chrono::steady_clock::now());
  reader.join();
  EXPECT_FALSE(got);
}

TEST_F(StoreRead, ReadersWorkBesideEachOtherAndTheWriter) {
  start();
  std::atomic<bool> over{false};
  std::atomic<int> torn{0}, reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      while (!over) {
        // Units insert pairs, so a snapshot never holds an odd number of rows.
        auto n = one_number(*store_, "SELECT count(*) FROM t");
        if (n && n.value() % 2 != 0) ++torn;
        if (n) ++reads;
      }
    });
  for (int i = 0; i < 200; ++i) submit([i](io::transaction& tx, auto) { return insert(tx, 2 * i) && insert(tx, 2 * i + 1); });
  ASSERT_TRUE(endings_.wait(200));
  over = true;
  for (auto& r : readers) r.join();
  EXPECT_EQ(torn, 0);
  EXPECT_GT(reads, 0);
  EXPECT_EQ(count(), 400);
}

TEST_F(StoreRead, AReadOnlyStoreWorksBesideARunningHost) {
  start();
  ASSERT_TRUE(run([](io::transaction& tx) -> core::result<void> { insert(tx, 1); return core::success(); }));
  auto beside = options_;
  beside.read_only = true;
  auto tool = storage::make_sqlite_store(beside, clock_, log_, metrics_);
  ASSERT_TRUE(tool) << tool.error().message;
  EXPECT_EQ(one_number(*tool.value(), "SELECT count(*) FROM t").value(), 1);
  EXPECT_FALSE(tool.value()->start());
  EXPECT_FALSE(tool.value()->submit(std::make_unique<lambda_unit>([](auto&, auto) { return true; }, endings_)));
}

}  // namespace
}  // namespace store_tests
