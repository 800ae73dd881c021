// Dead letters for people: list, select, replay exactly once, and what a replayed event looks like.
#include "tests/unit/host/runtime/lanes/lane_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DeadLetters : public testing::Test {
 protected:
  // Five events; e1 and e3 are set aside, then the plugin is mended.
  void SetUp() override {
    bed_.base.cookie = 5;
    bed_.handler.verdict = [this](const seen& s) {
      return broken_ && (s.payload == "e1" || s.payload == "e3") ? EVH_DEAD_LETTER : EVH_ACK;
    };
    for (int i = 0; i < 5; ++i)
      bed_.log.put("things", 1, "k", "e" + std::to_string(i), {}, {{"h", std::to_string(i)}});
    bed_.subscribe();
    bed_.start();
    broken_ = false;
  }
  core::result<std::uint64_t> replay(const dead_letter_selection& selection) {
    bed_.store.run_inline(true);
    auto count = runtime::replay(bed_.store, bed_.log, "g", selection);
    bed_.store.run_inline(false);
    return count;
  }

  lane_bed bed_;
  bool broken_ = true;
};

TEST_F(DeadLetters, AReplayGoesToItsGroupAloneWithTheEventAsItWas) {
  EXPECT_EQ(replay({}).value(), 2U);
  bed_.handler.calls.clear();
  bed_.turn();
  EXPECT_THAT(bed_.effects(), ElementsAre("e0", "e2", "e4", "e1", "e3"));
  ASSERT_EQ(bed_.handler.calls.size(), 2U);
  const auto& s = bed_.handler.calls[1];
  EXPECT_EQ(s.source, EVH_SOURCE_REPLAY);
  EXPECT_TRUE(s.flags & EVH_EVENT_REPLAYED);
  EXPECT_EQ(s.offset, 3);
  EXPECT_EQ(s.key, "k");
  EXPECT_TRUE(s.headers.empty());
  EXPECT_EQ(bed_.handler.cookies.back(), 5U);
}

TEST_F(DeadLetters, AReplayHappensOnceUnlessAskedAgain) {
  EXPECT_EQ(replay({}).value(), 2U);
  EXPECT_EQ(replay({}).value(), 0U);
  EXPECT_EQ(count_dead_letters(bed_.store, bed_.log, "g").value(), 0U);
  bed_.turn();
  EXPECT_EQ(bed_.effects().size(), 5U);
  EXPECT_EQ(replay({.replayed_too = true}).value(), 2U);
  bed_.turn();
  EXPECT_EQ(bed_.effects().size(), 7U);
}

TEST_F(DeadLetters, AreSelectedByIdRangeTopicAndNumber) {
  const auto listed = [&](const dead_letter_selection& what) {
    std::vector<std::int64_t> ids;
    const auto letters = list_dead_letters(bed_.store, bed_.log, "g", what);
    for (const auto& letter : letters.value()) ids.push_back(letter.id);
    return ids;
  };
  EXPECT_THAT(listed({}), ElementsAre(0, 1));
  EXPECT_THAT(listed({.ids = {1}}), ElementsAre(1));
  EXPECT_THAT(listed({.from = 1}), ElementsAre(1));
  EXPECT_THAT(listed({.until = 1}), ElementsAre(0));
  EXPECT_THAT(listed({.topic = "things"}), ElementsAre(0, 1));
  EXPECT_THAT(listed({.topic = "others"}), ElementsAre());
  EXPECT_THAT(listed({.limit = 1}), ElementsAre(0));
  EXPECT_EQ(replay({.ids = {1}}).value(), 1U);
  EXPECT_THAT(listed({}), ElementsAre(0));
  EXPECT_THAT(listed({.replayed_too = true}), ElementsAre(0, 1));
}

TEST_F(DeadLetters, AnIdThatIsNoneIsRefusedAndNothingIsReplayed) {
  const auto refused = replay({.ids = {0, 77}});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, core::errc::invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("77"));
  bed_.turn();
  EXPECT_EQ(bed_.effects().size(), 3U);
}

TEST_F(DeadLetters, OfAGroupThatHasNoneAreNotFound) {
  EXPECT_EQ(list_dead_letters(bed_.store, bed_.log, "nobody", {}).error().code, core::errc::not_found);
}

TEST_F(DeadLetters, AReplayThatFailsAgainIsSetAsideAgainUnderItsOldName) {
  broken_ = true;
  EXPECT_EQ(replay({.ids = {0}}).value(), 1U);
  bed_.turn();
  const auto letters = bed_.letters();
  ASSERT_EQ(letters.size(), 3U);
  EXPECT_EQ(letters[2].topic, "things");
  EXPECT_EQ(letters[2].partition, 1);
  EXPECT_EQ(letters[2].offset, 1);
  EXPECT_EQ(letters[2].payload, "e1");
  EXPECT_THAT(letters[2].headers, ElementsAre(std::pair<std::string, std::string>("h", "1")));
}

TEST_F(DeadLetters, AReplayWaitsForAHostThatDoesNotRun) {
  bed_.crash();
  EXPECT_EQ(replay({}).value(), 2U);
  bed_.subscribe();
  bed_.start();
  EXPECT_EQ(bed_.effects().size(), 5U);
}

TEST_F(DeadLetters, AReplayForATopicNobodyConsumesAnyMoreComesBack) {
  bed_.crash();
  EXPECT_EQ(replay({.ids = {0}}).value(), 1U);
  (void)bed_.log.open_topic("others", {.partitions = 1});
  bed_.subscribe("others");
  bed_.start();
  bed_.turn_time();
  const auto letters = bed_.letters();
  ASSERT_EQ(letters.size(), 3U);
  EXPECT_EQ(letters[2].reason, "no_subscription");
  EXPECT_EQ(letters[2].topic, "things");
}

TEST_F(DeadLetters, ReplaysSurviveGroupsThatAreUndoneAndFailures) {
  EXPECT_EQ(replay({}).value(), 2U);
  bed_.store.undo_next_groups(2);
  bed_.store.fail_next(3);
  bed_.turn();
  bed_.turn_time();
  EXPECT_EQ(bed_.effects().size(), 5U);
}

}  // namespace
}  // namespace evhost::runtime::tests
