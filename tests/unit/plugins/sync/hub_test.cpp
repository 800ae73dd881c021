// The hub: order, holding, chaining of prev, fan-out and its limits; no sockets, no SQL.
#include "hub.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

using namespace sync_;

namespace {

struct fake_wire : wire {
  std::map<connection_id, std::vector<std::string>> frames;
  std::map<connection_id, std::uint16_t> closed;
  void send(std::span<const connection_id> to, std::string_view frame) override {
    for (const auto id : to) frames[id].emplace_back(frame);
  }
  void close(connection_id id, std::uint16_t code, std::string_view) override { closed[id] = code; }
};

struct Hub : testing::Test {
  fake_wire out;
  hub_limits limits;
  hub h{out, {.held_frames_max = 4, .held_bytes_max = 1000, .per_person_max = 2}};

  void login(connection_id id, std::string_view person, std::int64_t expires = 0) {
    h.opened(id, 0);
    ASSERT_TRUE(h.authenticate(id, person, expires));
  }
  void subscribe_now(connection_id id) {
    const auto seen = h.hold(id, 0);
    ASSERT_TRUE(seen);
    h.release(id, *seen, *seen);
  }
  void record(std::int64_t seq, std::string_view person) { h.live({0, seq, person, "e" + std::to_string(seq), "t", "{}"}); }
};

}  // namespace

TEST_F(Hub, EndedSessionClosesItsConnectionsOnly) {
  for (const connection_id id : {1, 2}) h.opened(id, 0);
  ASSERT_TRUE(h.authenticate(1, "ana", 0, "s1"));
  ASSERT_TRUE(h.authenticate(2, "ana", 0, "s2"));
  login(3, "bob");
  h.revoke("ana", "s1", 10);
  EXPECT_EQ(out.closed.at(1), close_code::unauthenticated);
  EXPECT_EQ(out.closed.size(), 1u);
  h.revoke("ana", "", 11);
  EXPECT_EQ(out.closed.at(2), close_code::unauthenticated);
  EXPECT_FALSE(out.closed.contains(3));
  h.revoke("nobody", "", 12);
}

TEST_F(Hub, TokenOfAnEndedSessionIsRefusedWhileItMayStillBeInHand) {
  h.revoke("ana", "s1", 10);
  h.opened(1, 0);
  EXPECT_FALSE(h.authenticate(1, "ana", 0, "s1"));
  EXPECT_EQ(out.closed.at(1), close_code::unauthenticated);
  h.opened(2, 0);
  EXPECT_TRUE(h.authenticate(2, "ana", 0, "s2"));
  h.sweep(10 + limits.ended_for_ns + 1);   // by then the host refuses it
  h.opened(3, 10 + limits.ended_for_ns + 1);
  EXPECT_TRUE(h.authenticate(3, "ana", 0, "s1"));
}

TEST_F(Hub, OnlyThePersonConcernedGetsAFrame) {
  login(1, "ana");
  login(2, "bob");
  subscribe_now(1);
  subscribe_now(2);
  record(0, "ana");
  EXPECT_EQ(out.frames[1].size(), 1u);
  EXPECT_TRUE(out.frames[2].empty());
}

TEST_F(Hub, PrevChainsTheFramesOfAConnection) {
  login(1, "ana");
  subscribe_now(1);
  record(3, "ana");
  record(9, "ana");
  EXPECT_NE(out.frames[1][0].find(R"("seq":3,"prev":-1)"), std::string::npos);
  EXPECT_NE(out.frames[1][1].find(R"("seq":9,"prev":3)"), std::string::npos);
}

TEST_F(Hub, HeldFramesFollowTheReplayWithoutGapOrRepeat) {
  login(1, "ana");
  record(5, "ana");  // before the subscription: the tail
  ASSERT_EQ(h.hold(1, 0), 5);
  record(6, "ana");
  record(7, "ana");
  EXPECT_TRUE(out.frames[1].empty());
  h.release(1, 6, 6);  // the replay happened to reach 6
  ASSERT_EQ(out.frames[1].size(), 1u);
  EXPECT_NE(out.frames[1][0].find(R"("seq":7,"prev":6)"), std::string::npos);
  record(8, "ana");
  EXPECT_NE(out.frames[1][1].find(R"("seq":8,"prev":7)"), std::string::npos);
}

TEST_F(Hub, NothingIsSentBeforeSubscribe) {
  login(1, "ana");
  record(1, "ana");
  EXPECT_TRUE(out.frames[1].empty());
}

TEST_F(Hub, HoldOverflowClosesForResume) {
  login(1, "ana");
  ASSERT_TRUE(h.hold(1, 0));
  for (int i = 0; i < 5; ++i) record(i, "ana");
  EXPECT_EQ(out.closed.at(1), close_code::overloaded);
  EXPECT_EQ(h.connections(), 0u);
}

TEST_F(Hub, UnauthenticatedConnectionIsClosedAfterFiveSeconds) {
  h.opened(1, 0);
  h.sweep(4'999'999'999);
  EXPECT_TRUE(out.closed.empty());
  h.sweep(5'000'000'000);
  EXPECT_EQ(out.closed.at(1), close_code::unauthenticated);
}

TEST_F(Hub, ExpiredTokenClosesAndRenewalPrevents) {
  login(1, "ana", 100);
  login(2, "ana", 100);
  EXPECT_TRUE(h.authenticate(2, "ana", 300));
  h.sweep(200);
  EXPECT_EQ(out.closed.at(1), close_code::unauthenticated);
  EXPECT_FALSE(out.closed.contains(2));
}

TEST_F(Hub, AnotherPersonOnTheSameConnectionIsRefused) {
  login(1, "ana");
  EXPECT_FALSE(h.authenticate(1, "bob", 0));
  EXPECT_EQ(out.closed.at(1), close_code::policy);
}

TEST_F(Hub, ConnectionsPerPersonAreBounded) {
  login(1, "ana");
  login(2, "ana");
  h.opened(3, 0);
  EXPECT_FALSE(h.authenticate(3, "ana", 0));
  EXPECT_EQ(out.closed.at(3), close_code::policy);
}

TEST_F(Hub, ClosedConnectionIsForgotten) {
  login(1, "ana");
  subscribe_now(1);
  h.closed(1);
  record(1, "ana");
  EXPECT_TRUE(out.frames[1].empty());
  EXPECT_EQ(h.person_of(1), "");
}
