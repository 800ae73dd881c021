// Delivery: order, once, positions, re-runs, fences, budget, broadcast, drain and stop.
#include "tests/unit/host/runtime/lanes/lane_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> expected(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("e" + std::to_string(i));
  return names;
}

TEST(LaneEngine, DeliversWhatWasThereAndWhatComes) {
  lane_bed bed;
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  EXPECT_EQ(bed.effects(), expected(3));
  bed.put("late");
  bed.turn();
  EXPECT_EQ(bed.effects().back(), "late");
  EXPECT_EQ(bed.log.position("g", "things", 0), 4);
  EXPECT_EQ(bed.lane().status, "running");
  EXPECT_EQ(bed.lane().offset, 4);
  EXPECT_EQ(bed.lane().end, 4);
}

TEST(LaneEngine, HandsOverOneCallPerBatchWithStrideAndCookie) {
  lane_bed bed;
  bed.base.cookie = 42;
  bed.base.batch_max = 10;
  bed.put_many(25);
  bed.subscribe();
  bed.start();
  ASSERT_EQ(bed.handler.batches.size(), 3U);
  EXPECT_EQ(bed.handler.batches[0].size(), 10U);
  EXPECT_EQ(bed.handler.batches[2].size(), 5U);
  EXPECT_EQ(bed.handler.cookies[0], 42U);
  EXPECT_EQ(bed.handler.calls[0].attempt, 1);
  EXPECT_EQ(bed.handler.calls[0].flags, 0U);
  EXPECT_EQ(bed.handler.calls[0].source, EVH_SOURCE_LOG);
}

TEST(LaneEngine, GivesEachPartitionItsOwnLane) {
  lane_bed bed;
  bed.put_many(2, 0);
  bed.put_many(2, 1);
  bed.subscribe();
  bed.start();
  EXPECT_EQ(bed.effects().size(), 4U);
  EXPECT_EQ(bed.log.position("g", "things", 0), 2);
  EXPECT_EQ(bed.log.position("g", "things", 1), 2);
  EXPECT_NE(bed.handler.lanes.front(), bed.handler.lanes.back());
}

TEST(LaneEngine, GroupsDoNotShareAPosition) {
  lane_bed bed;
  bed.put_many(2);
  bed.subscribe("things", "a");
  bed.subscribe("things", "b");
  bed.start();
  EXPECT_EQ(bed.effects().size(), 4U);
}

TEST(LaneEngine, RefusesTheSameGroupAndTopicTwice) {
  lane_bed bed;
  bed.subscribe();
  auto again = bed.base;
  again.topic = "things";
  again.group = "g";
  EXPECT_EQ(bed.engine->subscribe(again).error().code, core::errc::conflict);
  bed.start();
  EXPECT_EQ(bed.engine->subscribe(again).error().code, core::errc::conflict);
}

TEST(LaneEngine, ContinuesFromTheCommittedPositionAfterARestart) {
  lane_bed bed;
  bed.put_many(5);
  bed.subscribe();
  bed.start();
  bed.crash();
  bed.put("after");
  bed.subscribe();
  bed.start();
  EXPECT_EQ(bed.effects().size(), 6U);
  EXPECT_EQ(bed.effects().back(), "after");
}

TEST(LaneEngine, AGroupFromLatestSkipsWhatWasThere) {
  lane_bed bed;
  bed.put_many(5);
  bed.base.earliest = false;
  bed.subscribe();
  bed.start();
  bed.put("new");
  bed.turn();
  EXPECT_THAT(bed.effects(), ElementsAre("new"));
}

TEST(LaneEngine, RunsAgainWhenTheStoreUndoesAGroupAndTellsTheFateOfEachRun) {
  lane_bed bed;
  std::vector<int> fates;
  bed.handler.before = [&](evh_uow* uow) {
    unit_of_work::of(uow).after([](void* to, std::int32_t committed) {
      static_cast<std::vector<int>*>(to)->push_back(committed);
    }, &fates);
  };
  bed.put_many(4);
  bed.subscribe();
  bed.store.undo_next_groups(0);
  bed.start();
  bed.put("x");
  bed.store.undo_next_groups(3);
  bed.turn();
  EXPECT_EQ(bed.effects().size(), 5U);
  EXPECT_THAT(fates, ElementsAre(1, 0, 0, 0, 1));
  EXPECT_EQ(bed.log.position("g", "things", 0), 5);
}

TEST(LaneEngine, AStoreThatGivesUpCostsNothingButTime) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.put_many(4);
  bed.store.give_up_next(3);
  bed.turn();
  EXPECT_THAT(bed.lane().status, HasSubstr("backing off"));
  bed.turn_time();
  EXPECT_EQ(bed.effects(), expected(4));
  EXPECT_TRUE(bed.letters().empty());
}

TEST(LaneEngine, AFullStoreIsAskedAgainLater) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.put_many(4);
  bed.store.refuse_next(5);
  bed.turn();
  EXPECT_TRUE(bed.handler.calls.empty());
  bed.turn_time();
  EXPECT_EQ(bed.effects(), expected(4));
}

TEST(LaneEngine, ABrokenTransactionIsRetriedForEverAndNeverDeadLettered) {
  lane_bed bed;
  bed.options.attempts_max = 2;
  bed.crash();
  bed.subscribe();
  bed.start();
  bed.put_many(4);
  bed.store.fail_next(40);
  bed.turn_time();
  EXPECT_EQ(bed.effects(), expected(4));
  EXPECT_TRUE(bed.letters().empty());
}

TEST(LaneEngine, AConstraintThatOneEventBreaksIsThatEventsFault) {
  lane_bed bed;
  bed.store.execute("CREATE UNIQUE INDEX once ON effects (payload)");
  bed.subscribe();
  bed.start();
  for (const char* name : {"a", "b", "a", "c"}) bed.put(name);
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("a", "b", "c"));
  ASSERT_EQ(bed.letters().size(), 1U);
  EXPECT_EQ(bed.letters()[0].status, EVH_CONFLICT);
  EXPECT_EQ(bed.letters()[0].offset, 2);
}

TEST(LaneEngine, AFenceConflictTakesThePositionFromTheDatabase) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.put_many(3);
  bed.turn();
  bed.log.steal("g", "things", 0);
  bed.put("next");
  bed.turn_time();
  EXPECT_EQ(bed.effects().size(), 4U);
  EXPECT_EQ(bed.effects().back(), "next");
}

TEST(LaneEngine, AnOperatorsPositionIsFollowed) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.put_many(3);
  bed.turn();
  ASSERT_TRUE(bed.log.set_position("g", "things", 0, 1).has_value());
  bed.put("e3");
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e1", "e2", "e1", "e2", "e3"));
}

TEST(LaneEngine, AcquireThatFailsIsTriedAgain) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.log.steal("g", "things", 0);
  bed.log.fail_next_acquire = 3;
  bed.put("x");
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("x"));
}

TEST(LaneEngine, AReadThatFailsIsTriedAgain) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.log.fail_next_take = 3;
  bed.put("x");
  bed.turn();
  EXPECT_THAT(bed.lane().status, HasSubstr("reading the log"));
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("x"));
}

TEST(LaneEngine, GapsInOffsetsAreLegal) {
  lane_bed bed;
  bed.put("a");
  bed.log.skip_offset("things", 0);
  bed.log.skip_offset("things", 0);
  bed.put("b");
  bed.subscribe();
  bed.start();
  EXPECT_THAT(bed.effects(), ElementsAre("a", "b"));
  EXPECT_EQ(bed.log.position("g", "things", 0), 4);
}

TEST(LaneEngine, RetentionThatOvertookAGroupDoesNotStopIt) {
  lane_bed bed;
  bed.put_many(4);
  bed.subscribe();
  bed.start();
  bed.crash();
  for (int i = 4; i < 8; ++i) bed.put("e" + std::to_string(i));
  bed.log.drop("things", 0, 6);
  bed.subscribe();
  bed.start();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e1", "e2", "e3", "e6", "e7"));
}

TEST(LaneEngine, CutsABatchToTheBudgetItsCostPredicts) {
  lane_bed bed;
  bed.handler.verdict = [&](const seen&) {
    bed.clock.advance(std::chrono::microseconds(100));
    return EVH_ACK;
  };
  bed.put_many(300);
  bed.store.lane_budget = std::chrono::milliseconds(2);
  bed.subscribe();
  bed.start();
  ASSERT_GT(bed.handler.batches.size(), 2U);
  EXPECT_EQ(bed.handler.batches[0].size(), 64U);  // nothing known yet
  EXPECT_EQ(bed.handler.batches[1].size(), 20U);  // 2 ms at 100 us each
  EXPECT_EQ(bed.effects(), expected(300));
}

TEST(LaneEngine, ATraceIsInheritedFromASingleEventOnly) {
  lane_bed bed;
  std::vector<bool> traced;
  bed.handler.before = [&](evh_uow* uow) { traced.push_back(unit_of_work::of(uow).trace_id != nullptr); };
  bed.subscribe();
  bed.start();
  bed.put("x");
  bed.turn();
  EXPECT_THAT(traced, ElementsAre(false));  // the fake's records carry no trace
}

TEST(LaneEngine, BroadcastSeesEverythingWithoutAUnitAndWithoutAPosition) {
  lane_bed bed;
  bed.put("old");
  bed.base.earliest = false;
  bed.subscribe("things", "cache", true);
  bool with_unit = false;
  bed.handler.before = [&](evh_uow* uow) { with_unit = with_unit || uow; };
  bed.start();
  bed.put("a");
  bed.put("b");
  bed.turn();
  ASSERT_EQ(bed.handler.calls.size(), 2U);
  EXPECT_EQ(bed.handler.calls[0].payload, "a");
  EXPECT_FALSE(with_unit);
  EXPECT_TRUE(bed.lane().broadcast);
  EXPECT_EQ(bed.log.position("cache", "things", 0), -1);
}

TEST(LaneEngine, ABroadcastHandlerThatFailsMissesThatBatchOnly) {
  lane_bed bed;
  bed.base.batch_max = 1;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" ? 100 + EVH_EXCEPTION : EVH_ACK; };
  bed.put_many(3);
  bed.subscribe("things", "cache", true);
  bed.start();
  EXPECT_EQ(bed.handler.calls.size(), 3U);
  EXPECT_EQ(bed.lane().status, "running");
}

TEST(LaneEngine, HeadersComeWhenAskedFor) {
  for (const bool wanted : {false, true}) {
    lane_bed bed;
    bed.base.want_headers = wanted;
    bed.log.put("things", 0, "k", "x", "id", {{"h", "v"}});
    bed.subscribe();
    bed.start();
    EXPECT_EQ(bed.handler.calls[0].headers.size(), wanted ? 1U : 0U);
  }
}

TEST(LaneEngine, ALatePluginSubscribesWhileRunning) {
  lane_bed bed;
  bed.start();
  bed.put_many(3);
  bed.subscribe();
  bed.turn();
  EXPECT_EQ(bed.effects(), expected(3));
}

TEST(LaneEngine, AnUnknownTopicIsMade) {
  lane_bed bed;
  bed.subscribe("brand-new");
  bed.start();
  bed.log.put("brand-new", 0, "k", "x");
  bed.turn();
  EXPECT_THAT(bed.effects(), ElementsAre("x"));
}

TEST(LaneEngine, StopCallsNoHandlerAfterwardsAndMayComeFirstOrTwice) {
  lane_bed bed;
  bed.engine->stop();
  bed.make_engine();
  bed.subscribe();
  bed.start();
  bed.put_many(3);
  bed.pool->poll();  // the unit is queued with the store, not run
  bed.pool->restart();
  ASSERT_EQ(bed.store.queued(), 1U);
  bed.engine->stop();
  bed.engine->stop();
  bed.turn();
  bed.put("more");
  bed.turn();
  EXPECT_TRUE(bed.handler.calls.empty());
  EXPECT_EQ(bed.engine->subscribe(bed.base).error().code, core::errc::shutdown);
  bed.crash();
  bed.subscribe();
  bed.start();
  EXPECT_EQ(bed.effects().size(), 4U);
}

TEST(LaneEngine, StopDuringABackoffReturnsAtOnce) {
  lane_bed bed;
  bed.handler.verdict = [](const seen&) { return 100 + EVH_IO; };
  bed.subscribe();
  bed.start();
  bed.put("x");
  bed.turn();
  EXPECT_THAT(bed.lane().status, HasSubstr("backing off"));
  const auto calls = bed.handler.calls.size();
  bed.engine->stop();
  bed.clock.advance(std::chrono::hours(1));
  bed.engine->tick();
  bed.turn();
  EXPECT_EQ(bed.handler.calls.size(), calls);
  EXPECT_EQ(bed.lane().status, "stopped");
}

TEST(LaneEngine, StopWaitsForTheHandlerThatRunsNow) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.put("x");
  bed.pool->poll();
  bed.pool->restart();
  std::atomic<bool> inside{false}, returned{false};
  bed.handler.before = [&](evh_uow*) {
    inside = true;
    inside.notify_all();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    returned = true;
  };
  std::thread writer([&] { bed.store.run_group(); });
  inside.wait(false);
  bed.engine->stop();
  EXPECT_TRUE(returned);
  writer.join();
  EXPECT_THAT(bed.effects(), ElementsAre("x"));
}

TEST(LaneEngine, DrainStartsNothingNewAndLetsTheUnitInFlightCommit) {
  lane_bed bed;
  bed.base.batch_max = 2;
  bed.subscribe();
  bed.start();
  bed.put_many(6);
  bed.pool->poll();
  bed.pool->restart();
  std::thread writer([&] {
    while (bed.store.run_group()) {
    }
  });
  bed.engine->drain(std::chrono::steady_clock::now() + std::chrono::seconds(30));
  writer.join();
  bed.turn();
  EXPECT_EQ(bed.effects(), expected(2));
  EXPECT_EQ(bed.log.position("g", "things", 0), 2);
}

TEST(LaneEngine, DrainGivesUpAtItsDeadline) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  bed.put("x");
  bed.pool->poll();  // queued with a store that does not move
  bed.engine->drain(std::chrono::steady_clock::now());
  EXPECT_TRUE(bed.handler.calls.empty());
}

TEST(LaneEngine, HousekeepingTrimsFromTimeToTime) {
  lane_bed bed;
  bed.subscribe();
  bed.start();
  EXPECT_EQ(bed.log.trims, 0);
  for (int times = 1; times <= 2; ++times) {
    bed.clock.advance(std::chrono::seconds(31));
    bed.engine->tick();
    bed.turn();
    bed.engine->tick();
    bed.turn();
    EXPECT_EQ(bed.log.trims, times);
  }
}

TEST(LaneEngine, WithTheProtectionOffACrashBetweenEffectAndPositionDoublesTheEffect) {
  for (const bool protect : {true, false}) {
    lane_bed bed;
    bed.options.protect_positions = protect;
    bed.crash();
    bed.subscribe();
    bed.start();
    bed.put("x");
    bed.pool->poll();
    bed.pool->restart();
    bed.store.run_group();  // the effect is durable
    bed.crash();
    bed.subscribe();
    bed.start();
    EXPECT_EQ(bed.effects().size(), protect ? 1U : 2U);
  }
}

}  // namespace
}  // namespace evhost::runtime::tests
