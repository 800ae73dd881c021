// The token bucket, on a clock of our own.
#include "host/websocket/message_budget.hpp"

#include <gtest/gtest.h>

namespace evhost::websocket {
namespace {

using namespace std::chrono_literals;

TEST(MessageBudget, LetsABurstPassThenTheRate) {
  const auto start = message_budget::clock::time_point(100s);
  message_budget budget(10, 3, start);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(start));
  EXPECT_FALSE(budget.take(start));
  EXPECT_FALSE(budget.take(start + 50ms));
  EXPECT_TRUE(budget.take(start + 100ms));
  EXPECT_FALSE(budget.take(start + 100ms));
}

TEST(MessageBudget, NeverSavesMoreThanABurst) {
  const auto start = message_budget::clock::time_point(100s);
  message_budget budget(10, 3, start);
  int passed = 0;
  while (budget.take(start + 3600s)) ++passed;
  EXPECT_EQ(passed, 3);
}

}  // namespace
}  // namespace evhost::websocket
