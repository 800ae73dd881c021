// Tries and pauses on a manual clock.
#include "plugins/identity/accounts/attempts.hpp"

#include <gtest/gtest.h>

namespace identity {
namespace {

using namespace std::chrono_literals;
const attempts::time_point start{std::chrono::hours(1)};

TEST(Attempts, SomeAreFreeThenThePauseDoubles) {
  attempts rule({.free = 3, .pause = 1s, .pause_max = 5s});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(rule.begin("a", start)) << i;
  EXPECT_EQ(rule.begin("a", start), 1000ms);
  EXPECT_EQ(rule.begin("a", start + 999ms), 1ms);
  EXPECT_FALSE(rule.begin("a", start + 1s));
  EXPECT_EQ(rule.begin("a", start + 1s), 2000ms);
  EXPECT_FALSE(rule.begin("a", start + 3s));
  EXPECT_EQ(rule.begin("a", start + 3s), 4000ms);
  EXPECT_FALSE(rule.begin("a", start + 7s));
  EXPECT_EQ(rule.begin("a", start + 7s), 5000ms) << "no longer than the longest pause";
}

TEST(Attempts, KeysDoNotTouchEachOther) {
  attempts rule({.free = 1, .pause = 1s});
  EXPECT_FALSE(rule.begin("a", start));
  EXPECT_TRUE(rule.begin("a", start));
  EXPECT_FALSE(rule.begin("b", start));
}

TEST(Attempts, SuccessForgivesAndTimeForgets) {
  attempts rule({.free = 1, .pause = 1s});
  EXPECT_FALSE(rule.begin("a", start));
  rule.forgive("a");
  EXPECT_FALSE(rule.begin("a", start));
  EXPECT_TRUE(rule.begin("a", start));
  EXPECT_FALSE(rule.begin("a", start + 16min));
  EXPECT_EQ(rule.begin("a", start + 16min), 1000ms) << "counted from the beginning again";
}

TEST(Attempts, FullTableKeepsThePausedAndSharesOnePauseAmongTheRest) {
  attempts rule({.free = 1, .pause = 1min}, 2);
  EXPECT_FALSE(rule.begin("a", start));
  EXPECT_FALSE(rule.begin("b", start));
  EXPECT_FALSE(rule.begin("c", start));
  EXPECT_TRUE(rule.begin("d", start)) << "a flood of keys never opens the gate";
  EXPECT_TRUE(rule.begin("a", start));
}

}  // namespace
}  // namespace identity
