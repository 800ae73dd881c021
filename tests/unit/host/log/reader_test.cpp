// Readers: tail and table give the same records, bounds hold, and nothing is lost or doubled while others append.
#include "log_fixture.hpp"

#include <thread>

namespace log_tests {
namespace {

class LogReader : public EmbeddedLog {};

TEST_F(LogReader, TakesInPieces) {
  start();
  const auto topic = open_topic();
  auto r = reader(topic.id);
  ASSERT_TRUE(append(topic.id, 0, 10));
  EXPECT_EQ(payloads(*r, 4), numbers(0, 4));
  EXPECT_EQ(payloads(*r, 4), numbers(4, 4));
  EXPECT_EQ(payloads(*r, 4), numbers(8, 2));
  EXPECT_TRUE(payloads(*r, 4).empty());
}

TEST_F(LogReader, ABatchCrossesSegments) {
  start();
  const auto topic = open_topic();
  auto r = reader(topic.id);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(topic.id, i, 1));
  io::event_batch batch;
  ASSERT_EQ(r->take(batch, 100).value(), 10u);
  EXPECT_EQ(batch.holds.size(), 10u);
}

TEST_F(LogReader, ReadsTheTableBehindTheTail) {
  options_.tail_records_max = 10;
  options_.read_rows = 7;
  start();
  const auto topic = open_topic();
  auto keeps_the_tail = reader(topic.id);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(topic.id, i * 5, 5));
  auto late = reader(topic.id);
  EXPECT_EQ(payloads(*late, 33), numbers(0, 33));
  EXPECT_EQ(payloads(*late), numbers(33, 67));
}

TEST_F(LogReader, StartsAnywhereAndSeeks) {
  start();
  const auto topic = open_topic();
  ASSERT_TRUE(append(topic.id, 0, 50));
  auto r = reader(topic.id, 45);
  EXPECT_EQ(payloads(*r), numbers(45, 5));
  r->seek(10);
  EXPECT_EQ(payloads(*r, 3), numbers(10, 3));
  r->seek(1000);
  EXPECT_TRUE(payloads(*r).empty()) << "beyond the end there is nothing yet";
  EXPECT_EQ(r->end_offset(), 50);
}

TEST_F(LogReader, AByteBoundCutsWhatOneReadFetches) {
  options_.read_bytes = 1000;
  start();
  const auto topic = open_topic();
  ASSERT_TRUE(append(topic.id, 0, 200));
  auto r = reader(topic.id);
  EXPECT_EQ(payloads(*r), numbers(0, 200));
}

TEST_F(LogReader, APartitionNobodyReadsKeepsNothingInMemory) {
  start();
  const auto topic = open_topic();
  ASSERT_TRUE(append(topic.id, 0, 100));
  store_->stop(std::chrono::steady_clock::now() + patience);
  auto r = reader(topic.id);
  io::event_batch batch;
  auto taken = r->take(batch, 10);
  ASSERT_FALSE(taken) << "the records came from memory";
  EXPECT_EQ(taken.error().code, errc::shutdown);
}

TEST_F(LogReader, TheTailServesWithoutTheDatabase) {
  start();
  const auto topic = open_topic();
  auto r = reader(topic.id);
  ASSERT_TRUE(append(topic.id, 0, 100));
  store_->stop(std::chrono::steady_clock::now() + patience);
  EXPECT_EQ(payloads(*r), numbers(0, 100));
}

TEST_F(LogReader, TailsStayWithinTheirBounds) {
  options_.tail_bytes_max = 64u << 10;
  start();
  const auto topic = open_topic();
  auto lazy = reader(topic.id);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(append(topic.id, i * 100, 100));
  store_->stop(std::chrono::steady_clock::now() + patience);
  io::event_batch batch;
  EXPECT_FALSE(lazy->take(batch, 1)) << "the oldest records are on disk only";
  lazy->seek(4900);
  EXPECT_EQ(payloads(*lazy).size(), 100u);
}

TEST_F(LogReader, OneBudgetBoundsAllTails) {
  options_.tails_bytes_max = 64u << 10;
  start();
  const auto topic = open_topic("two", 2);
  auto first = log_->open_reader(topic.id, 0, 0, false, [] {});
  auto second = log_->open_reader(topic.id, 1, 0, false, [] {});
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(run([&](io::transaction& tx) {
      const std::vector<io::outgoing> records(100, io::outgoing{.topic = topic.id, .type = "t", .id = {}, .headers = {}});
      return log_->append(tx, records);
    }));
  }
  EXPECT_EQ(payloads(*first).size() + payloads(*second).size(), 6000u);
}

TEST_F(LogReader, IsNotWokenAfterItsEnd) {
  start();
  const auto topic = open_topic();
  bell wake;
  auto r = reader(topic.id, 0, wake.ring());
  ASSERT_TRUE(append(topic.id, 0, 1));
  ASSERT_TRUE(wake.wait(1));
  r.reset();
  ASSERT_TRUE(append(topic.id, 1, 1));
  EXPECT_EQ(wake.rung(), 1);
}

// Writers on four threads, two lanes that only take when woken: each sees every record once, in offset order, and the
// records of one writer in the order it wrote them.
TEST_F(LogReader, LanesDrivenByWakeUpsSeeEverythingOnceWhileOthersAppend) {
  options_.tail_records_max = 20;
  options_.read_rows = 16;
  start();
  const auto topic = open_topic();
  constexpr int writers = 4, each = 100;
  struct lane {
    bell wake;
    std::unique_ptr<io::partition_reader> in;
    std::vector<std::string> seen;
    std::int64_t next = 0;
    bool ordered = true;
  };
  std::array<lane, 2> lanes;
  for (auto& l : lanes) l.in = reader(topic.id, 0, l.wake.ring());
  std::vector<std::thread> threads;
  for (auto& l : lanes) {
    threads.emplace_back([&l] {
      int woken = 0;
      while (l.seen.size() < writers * each) {
        io::event_batch batch;
        auto taken = l.in->take(batch, 13);
        if (!taken) return;
        for (const auto& e : batch.events) {
          l.ordered = l.ordered && e.offset == l.next;
          l.next = e.offset + 1;
          l.seen.push_back(str(e.payload));
        }
        if (taken.value() == 0 && !l.wake.wait(++woken)) return;
      }
    });
  }
  for (int w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      for (int i = 0; i < each; ++i) EXPECT_TRUE(append(topic.id, w * 1000 + i, 1));
    });
  for (auto& t : threads) t.join();
  for (auto& l : lanes) {
    EXPECT_TRUE(l.ordered);
    ASSERT_EQ(l.seen.size(), static_cast<std::size_t>(writers * each));
    std::array<int, writers> last{};
    last.fill(-1);
    for (const auto& p : l.seen) {
      const int n = std::stoi(p);
      EXPECT_EQ(n % 1000, last[static_cast<std::size_t>(n / 1000)] + 1);
      last[static_cast<std::size_t>(n / 1000)] = n % 1000;
    }
  }
}

}  // namespace
}  // namespace log_tests
