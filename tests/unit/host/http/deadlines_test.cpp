// The timer wheel on a clock of our own.
#include "host/http/deadlines.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace evhost::http {
namespace {

using namespace std::chrono_literals;
using clock = deadline_wheel::clock;

struct probe final : deadline_wheel::node {
  int fired = 0;
  std::function<void()> then;
  void on_deadline(clock::time_point) override {
    ++fired;
    if (then) then();
  }
};

const clock::time_point start{1000s};

TEST(DeadlineWheel, FiresOnceAndNotBefore) {
  deadline_wheel wheel(100ms, start);
  probe p;
  wheel.arm(p, start + 1s);
  wheel.sweep(start + 900ms);
  EXPECT_EQ(p.fired, 0);
  wheel.sweep(start + 1200ms);
  EXPECT_EQ(p.fired, 1);
  wheel.sweep(start + 10s);
  EXPECT_EQ(p.fired, 1);
  EXPECT_FALSE(p.armed());
}

TEST(DeadlineWheel, KeepsTimesBeyondItsTurn) {
  deadline_wheel wheel(100ms, start);
  probe p;
  wheel.arm(p, start + 300s);
  for (auto t = start; t < start + 299s; t += 50ms) wheel.sweep(t);
  EXPECT_EQ(p.fired, 0);
  wheel.sweep(start + 301s);
  EXPECT_EQ(p.fired, 1);
}

TEST(DeadlineWheel, MovesWhenArmedAgain) {
  deadline_wheel wheel(100ms, start);
  probe p;
  wheel.arm(p, start + 1s);
  wheel.arm(p, start + 5s);
  wheel.sweep(start + 3s);
  EXPECT_EQ(p.fired, 0);
  wheel.arm(p, start + 1s);  // in the past
  wheel.sweep(start + 3200ms);
  EXPECT_EQ(p.fired, 1);
}

TEST(DeadlineWheel, AllowsArmingAndDestroyingInACallback) {
  deadline_wheel wheel(100ms, start);
  probe first;
  auto second = std::make_unique<probe>();
  wheel.arm(first, start + 1s);
  wheel.arm(*second, start + 1s);
  first.then = [&] {
    second.reset();
    wheel.arm(first, start + 1400ms);
  };
  wheel.sweep(start + 1200ms);
  EXPECT_EQ(first.fired, 1);
  wheel.sweep(start + 1500ms);
  EXPECT_EQ(first.fired, 2);
}

TEST(DeadlineWheel, CatchesUpAfterALongSleep) {
  deadline_wheel wheel(100ms, start);
  std::array<probe, 50> probes;
  for (std::size_t i = 0; i < probes.size(); ++i) wheel.arm(probes[i], start + std::chrono::seconds(i * 7));
  wheel.sweep(start + 3600s);
  for (const auto& p : probes) EXPECT_EQ(p.fired, 1);
}

}  // namespace
}  // namespace evhost::http
