// The plugin in the in-memory host: tickets, authentication, live frames, resume from the feed, retention.
#include <evh/testing/host.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

using evh::testing::published_event;

namespace {

struct SyncPlugin : testing::Test {
  evh::testing::host host;
  std::int64_t next = 0;

  void SetUp() override { host.load_file(EVH_SYNC_PLUGIN, R"({"retention_hours":168})"); }

  void change(const std::string& person, const std::string& data = "{}") {
    const auto seq = next++;
    host.deliver("task-updates", {{.topic = "task-updates", .type = "todo.task.created.v1", .id = "e" + std::to_string(seq), .key = person,
                                   .payload = data, .offset = seq}});
  }
  evh_handle login(const std::string& person) {
    const auto c = host.connect("/api/v1/ws", "");
    host.say(c, R"({"type":"auth","token":"token:)" + person + R"("})");
    EXPECT_NE(host.heard(c).at(0).find(R"("type":"authenticated")"), std::string::npos);
    return c;
  }
  std::string epoch(const std::string& subscribed) {
    const auto at = subscribed.find(R"("epoch":")") + 9;
    return subscribed.substr(at, subscribed.find('"', at) - at);
  }
};

}  // namespace

TEST_F(SyncPlugin, DisabledUsersConnectionsAreClosed) {
  const auto ana = login("ana"), bob = login("bob");
  const auto tell = [&](const char* type, const char* payload) {
    host.deliver("user-events", {{.topic = "user-events", .type = type, .id = "1", .key = "ana", .payload = payload}});
  };
  tell("todo.user.updated.v1", "{}");
  tell("todo.user.session_revoked.v1", R"({"user_id":"ana","session_id":"another"})");
  EXPECT_FALSE(host.closed_with(ana));
  tell("todo.user.disabled.v1", R"({"user_id":"ana"})");
  EXPECT_EQ(host.closed_with(ana), 4401);
  EXPECT_FALSE(host.closed_with(bob));
  const auto again = login("ana");
  tell("todo.user.session_revoked.v1", R"({"user_id":"ana"})");
  EXPECT_EQ(host.closed_with(again), 4401) << "without a session every one is meant";
}

TEST_F(SyncPlugin, LiveChangeReachesTheSubscriber) {
  const auto c = login("ana");
  host.say(c, R"({"type":"subscribe","since":null})");
  EXPECT_NE(host.heard(c).at(0).find(R"("type":"subscribed","recovered":true)"), std::string::npos);
  change("ana", R"({"title":"x"})");
  change("bob");
  const auto frames = host.heard(c);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_NE(frames[0].find(R"("event":"todo.task.created.v1","data":{"title":"x"})"), std::string::npos);
}

TEST_F(SyncPlugin, ResumeSendsExactlyWhatWasMissed) {
  auto c = login("ana");
  host.say(c, R"({"type":"subscribe","since":null})");
  const auto e = epoch(host.heard(c).at(0));
  change("ana");
  host.disconnect(c);
  for (int i = 0; i < 600; ++i) change(i % 3 == 0 ? "bob" : "ana");
  c = login("ana");
  host.say(c, R"({"type":"subscribe","since":{"epoch":")" + e + R"(","seq":0}})");
  const auto frames = host.heard(c);
  ASSERT_EQ(frames.size(), 401u);
  EXPECT_NE(frames[0].find(R"("recovered":true)"), std::string::npos);
  std::int64_t prev = 0;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    const auto seq = std::stoll(frames[i].substr(frames[i].find("\"seq\":") + 6));
    EXPECT_NE(frames[i].find("\"prev\":" + std::to_string(prev) + ","), std::string::npos);
    EXPECT_GT(seq, prev);
    prev = seq;
  }
}

TEST_F(SyncPlugin, OtherEpochNeedsAResync) {
  const auto c = login("ana");
  host.say(c, R"({"type":"subscribe","since":{"epoch":"other","seq":0}})");
  EXPECT_NE(host.heard(c).at(0).find(R"("type":"resync_required","reason":"epoch_changed")"), std::string::npos);
}

TEST_F(SyncPlugin, TicketWorksOnceAndForgedOneIsRefusedBeforeTheUpgrade) {
  const auto a = host.post("/api/v1/ws-tickets", "");
  ASSERT_EQ(a.status, 201);
  const auto at = a.body.find(R"("ticket":")") + 10;
  const auto ticket = a.body.substr(at, a.body.find('"', at) - at);
  const auto c = host.connect("/api/v1/ws", "", {"todo.sync.v1", "ticket." + ticket});
  host.say(c, R"({"type":"subscribe","since":null})");
  EXPECT_NE(host.heard(c).at(0).find("subscribed"), std::string::npos);
  EXPECT_THROW(host.connect("/api/v1/ws", "", {"ticket." + ticket}), std::runtime_error);
  EXPECT_THROW(host.connect("/api/v1/ws", "", {"ticket.forged"}), std::runtime_error);
}

TEST_F(SyncPlugin, SubscribeWithoutAuthenticationIsRefused) {
  const auto c = host.connect("/api/v1/ws", "");
  host.say(c, R"({"type":"subscribe","since":null})");
  EXPECT_NE(host.heard(c).at(0).find("authentication-required"), std::string::npos);
}

TEST_F(SyncPlugin, WrongTokenClosesWith4401) {
  const auto c = host.connect("/api/v1/ws", "");
  host.say(c, R"({"type":"auth","token":"nonsense"})");
  EXPECT_EQ(host.closed_with(c), 4401);
}

TEST_F(SyncPlugin, RolledBackBatchLeavesNoRowTwice) {
  host.fail_next_commits(2);
  change("ana");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM sync_feed"), "1");
  EXPECT_EQ(host.scalar("SELECT seq FROM sync_progress"), "0");
}

TEST_F(SyncPlugin, RetentionAnswersResyncInsteadOfAGap) {
  auto c = login("ana");
  host.say(c, R"({"type":"subscribe","since":null})");
  const auto e = epoch(host.heard(c).at(0));
  for (int i = 0; i < 5; ++i) change("ana");  // time_ns 0: long past retention
  ASSERT_TRUE(host.fire(2));                  // the trimming timer
  EXPECT_EQ(host.scalar("SELECT count(*) FROM sync_feed"), "0");
  c = login("ana");
  host.say(c, R"({"type":"subscribe","since":{"epoch":")" + e + R"(","seq":1}})");
  EXPECT_NE(host.heard(c).at(0).find(R"("reason":"retention")"), std::string::npos);
  host.say(c, R"({"type":"subscribe","since":{"epoch":")" + e + R"(","seq":4}})");
  EXPECT_NE(host.heard(c).at(0).find("subscribed"), std::string::npos);
}
