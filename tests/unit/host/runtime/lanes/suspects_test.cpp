// Suspects over simulated crashes: the in-flight file as it stood inside the handler, and nothing of the unit.
#include "host/runtime/in_flight.hpp"
#include "host/runtime/suspects.hpp"
#include "tests/unit/host/runtime/lanes/lane_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;

class Suspects : public testing::Test {
 protected:
  void SetUp() override {
    const auto base = std::filesystem::path(testing::TempDir()) /
                      ("suspects_" + std::to_string(::getpid()) + "_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());
    bed_.options.in_flight_file = live_ = base.string() + ".live";
    frozen_ = base.string() + ".frozen";
    std::filesystem::remove(live_);
    restart();
  }
  void TearDown() override {
    bed_.engine.reset();
    std::filesystem::remove(live_);
    std::filesystem::remove(frozen_);
  }

  // The verdict of an event that takes the process down.
  int die() {
    std::filesystem::copy_file(live_, frozen_, std::filesystem::copy_options::overwrite_existing);
    died_ = true;
    bed_.store.die();
    return EVH_ACK;
  }
  void restart() {
    bed_.crash();
    if (died_) {
      // The old engine is gone as a killed process is: what it wrote after the death never happened.
      bed_.engine.reset();
      std::filesystem::copy_file(frozen_, live_, std::filesystem::copy_options::overwrite_existing);
      bed_.make_engine();
    }
    died_ = false;
    bed_.store.revive();
    bed_.handler.batches.clear();
    bed_.handler.calls.clear();
    bed_.subscribe();
    bed_.start();
  }
  std::int64_t suspects() { return bed_.store.number("SELECT count(*) FROM evh_suspects"); }
  std::int64_t crashes(std::int64_t offset) {
    return bed_.store.number("SELECT crashes FROM evh_suspects WHERE log_offset = " + std::to_string(offset));
  }

  lane_bed bed_;
  std::filesystem::path live_, frozen_;
  bool died_ = false;
};

TEST_F(Suspects, ACleanRestartMakesNone) {
  bed_.put_many(5);
  bed_.turn();
  restart();
  EXPECT_EQ(suspects(), 0);
}

TEST_F(Suspects, TheGuiltyOneOfABatchIsSetAsideAtTheThirdCrashAndAllOthersTakeEffectOnce) {
  bed_.handler.verdict = [&](const seen& s) { return s.payload == "e5" ? die() : EVH_ACK; };
  bed_.put_many(10);
  bed_.turn();
  ASSERT_TRUE(died_);
  ASSERT_TRUE(bed_.effects().empty());
  restart();  // ten suspects; five pass alone, then the guilty one kills again
  ASSERT_TRUE(died_);
  EXPECT_EQ(bed_.effects().size(), 5U);
  for (const auto& s : bed_.handler.calls) {
    EXPECT_EQ(s.batch, 1U);
    EXPECT_TRUE(s.flags & EVH_EVENT_SUSPECT);
  }
  restart();
  ASSERT_TRUE(died_);
  EXPECT_EQ(crashes(5), 2);
  EXPECT_EQ(crashes(6), 1);
  restart();  // third crash counted: set aside without being shown again
  EXPECT_FALSE(died_);
  EXPECT_THAT(bed_.effects(), ElementsAre("e0", "e1", "e2", "e3", "e4", "e6", "e7", "e8", "e9"));
  for (const auto& s : bed_.handler.calls) EXPECT_NE(s.payload, "e5");
  const auto letters = bed_.letters();
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].payload, "e5");
  EXPECT_EQ(letters[0].reason, "crash");
  EXPECT_EQ(letters[0].error, "crashed the host 3 times");
  EXPECT_EQ(suspects(), 0);
  bed_.put_many(4);
  bed_.turn();
  EXPECT_EQ(bed_.handler.batches.back().size(), 4U);  // back to whole batches
}

TEST_F(Suspects, OneThatPassesIsForgivenInItsOwnUnit) {
  int deaths = 1;
  bed_.handler.verdict = [&](const seen& s) { return s.payload == "e1" && deaths-- > 0 ? die() : EVH_ACK; };
  bed_.put_many(3);
  bed_.turn();
  ASSERT_TRUE(died_);
  restart();
  EXPECT_FALSE(died_);
  EXPECT_EQ(bed_.effects().size(), 3U);
  EXPECT_EQ(suspects(), 0);
  EXPECT_TRUE(bed_.letters().empty());
}

TEST_F(Suspects, EventsBehindTheSuspectsComeAsABatchAfterThem) {
  bool once = true;
  bed_.base.batch_max = 3;
  restart();
  bed_.handler.verdict = [&](const seen& s) { return s.payload == "e1" && std::exchange(once, false) ? die() : EVH_ACK; };
  bed_.put_many(9);
  bed_.turn();
  restart();
  std::vector<std::size_t> sizes;
  for (const auto& b : bed_.handler.batches) sizes.push_back(b.size());
  EXPECT_THAT(sizes, ElementsAre(1, 1, 1, 3, 3));
}

TEST_F(Suspects, ASuspectThatFailsInOrdinaryWaysClimbsTheLadder) {
  bool once = true;
  bed_.handler.verdict = [&](const seen&) { return std::exchange(once, false) ? die() : 100 + EVH_INVALID; };
  bed_.put("e0");
  bed_.turn();
  restart();
  bed_.turn_time();
  ASSERT_EQ(bed_.letters().size(), 1U);
  EXPECT_EQ(bed_.letters()[0].reason, "poison");
  EXPECT_EQ(suspects(), 0);
}

TEST_F(Suspects, OneCrashIsCountedOnceHoweverOftenTheFileIsRead) {
  bed_.handler.verdict = [&](const seen&) { return die(); };
  bed_.put("e0");
  bed_.turn();
  const auto reports = read_in_flight(frozen_).value();
  ASSERT_EQ(reports.size(), 1U);
  bed_.engine->stop();
  bed_.store.forget_queue();
  bed_.store.revive();
  bed_.store.run_inline(true);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(mark_suspects(bed_.store, bed_.log, reports).has_value());
  bed_.store.run_inline(false);
  EXPECT_EQ(crashes(0), 1);
}

}  // namespace
}  // namespace evhost::runtime::tests
