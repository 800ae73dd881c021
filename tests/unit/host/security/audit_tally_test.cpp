// Counting of notes: nothing twice, nothing silently lost.
#include "host/security/audit_tally.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace evhost::security {
namespace {

audit_note denial(std::string actor) {
  audit_note note;
  note.type = "todo.audit.denied.v1";
  note.action = "access";
  note.outcome = "denied";
  note.actor = std::move(actor);
  return note;
}

TEST(AuditTally, EqualNotesAreOneWithTheirCountAndTimes) {
  audit_tally tally;
  tally.add(denial("a"), "r1", 10);
  tally.add(denial("b"), "r2", 11);
  tally.add(denial("a"), "r3", 12);
  const auto window = tally.take();
  ASSERT_EQ(window.entries.size(), 2U);
  const auto& a = window.entries[0];
  EXPECT_EQ(a.count, 2U);
  EXPECT_EQ(a.from_ms, 10);
  EXPECT_EQ(a.to_ms, 12);
  EXPECT_EQ(a.correlation_id, "r3");
  EXPECT_TRUE(tally.take().empty());
}

TEST(AuditTally, WhatFindsNoRoomIsCountedAsLost) {
  audit_tally tally(2);
  for (int i = 0; i < 5; ++i) tally.add(denial(std::to_string(i)), "", 100 + i);
  tally.add(denial("0"), "", 200);
  const auto window = tally.take();
  EXPECT_EQ(window.entries.size(), 2U);
  EXPECT_EQ(window.entries[0].count, 2U) << "what is known still counts";
  EXPECT_EQ(window.lost, 3U);
  EXPECT_EQ(window.lost_from_ms, 102);
  EXPECT_EQ(window.lost_to_ms, 104);
  EXPECT_EQ(tally.take().lost, 0U);
}

TEST(AuditTally, UnwrittenWindowGoesIntoTheNext) {
  audit_tally tally(2);
  for (const auto* actor : {"a", "b", "c"}) tally.add(denial(actor), "", 1);
  auto window = tally.take();
  tally.add(denial("a"), "", 5);
  tally.add(denial("z"), "", 6);
  tally.put_back(std::move(window));
  const auto next = tally.take();
  ASSERT_EQ(next.entries.size(), 2U);
  EXPECT_EQ(next.entries[0].count, 2U);
  EXPECT_EQ(next.entries[0].from_ms, 1);
  EXPECT_EQ(next.entries[0].to_ms, 5);
  EXPECT_EQ(next.lost, 2U) << "c of before, and b, which found no room any more";
}

TEST(AuditTally, LongTextsAreCutBetweenCharacters) {
  audit_tally tally;
  tally.add(denial(std::string(255, 'a') + "\u00e9"), "", 1);
  EXPECT_EQ(tally.take().entries[0].note.actor, std::string(255, 'a'));
}

TEST(AuditTally, ManyThreadsLoseNothing) {
  audit_tally tally;
  std::uint64_t seen = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&tally] {
        for (int i = 0; i < 5'000; ++i) tally.add(denial(std::to_string(i % 7)), "", i);
      });
    for (int i = 0; i < 50; ++i)
      for (const auto& entry : tally.take().entries) seen += entry.count;
  }
  for (const auto& entry : tally.take().entries) seen += entry.count;
  EXPECT_EQ(seen, 20'000U);
}

}  // namespace
}  // namespace evhost::security
