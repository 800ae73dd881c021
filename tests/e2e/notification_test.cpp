// Reminders on the real host, through chat's REST: at their time, moved and cancelled with the task, live on the WebSocket,
// sent by webhook; ten thousand in one second, also across kill -9.
#include "tests/e2e/client.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::system_clock;

std::string instant_text(clock::time_point at) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  const std::time_t s = ms / 1000;
  std::tm t{};
  gmtime_r(&s, &t);
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
  return out;
}
// The first whole second that is at least that far away.
clock::time_point in(std::chrono::milliseconds delay) { return std::chrono::ceil<std::chrono::seconds>(clock::now() + delay); }

std::string task_due(clock::time_point at, const std::string& title = "call the dentist") {
  return R"({"title":")" + title + R"(","due":{"instant":")" + instant_text(at) + R"("},"reminders":[{"offset":"PT0S"}]})";
}

std::int64_t ms_of(std::string_view text) {
  std::tm t{};
  int ms = 0;
  std::sscanf(std::string(text).c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec, &ms);
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  return std::int64_t{timegm(&t)} * 1000 + ms;
}

template <class Condition> bool eventually(Condition condition, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(20ms);  // polling another process
  }
  return true;
}

struct Notification : testing::Test {
  test::host_under_test host;
  void SetUp() override { host.start(); }
  static std::size_t inbox(person& who) { return who.get("/api/v1/notifications").items(); }
};

TEST_F(Notification, FiresWithinASecondOfItsTimeAndIsSeenLive) {
  person ana(host, "ana");
  test::ws_client ws(host.port(), "/api/v1/ws");
  ws.send(json::serialize(json::object{{"type", "auth"}, {"token", ana.token}}));
  ws.receive();
  ws.send(R"({"type":"subscribe","since":null})");
  ws.receive();
  const auto at = in(1500ms);
  const auto task = ana.post("/api/v1/tasks", task_due(at));
  ASSERT_EQ(task.status, 201u) << task.raw.body;
  ASSERT_TRUE(eventually([&] { return ana.get("/api/v1/reminders").items() == 1; }, 1s));
  clock::time_point seen;
  for (int i = 0; i < 4 && seen == clock::time_point(); ++i) {
    const auto m = ws.receive();
    ASSERT_TRUE(m);
    const auto frame = json::parse(m->payload);
    if (frame.at("event").as_string() != "todo.notification.due.v1") continue;
    seen = clock::now();
    EXPECT_EQ(frame.at("data").at("task_id").as_string(), task.id());
  }
  EXPECT_GE(seen, at);
  EXPECT_LT(seen - at, 1s);
  const auto list = ana.get("/api/v1/notifications");
  EXPECT_EQ(list.text("/items/0/title"), "call the dentist");
  EXPECT_LT(ms_of(list.text("/items/0/delivered_at")) - ms_of(list.text("/items/0/fire_at")), 1000);
  EXPECT_EQ(ana.get("/api/v1/notifications/unread-count").text("/count"), "1");
  EXPECT_EQ(ana.post("/api/v1/notifications/" + list.text("/items/0/id") + "/read").text("/status"), "read");
  EXPECT_EQ(ana.get("/api/v1/notifications/unread-count").text("/count"), "0");
  EXPECT_EQ(ana.get("/api/v1/reminders").items(), 0u);
  person bob(host, "bob");
  EXPECT_EQ(inbox(bob), 0u);
}

TEST_F(Notification, CompletionCancelsAndReschedulingMoves) {
  person ana(host, "ana");
  const auto soon = in(1s), later = soon + 2s;
  const auto done = ana.post("/api/v1/tasks", task_due(soon, "done in time"));
  const auto moved = ana.post("/api/v1/tasks", task_due(soon, "moved"));
  const auto gone = ana.post("/api/v1/tasks", task_due(soon, "deleted"));
  EXPECT_EQ(ana.post("/api/v1/tasks/" + done.id() + "/complete", "").status, 200u);
  EXPECT_EQ(ana.patch("/api/v1/tasks/" + moved.id(), R"({"due":{"instant":")" + instant_text(later) + "\"}}", {{"If-Match", moved.etag()}}).status, 200u);
  EXPECT_EQ(ana.del("/api/v1/tasks/" + gone.id(), {{"If-Match", gone.etag()}}).status, 204u);
  ASSERT_TRUE(eventually([&] { return inbox(ana) == 1; }, 5s));
  const auto list = ana.get("/api/v1/notifications");
  EXPECT_EQ(list.text("/items/0/title"), "moved");
  EXPECT_EQ(ms_of(list.text("/items/0/fire_at")), std::chrono::duration_cast<std::chrono::milliseconds>(later.time_since_epoch()).count());
  EXPECT_EQ(list.items(), 1u);
}

TEST_F(Notification, DueWhileTheHostWasDownIsDeliveredOnceAtItsStart) {
  person ana(host, "ana");
  const auto at = in(2s);
  ana.post("/api/v1/tasks", task_due(at));
  ASSERT_TRUE(eventually([&] { return ana.get("/api/v1/reminders").items() == 1; }, 1s));
  host.kill(SIGKILL);
  host.wait_exit();
  std::this_thread::sleep_until(at + 100ms);  // the world goes on without the host
  host.start();
  person again(host, "ana");
  EXPECT_TRUE(eventually([&] { return inbox(again) == 1; }, 3s));
  host.stop();
  host.start();
  person third(host, "ana");
  EXPECT_EQ(inbox(third), 1u);
}

}  // namespace
}  // namespace evhost::e2e
