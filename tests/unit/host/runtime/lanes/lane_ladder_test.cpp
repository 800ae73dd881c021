// The failure ladder through the engine: poison at every place, verdicts, outage.
#include "tests/unit/host/runtime/lanes/lane_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LaneLadder, PoisonAtEveryPlaceOfEveryBatchIsSetAsideAloneAndOnce) {
  for (const int status : {EVH_INVALID, EVH_EXCEPTION, EVH_TIMEOUT}) {
    lane_bed bed;
    bed.options.attempts_max = 3;
    bed.crash();
    bed.subscribe();
    bed.start();
    std::string poison;
    bed.handler.verdict = [&](const seen& s) { return s.payload == poison ? 100 + status : EVH_ACK; };
    std::size_t letters = 0;
    for (int n = 1; n <= 64; n += status == EVH_INVALID ? 1 : 9) {
      for (int bad = 0; bad < n; ++bad) {
        bed.store.execute("DELETE FROM effects");
        poison = "e" + std::to_string(bad);
        bed.handler.calls.clear();
        bed.handler.batches.clear();
        bed.put_many(n);
        if (status == EVH_TIMEOUT) bed.put("behind");  // somebody must pass to tell the bad event from an outage
        bed.turn_time();
        std::vector<std::string> rest;
        for (int i = 0; i < n; ++i)
          if (i != bad) rest.push_back("e" + std::to_string(i));
        if (status == EVH_TIMEOUT) rest.push_back("behind");
        ASSERT_EQ(bed.effects(), rest) << "n " << n << " bad " << bad;
        ASSERT_EQ(bed.log.size("g.dlq", 0), ++letters) << "n " << n << " bad " << bad;
        ASSERT_EQ(bed.handler.batches[0].size(), static_cast<std::size_t>(n) + (status == EVH_TIMEOUT)) << testing::PrintToString(bed.handler.batches);
        const auto alone = std::ranges::count_if(bed.handler.batches, [&](const auto& b) {
          return b.size() == 1 && b[0] == poison;
        });
        ASSERT_EQ(alone, 3) << "n " << n << " bad " << bad;
      }
    }
    const auto all = bed.letters();
    EXPECT_EQ(all.back().payload, poison);
    EXPECT_EQ(all.back().reason, "poison");
    EXPECT_EQ(all.back().status, status);
    EXPECT_EQ(all.back().attempts, 3U);
  }
}

TEST(LaneLadder, ADeadLetterTellsTheWholeStory) {
  lane_bed bed;
  bed.options.attempts_max = 2;
  bed.crash();
  bed.log.put("things", 1, "owner", "x", "id-7", {{"h1", "v1"}});
  bed.handler.verdict = [](const seen&) { return 100 + EVH_INVALID; };
  bed.handler.error_text = "due date is not a date";
  bed.subscribe();
  bed.start();
  bed.turn_time();
  const auto letters = bed.letters();
  ASSERT_EQ(letters.size(), 1U);
  const auto& l = letters[0];
  EXPECT_EQ(l.id, 0);
  EXPECT_EQ(l.reason, "poison");
  EXPECT_EQ(l.status, EVH_INVALID);
  EXPECT_EQ(l.error, "due date is not a date");
  EXPECT_EQ(l.plugin, "p");
  EXPECT_EQ(l.group, "g");
  EXPECT_EQ(l.topic, "things");
  EXPECT_EQ(l.partition, 1);
  EXPECT_EQ(l.offset, 0);
  EXPECT_EQ(l.attempts, 2U);
  EXPECT_GT(l.first_failure_ns, 0);
  EXPECT_GT(l.set_aside_ns, l.first_failure_ns);
  EXPECT_EQ(l.event_time_ns, 1);
  EXPECT_EQ(l.host_version, "9.9");
  EXPECT_EQ(l.event_type, "test.event.v1");
  EXPECT_EQ(l.event_id, "id-7");
  EXPECT_EQ(l.key, "owner");
  EXPECT_EQ(l.payload, "x");
  EXPECT_THAT(l.headers, ElementsAre(std::pair<std::string, std::string>("h1", "v1")));
  EXPECT_FALSE(l.replayed);
}

TEST(LaneLadder, AttemptsAreCountedInTheEventAndFlagged) {
  lane_bed bed;
  bed.options.attempts_max = 3;
  bed.crash();
  bed.handler.verdict = [](const seen&) { return 100 + EVH_INVALID; };
  bed.put("x");
  bed.subscribe();
  bed.start();
  bed.turn_time();
  ASSERT_EQ(bed.handler.calls.size(), 3U);
  EXPECT_EQ(bed.handler.calls[0].flags, 0U);
  EXPECT_EQ(bed.handler.calls[1].attempt, 2);
  EXPECT_EQ(bed.handler.calls[2].attempt, 3);
  EXPECT_EQ(bed.handler.calls[2].flags, EVH_EVENT_REPLAYED);
}

TEST(LaneLadder, ABackoffHoldsTheLaneUntilItsTimeHasCome) {
  lane_bed bed;
  bed.options.backoff_min = bed.options.backoff_max = std::chrono::hours(1);
  bed.crash();
  bool fail = true;
  bed.handler.verdict = [&](const seen& s) { return s.payload == "e0" && fail ? 100 + EVH_INVALID : EVH_ACK; };
  bed.subscribe();
  bed.start();
  bed.put("e0");
  bed.turn();
  bed.put("e1");
  bed.turn();
  EXPECT_EQ(bed.handler.calls.size(), 1U);  // e1 waits behind e0: order
  fail = false;
  bed.clock.advance(std::chrono::hours(1));
  bed.engine->tick();
  bed.turn();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e1"));
}

TEST(LaneLadder, ARetryVerdictCommitsWhatCameBeforeAndDelaysTheRest) {
  lane_bed bed;
  bed.options.backoff_min = bed.options.backoff_max = std::chrono::hours(1);
  bed.crash();
  bool later = true;
  bed.handler.verdict = [&](const seen& s) { return s.payload == "e2" && later ? EVH_RETRY : EVH_ACK; };
  bed.put_many(5);
  bed.subscribe();
  bed.start();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e1"));
  EXPECT_EQ(bed.log.position("g", "things", 0), 2);
  EXPECT_THAT(bed.lane().status, HasSubstr("asked to retry"));
  later = false;
  bed.clock.advance(std::chrono::hours(1));
  bed.engine->tick();
  bed.turn();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e1", "e2", "e3", "e4"));
}

TEST(LaneLadder, RetryForEverEndsInADeadLetter) {
  lane_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" ? EVH_RETRY : EVH_ACK; };
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e2"));
  ASSERT_EQ(bed.letters().size(), 1U);
  EXPECT_EQ(bed.letters()[0].status, EVH_AGAIN);
  EXPECT_EQ(bed.letters()[0].attempts, 5U);
}

TEST(LaneLadder, ADeadLetterVerdictIsObeyedAtOnceInTheSameUnit) {
  lane_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" || s.payload == "e3" ? EVH_DEAD_LETTER : EVH_ACK; };
  bed.put_many(5);
  bed.subscribe();
  bed.start();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e2", "e4"));
  EXPECT_EQ(bed.handler.batches.size(), 1U);
  const auto letters = bed.letters();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[0].reason, "verdict");
  EXPECT_EQ(letters[0].error, "scripted");
  EXPECT_EQ(letters[1].payload, "e3");
}

TEST(LaneLadder, DeadLettersAreNotWrittenTwiceWhenAGroupIsUndone) {
  lane_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" ? EVH_DEAD_LETTER : EVH_ACK; };
  bed.subscribe();
  bed.start();
  bed.put_many(3);
  bed.store.undo_next_groups(4);
  bed.turn();
  EXPECT_EQ(bed.letters().size(), 1U);
  EXPECT_EQ(bed.effects().size(), 2U);
}

TEST(LaneLadder, WithoutItsDeadLetterTopicTheLaneBlocksAndNeverDrops) {
  lane_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" ? EVH_DEAD_LETTER : EVH_ACK; };
  bed.subscribe();
  bed.start();
  bed.put_many(3);
  bed.log.fail_next_append = 30;
  bed.turn();
  EXPECT_THAT(bed.lane().status, HasSubstr("fake log failed to append"));
  bed.turn_time();
  EXPECT_EQ(bed.letters().size(), 1U);
  EXPECT_EQ(bed.effects().size(), 2U);
}

TEST(LaneLadder, SkipMovesOnWithoutEffect) {
  lane_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" ? EVH_SKIP : EVH_ACK; };
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e2"));
  EXPECT_EQ(bed.log.position("g", "things", 0), 3);
}

TEST(LaneLadder, AVerdictThatDoesNotExistIsAFailure) {
  lane_bed bed;
  bed.handler.verdict = [](const seen& s) { return s.payload == "e1" ? 77 : EVH_ACK; };
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e2"));
  ASSERT_EQ(bed.letters().size(), 1U);
  EXPECT_THAT(bed.letters()[0].error, HasSubstr("77"));
}

TEST(LaneLadder, AnOutageOpensTheCircuitAndFillsNoDeadLetters) {
  lane_bed bed;
  bool down = true;
  bed.handler.verdict = [&](const seen&) { return down ? 100 + EVH_IO : EVH_ACK; };
  bed.put_many(100);
  bed.subscribe();
  bed.start();
  for (int i = 0; i < 60; ++i) {
    bed.clock.advance(std::chrono::seconds(31));
    bed.engine->tick();
    bed.turn();
  }
  EXPECT_THAT(bed.lane().status, HasSubstr("circuit open"));
  EXPECT_TRUE(bed.letters().empty());
  EXPECT_EQ(bed.handler.batches.back().size(), 1U);  // probes one event
  const auto probes = bed.handler.batches.size();
  EXPECT_LE(probes, 80U);
  down = false;
  bed.turn_time();
  EXPECT_EQ(bed.effects().size(), 100U);
  EXPECT_EQ(bed.lane().status, "running");
}

TEST(LaneLadder, AnOutageOfEventsThatComeOneByOneFillsNoDeadLettersEither) {
  lane_bed bed;
  bool down = true;
  bed.handler.verdict = [&](const seen&) { return down ? 100 + EVH_TIMEOUT : EVH_ACK; };
  bed.subscribe();
  bed.start();
  for (int i = 0; i < 5; ++i) {
    bed.put("e" + std::to_string(i));
    bed.turn_time(20);
  }
  EXPECT_TRUE(bed.letters().empty());
  down = false;
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("e0", "e1", "e2", "e3", "e4"));
}

TEST(LaneLadder, ABadEventThatLooksLikeAnOutageIsFoundByWhatPassesOnAnotherLane) {
  lane_bed bed;
  bed.handler.verdict = [&](const seen& s) { return s.payload == "bad" ? 100 + EVH_IO : EVH_ACK; };
  bed.subscribe();
  bed.start();
  bed.put("bad", 0);
  bed.turn_time(20);
  EXPECT_TRUE(bed.letters().empty());  // alone in the world: nobody is held up, nobody can tell
  for (int i = 0; i < 5; ++i) {
    bed.put("good", 1);
    bed.turn_time(1);
  }
  bed.turn_time(3);
  EXPECT_EQ(bed.letters().size(), 1U);
}

TEST(LaneLadder, ATrialLeavesNothingBehindAndKeepsTheOrder) {
  lane_bed bed;
  bed.handler.verdict = [&](const seen& s) { return s.payload == "e0" ? EVH_RETRY : EVH_ACK; };
  bed.put_many(2);
  bed.subscribe();
  bed.start();
  bed.turn_time();
  EXPECT_THAT(bed.effects(), ElementsAre("e1"));
  EXPECT_EQ(bed.letters().size(), 1U);
  std::size_t trials = 0;
  for (const auto& batch : bed.handler.batches) trials += batch == std::vector<std::string>{"e1"};
  EXPECT_GE(trials, 5U);  // four trials, then its turn
  EXPECT_TRUE(bed.handler.calls.back().flags & EVH_EVENT_REPLAYED);
}

TEST(LaneLadder, AShuttingDownPluginLosesNothing) {
  lane_bed bed;
  bool ending = true;
  bed.handler.verdict = [&](const seen&) { return ending ? 100 + EVH_SHUTDOWN : EVH_ACK; };
  bed.put_many(3);
  bed.subscribe();
  bed.start();
  bed.turn_time(50);
  EXPECT_TRUE(bed.letters().empty());
  ending = false;
  bed.turn_time();
  EXPECT_EQ(bed.effects().size(), 3U);
}

}  // namespace
}  // namespace evhost::runtime::tests
