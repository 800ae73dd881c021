// The limiter: exact under a turned clock, exact under threads, never open when it is full.
#include "host/security/gcra.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace evhost::security {
namespace {

using namespace std::chrono_literals;
const gcra_limiter::time_point start{1h};

int passes(gcra_limiter& limiter, std::string_view key, int tries, gcra_limiter::time_point at) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += limiter.take(key, {}, 1, at).allowed;
  return count;
}

// Row 75: the 121st request in 60 s waits exactly as long as it is told.
TEST(Gcra, Row75BurstThenExactWait) {
  gcra_limiter limiter({.requests_per_minute = 120, .burst = 120}, 1024);
  EXPECT_EQ(passes(limiter, "u", 200, start), 120);
  const auto refused = limiter.take("u", {}, 1, start);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0U);
  EXPECT_EQ(refused.wait, 500ms);
  EXPECT_FALSE(limiter.take("u", {}, 1, start + 500ms - 1ns).allowed);
  EXPECT_TRUE(limiter.take("u", {}, 1, start + 500ms).allowed);
  EXPECT_FALSE(limiter.take("u", {}, 1, start + 500ms).allowed);
}

TEST(Gcra, RefusedRequestsCostNothing) {
  gcra_limiter limiter({.requests_per_minute = 60, .burst = 1}, 1024);
  EXPECT_TRUE(limiter.take("u", {}, 1, start).allowed);
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(limiter.take("u", {}, 1, start + 999ms).allowed);
  EXPECT_TRUE(limiter.take("u", {}, 1, start + 1s).allowed);
}

TEST(Gcra, SustainedRateHolds) {
  gcra_limiter limiter({.requests_per_minute = 600, .burst = 10}, 1024);
  int count = 0;
  for (int ms = 0; ms < 60'000; ms += 7)
    count += limiter.take("u", {}, 1, start + std::chrono::milliseconds(ms)).allowed;
  EXPECT_GE(count, 600);
  EXPECT_LE(count, 610);
}

TEST(Gcra, CostsAreWeighed) {
  gcra_limiter limiter({.requests_per_minute = 60, .burst = 10}, 1024);
  EXPECT_TRUE(limiter.take("u", {}, 7, start).allowed);
  const auto refused = limiter.take("u", {}, 5, start);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 3U);
  EXPECT_EQ(refused.wait, 2s);
  EXPECT_TRUE(limiter.take("u", {}, 3, start).allowed);
  EXPECT_TRUE(limiter.take("v", {}, 1'000, start).allowed) << "a cost above the burst takes the whole burst";
  EXPECT_FALSE(limiter.take("v", {}, 1, start).allowed);
}

TEST(Gcra, KeysAreSeparate) {
  gcra_limiter limiter({.requests_per_minute = 60, .burst = 5}, 1024);
  EXPECT_EQ(passes(limiter, "a", 10, start), 5);
  EXPECT_EQ(passes(limiter, "b", 10, start), 5);
  EXPECT_EQ(limiter.active_keys(start), 2U);
  EXPECT_EQ(limiter.active_keys(start + 5s), 0U);
}

// Row 76: 64 threads, one key, limit 100.
TEST(Gcra, Row76ThreadsNeverPassTogetherMoreThanTheLimit) {
  for (int round = 0; round < 20; ++round) {
    gcra_limiter limiter({.requests_per_minute = 100, .burst = 100}, 1024);
    std::atomic<int> passed{0};
    std::latch ready(64);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 64; ++t) {
      threads.emplace_back([&] {
        ready.arrive_and_wait();
        for (int i = 0; i < 10; ++i) passed += limiter.take("one", {}, 1, start).allowed;
      });
    }
    threads.clear();
    ASSERT_EQ(passed, 100);
  }
}

TEST(Gcra, ContendedKeyLosesNoUpdate) {
  constexpr int tries = 500'000;
  gcra_limiter limiter({.requests_per_minute = 1'000, .burst = 2 * tries}, 1024);
  std::atomic<int> passed{0};
  {
    std::latch ready(4);
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        ready.arrive_and_wait();
        passed += passes(limiter, "one", tries, start);
      });
    }
  }
  EXPECT_EQ(passed, 2 * tries);
}

TEST(Gcra, ThreadsOnManyKeysLoseNothing) {
  gcra_limiter limiter({.requests_per_minute = 60, .burst = 8}, 4096);
  std::atomic<int> passed{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int key = 0; key < 64; ++key) {
          for (int i = 0; i < 4; ++i) passed += limiter.take("k" + std::to_string(key), {}, 1, start).allowed;
        }
      });
    }
  }
  EXPECT_EQ(passed, 64 * 8);
}

TEST(Gcra, FullTableSharesALimitInsteadOfOpening) {
  gcra_limiter limiter({.requests_per_minute = 60, .burst = 1}, 16);  // 16 slots
  int passed = 0, overflowed = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto made = limiter.take("attacker" + std::to_string(i), "one wide key", 1, start);
    passed += made.allowed;
    overflowed += made.overflow;
  }
  EXPECT_EQ(passed, 16 + 1) << "16 keys and one shared bucket";
  EXPECT_EQ(overflowed, 10'000 - 16);
}

TEST(Gcra, ActiveKeysAreNeverForgottenForNewOnes) {
  gcra_limiter limiter({.requests_per_minute = 60, .burst = 2}, 16);
  EXPECT_EQ(passes(limiter, "victim", 3, start), 2);
  for (int i = 0; i < 10'000; ++i) (void)limiter.take("flood" + std::to_string(i), "w", 1, start);
  EXPECT_FALSE(limiter.take("victim", {}, 1, start).allowed);
}

TEST(Gcra, RecoveredKeysMakeRoom) {
  gcra_limiter limiter({.requests_per_minute = 60, .burst = 1}, 16);
  for (int i = 0; i < 1'000; ++i) (void)limiter.take("old" + std::to_string(i), "w", 1, start);
  const auto later = limiter.take("new", "w", 1, start + 2s);
  EXPECT_TRUE(later.allowed);
  EXPECT_FALSE(later.overflow);
}

}  // namespace
}  // namespace evhost::security
