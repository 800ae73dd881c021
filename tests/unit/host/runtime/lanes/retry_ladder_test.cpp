// The ladder alone: halving, blame, backoff, circuit.
#include "host/runtime/retry_ladder.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace evhost::runtime {
namespace {

using namespace std::chrono_literals;

retry_ladder::moment at(std::chrono::milliseconds ms) { return {retry_ladder::time_point(ms), 1000}; }

TEST(RetryLadder, FindsTheBadEventInAtMostLog2Steps) {
  for (std::size_t n = 1; n <= 100; ++n) {
    for (std::size_t bad = 0; bad < n; ++bad) {
      retry_ladder ladder({}, 1);
      std::vector<int> runs(n);
      std::size_t head = 0;
      for (int steps = 0; head < n; ++steps) {
        ASSERT_LT(steps, 200);
        if (ladder.condemned()) {
          EXPECT_EQ(head, bad);
          EXPECT_EQ(ladder.cause().attempts, 5U);
          ladder.set_aside();
          ++head;
          continue;
        }
        const auto count = ladder.limit(n - head);
        ASSERT_GE(count, 1U);
        ASSERT_LE(count, n - head);
        for (std::size_t i = head; i < head + count; ++i) ++runs[i];
        if (head <= bad && bad < head + count) {
          ladder.failed(count, static_cast<std::int64_t>(head), EVH_INVALID, "bad", at(0ms));
        } else {
          ladder.committed(count);
          head += count;
        }
      }
      for (std::size_t i = 0; i < n; ++i)
        if (i != bad) {
          EXPECT_LE(runs[i], 1 + std::bit_width(n)) << "neighbour " << i << " of " << n << ", bad " << bad;
        }
    }
  }
}

TEST(RetryLadder, SplitsWithoutWaitingAndWaitsWithJitterAlone) {
  retry_ladder ladder({.attempts_max = 9, .backoff_min = 50ms, .backoff_max = 200ms, .outage_failures = 100}, 3);
  ladder.failed(8, 0, EVH_INVALID, "", at(0ms));
  EXPECT_EQ(ladder.not_before(), retry_ladder::time_point{});
  bool differs = false;
  auto last = retry_ladder::time_point{};
  for (std::chrono::milliseconds most : {50ms, 100ms, 200ms, 200ms, 200ms}) {
    ladder.failed(1, 0, EVH_INVALID, "", at(1000ms));
    EXPECT_GE(ladder.not_before(), retry_ladder::time_point(1000ms));
    EXPECT_LE(ladder.not_before(), retry_ladder::time_point(1000ms + most));
    differs = differs || ladder.not_before() != last;
    last = ladder.not_before();
  }
  EXPECT_TRUE(differs);
}

TEST(RetryLadder, DeliversWhatComesBeforeARetryAtOnceAndTheRestLater) {
  retry_ladder ladder({.backoff_min = 50ms, .backoff_max = 50ms}, 1);
  ladder.asked_retry(3, 103, "later", at(1000ms));
  EXPECT_EQ(ladder.limit(10), 3U);
  EXPECT_EQ(ladder.not_before(), retry_ladder::time_point{});
  ladder.committed(3);
  EXPECT_EQ(ladder.limit(7), 1U);
  EXPECT_GE(ladder.not_before(), retry_ladder::time_point(1000ms));
  EXPECT_EQ(ladder.attempts(103), 1U);
  ladder.committed(1);
  EXPECT_EQ(ladder.limit(6), 6U);
  EXPECT_EQ(ladder.attempts(103), 0U);
}

TEST(RetryLadder, CondemnsAfterAttemptsMaxWithTheFirstFailureTime) {
  retry_ladder ladder({.attempts_max = 3, .outage_failures = 100}, 1);
  ladder.failed(1, 7, EVH_TIMEOUT, "one", {{}, 111});
  ladder.failed(1, 7, EVH_INVALID, "two", {{}, 222});
  EXPECT_FALSE(ladder.condemned());
  ladder.failed(1, 7, EVH_EXCEPTION, "three", {{}, 333});
  ASSERT_TRUE(ladder.condemned());
  EXPECT_EQ(ladder.cause().status, EVH_EXCEPTION);
  EXPECT_EQ(ladder.cause().text, "three");
  EXPECT_EQ(ladder.cause().first_failure_ns, 111);
}

TEST(RetryLadder, StoreTroubleBlamesNobody) {
  retry_ladder ladder({.attempts_max = 2, .outage_failures = 3}, 1);
  for (int i = 0; i < 50; ++i) {
    ladder.store_trouble(1, at(0ms));
    EXPECT_FALSE(ladder.condemned());
    EXPECT_FALSE(ladder.circuit_open());
  }
  EXPECT_EQ(ladder.attempts(0), 0U);
  EXPECT_LE(ladder.not_before(), retry_ladder::time_point(5000ms));
}

TEST(RetryLadder, StoreTroubleAfterACondemnationFurtherOnCondemnsNobodyElse) {
  retry_ladder ladder({.attempts_max = 1, .outage_failures = 100}, 1);
  ladder.asked_retry(1, 11, "later", at(0ms));  // condemned, but event 10 stands before it
  EXPECT_FALSE(ladder.condemned());
  ladder.failed(1, 10, EVH_SHUTDOWN, "", at(0ms));
  ladder.store_trouble(1, at(0ms));
  EXPECT_EQ(ladder.cause().attempts, 1U);
}

TEST(RetryLadder, AnOutageOpensTheCircuitAndCondemnsNothing) {
  retry_ladder ladder({.attempts_max = 5, .backoff_min = 50ms, .backoff_max = 5000ms, .outage_failures = 8,
                       .probe_max = 30000ms}, 1);
  ladder.failed(64, 0, EVH_IO, "down", at(0ms));
  for (std::size_t n = 32; n >= 1; n /= 2) ladder.failed(n, 0, EVH_IO, "down", at(0ms));
  EXPECT_FALSE(ladder.circuit_open());
  ladder.failed(1, 0, EVH_IO, "down", at(0ms));
  ASSERT_TRUE(ladder.circuit_open());
  std::chrono::milliseconds floor = 0ms;
  for (int i = 0; i < 40; ++i) {
    EXPECT_FALSE(ladder.condemned());
    EXPECT_EQ(ladder.limit(64), 1U);
    ladder.failed(1, 0, EVH_IO, "down", at(0ms));
    EXPECT_GE(ladder.not_before(), retry_ladder::time_point(floor));
    floor = std::min(15000ms, (floor + 25ms) * 2);
    if (i > 4) floor = std::min(floor, 15000ms);
    floor = i < 2 ? 0ms : std::min(floor, 15000ms) / 4;
  }
  EXPECT_LE(ladder.not_before(), retry_ladder::time_point(30000ms));
  EXPECT_GE(ladder.not_before(), retry_ladder::time_point(15000ms));
  ladder.committed(1);
  EXPECT_FALSE(ladder.circuit_open());
}

TEST(RetryLadder, AFailureThatIsNoOutageClosesTheCircuit) {
  retry_ladder ladder({.attempts_max = 100, .outage_failures = 2}, 1);
  ladder.failed(1, 0, EVH_IO, "", at(0ms));
  ladder.failed(1, 0, EVH_AGAIN, "", at(0ms));
  EXPECT_TRUE(ladder.circuit_open());
  ladder.failed(1, 0, EVH_INVALID, "", at(0ms));
  EXPECT_FALSE(ladder.circuit_open());
}

TEST(RetryLadder, ARetryableFailureCountsOnlyWhenSomethingElsePassedMeanwhile) {
  retry_ladder ladder({.attempts_max = 5, .outage_failures = 8}, 1);
  for (int i = 0; i < 30; ++i) {
    ladder.failed(1, 0, EVH_IO, "", at(0ms));
    EXPECT_TRUE(ladder.wants_trial());
    ladder.trial_failed(EVH_IO, at(0ms));
    EXPECT_FALSE(ladder.wants_trial());  // the event itself is next
  }
  EXPECT_TRUE(ladder.circuit_open());
  EXPECT_FALSE(ladder.condemned());
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(ladder.condemned());
    ladder.other_passed();
    EXPECT_FALSE(ladder.circuit_open());
    ladder.failed(1, 0, EVH_IO, "", at(0ms));
  }
  EXPECT_TRUE(ladder.condemned());
  EXPECT_FALSE(ladder.wants_trial());
  EXPECT_EQ(ladder.cause().attempts, 34U);
}

TEST(RetryLadder, ATrialThatFailsForAReasonOfItsOwnIsNoOutage) {
  retry_ladder ladder({.attempts_max = 2, .outage_failures = 8}, 1);
  ladder.asked_retry(0, 4, "later", at(0ms));
  ASSERT_TRUE(ladder.wants_trial());
  ladder.trial_failed(EVH_INVALID, at(0ms));
  ladder.asked_retry(0, 4, "later", at(0ms));
  EXPECT_TRUE(ladder.condemned());
}

}  // namespace
}  // namespace evhost::runtime
