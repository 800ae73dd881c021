// Talking to the real host: create, look, change, complete, delete with a question, undo from another device.
#include "tests/e2e/client.hpp"

#include <gtest/gtest.h>

namespace evhost::e2e {
namespace {

struct Chat : testing::Test {
  test::host_under_test host;
  void SetUp() override { host.start(); }
};

TEST_F(Chat, CreatesWhatItUnderstood) {
  person ana(host, "ana");
  const auto r = ana.say("buy milk tomorrow at 5pm p1");
  ASSERT_EQ(r.status, 200u) << r.raw.body;
  EXPECT_EQ(r.text("/intent"), "create");
  for (const auto* member : {"reply", "conversation_id", "slots", "spans", "assumptions", "effects", "undo_token", "pending"})
    EXPECT_TRUE(r.body.as_object().contains(member)) << member;
  const auto list = ana.get("/api/v1/tasks");
  ASSERT_EQ(list.items(), 1u);
  EXPECT_EQ(list.text("/items/0/title"), "buy milk");
  EXPECT_EQ(list.text("/items/0/priority"), "critical");
}

TEST_F(Chat, ParseShowsTheSameWithoutEffects) {
  person ana(host, "ana");
  const auto r = ana.post("/api/v1/chat/parse", R"({"message":"dentist 10/11","now":"2026-08-18T10:30:00-04:00","tz":"America/New_York","locale":"en-US"})");
  ASSERT_EQ(r.status, 200u) << r.raw.body;
  EXPECT_EQ(r.text("/slots/due/date"), "2026-10-11") << r.raw.body;
  EXPECT_EQ(ana.get("/api/v1/tasks").items(), 0u);
}

TEST_F(Chat, CompletesByNumberOfTheListItShowed) {
  person ana(host, "ana");
  ana.say("add buy milk");
  ana.say("add call mom");
  const auto list = ana.say("show my tasks");
  ASSERT_EQ(list.status, 200u) << list.raw.body;
  const auto conversation = list.text("/conversation_id");
  const auto done = ana.say("mark 2 done", conversation);
  EXPECT_EQ(done.text("/intent"), "complete") << done.raw.body;
  EXPECT_EQ(ana.get("/api/v1/tasks?status=completed").items(), 1u) << done.raw.body;
}

TEST_F(Chat, DeletingAsksFirst) {
  person ana(host, "ana");
  ana.say("add buy milk");
  const auto asked = ana.say("delete buy milk");
  ASSERT_FALSE(asked.body.at("pending").is_null()) << asked.raw.body;
  EXPECT_EQ(ana.get("/api/v1/tasks").items(), 1u);
  ana.say("yes", asked.text("/conversation_id"));
  EXPECT_EQ(ana.get("/api/v1/tasks").items(), 0u);
  EXPECT_NE(ana.say("yes", asked.text("/conversation_id")).text("/reply").find("nothing"), std::string::npos);
}

TEST_F(Chat, UndoWorksAfterARestartAndFromAnotherDevice) {
  {
    person ana(host, "ana");
    ana.say("add buy milk");
    ana.say("done with milk");
    EXPECT_EQ(ana.get("/api/v1/tasks?status=completed").items(), 1u);
  }
  EXPECT_EQ(host.stop(), 0);
  host.start();
  person other(host, "ana");
  const auto undone = other.say("undo");
  EXPECT_EQ(undone.text("/intent"), "undo") << undone.raw.body;
  EXPECT_EQ(other.get("/api/v1/tasks?status=completed").items(), 0u) << undone.raw.body;
}

TEST_F(Chat, BadInputIsRefusedBeforeAnythingHappens) {
  person ana(host, "ana");
  EXPECT_EQ(ana.post("/api/v1/chat", "{").status, 400u);
  EXPECT_EQ(ana.post("/api/v1/chat", R"({})").status, 422u);
  EXPECT_EQ(ana.post("/api/v1/chat", R"({"message":"add x","tz":"Mars/Olympus"})").status, 422u);
  const auto impossible = ana.say("dentist on feb 30");
  EXPECT_EQ(impossible.status, 200u);
  EXPECT_EQ(ana.get("/api/v1/tasks").items(), 0u) << impossible.raw.body;
}

}  // namespace
}  // namespace evhost::e2e
