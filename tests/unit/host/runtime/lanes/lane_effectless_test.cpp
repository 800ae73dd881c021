// Groups without effects: no unit, the position once per interval, and the ladder for what the handler refuses.
#include "tests/unit/host/runtime/lanes/lane_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evhost::runtime::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Each;

struct effectless_bed : lane_bed {
  effectless_bed() {
    base.effects = false;
    handler.before = [this](evh_uow* uow) { units.push_back(uow); };
  }
  std::int64_t written() { return log.position("g", "things", 0); }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    engine->tick();
    turn();
  }
  std::vector<evh_uow*> units;
};

TEST(LaneEffectless, GetsNoUnitAndMovesOnWithoutACommit) {
  effectless_bed bed;
  bed.base.batch_max = 10;
  bed.put_many(25);
  bed.subscribe();
  bed.start();
  EXPECT_EQ(bed.handler.calls.size(), 25U);
  EXPECT_THAT(bed.units, Each(nullptr));
  EXPECT_EQ(bed.lane().offset, 25) << "the lag is what was not handled";
  EXPECT_EQ(bed.written(), 0) << "not yet";
}

TEST(LaneEffectless, WritesItsPositionOncePerInterval) {
  effectless_bed bed;
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  bed.pass(999ms);
  EXPECT_EQ(bed.written(), 0);
  bed.put("late");
  bed.turn();
  bed.pass(1ms);
  EXPECT_EQ(bed.written(), 4) << "the interval counts from the first event it owes, not from the last";
  const auto groups = bed.store.stats().groups;
  bed.pass(5s);
  EXPECT_EQ(bed.store.stats().groups, groups) << "nothing new, nothing to write";
}

TEST(LaneEffectless, SeesAgainAfterACrashWhatItsPositionDidNotCover) {
  effectless_bed bed;
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  bed.pass(1s);
  bed.put("x");
  bed.turn();
  bed.crash();
  bed.handler.calls.clear();
  bed.subscribe();
  bed.start();
  ASSERT_EQ(bed.handler.calls.size(), 1U) << "the three were covered";
  EXPECT_EQ(bed.handler.calls[0].payload, "x");
}

TEST(LaneEffectless, ARefusedEventClimbsTheLadderAndTheRestFlows) {
  effectless_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e3" ? scripted_handler::status + EVH_INVALID : EVH_ACK; };
  bed.put_many(8);
  bed.subscribe();
  bed.start();
  bed.turn_time();
  const auto letters = bed.letters();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].offset, 3);
  EXPECT_THAT(bed.units, Each(nullptr)) << "also on the detour";
  bed.put("after");
  const auto groups = bed.store.stats().groups;
  bed.turn();
  EXPECT_EQ(bed.handler.calls.back().payload, "after");
  EXPECT_EQ(bed.store.stats().groups, groups) << "free again";
  bed.pass(1s);
  EXPECT_EQ(bed.written(), 9);
}

TEST(LaneEffectless, VerdictsSetAsideAndSkip) {
  effectless_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" ? EVH_DEAD_LETTER : s.payload == "e2" ? EVH_SKIP : EVH_ACK; };
  bed.put_many(4);
  bed.subscribe();
  bed.start();
  bed.turn_time();
  EXPECT_EQ(bed.letters().size(), 1U);
  bed.pass(1s);
  EXPECT_EQ(bed.written(), 4);
}

TEST(LaneEffectless, StopsWhereSomebodyElseTookThePartition) {
  effectless_bed bed;
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  ASSERT_TRUE(bed.log.set_position("g", "things", 0, 2).has_value());
  bed.handler.calls.clear();
  bed.pass(1s);
  bed.turn_time();
  bed.pass(10s);
  ASSERT_FALSE(bed.handler.calls.empty());
  EXPECT_EQ(bed.handler.calls[0].offset, 2) << "the database decides where to go on";
  bed.pass(1s);
  EXPECT_EQ(bed.written(), 3);
}

TEST(LaneEffectless, AStoreThatIsAwayDelaysThePositionAndBlamesNobody) {
  effectless_bed bed;
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  bed.store.give_up_next(2);
  bed.pass(1s);
  EXPECT_EQ(bed.written(), 0);
  bed.pass(61s);
  bed.pass(61s);
  EXPECT_EQ(bed.written(), 3);
  EXPECT_TRUE(bed.letters().empty());
  bed.put("after");
  bed.turn();
  EXPECT_EQ(bed.handler.calls.back().payload, "after");
}

}  // namespace
}  // namespace evhost::runtime::tests
