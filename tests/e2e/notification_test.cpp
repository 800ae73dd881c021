// Reminders on the real host, through chat's REST: at their time, moved and cancelled with the task, live on the WebSocket,
// sent by webhook.
#include "tests/e2e/reminders.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace evhost::e2e {
namespace {

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

TEST_F(Notification, SnoozedComesBackAndTheFirstStepsAside) {
  person ana(host, "ana");
  const auto task = ana.post("/api/v1/tasks", task_due(in(500ms)));
  ASSERT_TRUE(eventually([&] { return inbox(ana) == 1; }, 5s));
  const auto first = ana.get("/api/v1/notifications").text("/items/0/id");
  const auto snoozed = ana.post("/api/v1/tasks/" + task.id() + "/snooze", R"({"for":"PT2S","notification_id":")" + first + "\"}");
  ASSERT_EQ(snoozed.status, 200u) << snoozed.raw.body;
  ASSERT_TRUE(eventually([&] { return ana.get("/api/v1/notifications").text("/items/0/status") == "snoozed"; }, 2s));
  EXPECT_EQ(ana.get("/api/v1/notifications/unread-count").text("/count"), "0");
  ASSERT_TRUE(eventually([&] { return inbox(ana) == 2; }, 6s));
  const auto list = ana.get("/api/v1/notifications");
  EXPECT_EQ(list.text("/items/0/status"), "unread");
  EXPECT_EQ(list.text("/items/1/id"), first);
  EXPECT_EQ(list.text("/items/1/status"), "read");
}

TEST(NotificationMail, GoesToTheOwnersAddressOnceItIsAChannelUnderOneMessageId) {
  using test::act;
  test::scripted_server server(test::scripted_server::protocol::smtp, {act::fail_500, act::drop_after_accept, act::accept});
  test::host_under_test host{{.plugin_directories = {}, .environment = {{"EVH_PLUGINS__NOTIFICATION__SMTP_URL", "smtp://127.0.0.1:" + std::to_string(server.port())},
                                                                        {"EVH_PLUGINS__NOTIFICATION__SMTP_FROM", "todo@example.org"},
                                                                        {"EVH_PLUGINS__NOTIFICATION__SMTP_STARTTLS", "false"},
                                                                        {"EVH_PLUGINS__NOTIFICATION__RETRY_S", "0,0.3,0.3,0.3,0.3"}}, .arguments = {}}};
  host.start();
  person ana(host, "ana@example.org");
  ana.post("/api/v1/tasks", task_due(in(500ms), "inbox only"));
  ASSERT_TRUE(eventually([&] { return ana.get("/api/v1/notifications").items() == 1; }, 5s));
  const auto wants = ana.http().put("/api/v1/preferences", R"({"channels":["in_app","email"],"tz":"Europe/Paris"})", {{"If-Match", "*"}});
  ASSERT_EQ(wants.status, 200u) << wants.body;
  // The wish travels on user-events: until it has arrived, tasks bring no mail.
  ASSERT_TRUE(eventually([&] {
    ana.post("/api/v1/tasks", task_due(in(0ms), "Loyer de Zoë"));
    return server.wait_messages(3, 2s);
  }, 20s));
  ASSERT_TRUE(server.wait_for([](const auto& s) { return s.counts().begin()->second >= 3; }));
  const auto mail = server.messages().at(0);
  EXPECT_EQ(mail.recipient.substr(0, 17), "<ana@example.org>");
  EXPECT_TRUE(mail.id.ends_with(".email@example.org>")) << mail.id;
  EXPECT_EQ(mail.fields.at("from"), "todo@example.org");
  EXPECT_TRUE(mail.fields.at("subject").starts_with("=?UTF-8?B?"));
}

// ---- webhooks ----

struct NotificationWebhook : testing::Test {
  test::scripted_server server{test::scripted_server::protocol::http};
  test::host_under_test host{{.plugin_directories = {}, .environment = {{"EVH_PLUGINS__NOTIFICATION__WEBHOOK_ALLOW", "127.0.0.0/8"},
                                              {"EVH_PLUGINS__NOTIFICATION__RETRY_S", "0,0.3,0.3,0.3,0.3,0.3,0.3,0.3,0.3,0.3"},
                                              {"EVH_PLUGINS__NOTIFICATION__SEND_TIMEOUT_MS", "1000"}}, .arguments = {}}};
  void SetUp() override { host.start(); }
  std::string url(const test::scripted_server& to) const { return "http://127.0.0.1:" + std::to_string(to.port()) + "/hook"; }
  static reply hook(person& who, const std::string& url) { return who.post("/api/v1/webhooks", R"({"url":")" + url + "\"}"); }
  static bool delivered(person& who, const std::string& id, std::size_t n) {
    const auto log = who.get("/api/v1/webhooks/" + id + "/deliveries");
    const auto& items = log.body.at("items").as_array();
    return items.size() == n && std::ranges::all_of(items, [](const auto& d) { return d.at("status").as_string() == "delivered"; });
  }
};

TEST_F(NotificationWebhook, ArrivesWhateverTheServerDoesAlwaysUnderOneId) {
  using test::act;
  server.script({act::fail_500, act::drop_after_accept, act::stall, act::refuse_400, act::accept});
  test::scripted_server good(test::scripted_server::protocol::http);
  person ana(host, "ana");
  const auto bad_hook = hook(ana, url(server)), good_hook = hook(ana, url(good));
  ASSERT_EQ(bad_hook.status, 201u) << bad_hook.raw.body;
  const auto at = in(1s);
  ana.post("/api/v1/tasks", task_due(at));
  ASSERT_TRUE(good.wait_messages(1));
  EXPECT_LT(clock::now() - at, 2s);                       // nobody waits for the bad one
  ASSERT_TRUE(eventually([&] { return delivered(ana, bad_hook.id(), 1); }, 30s)) << ana.get("/api/v1/webhooks/" + bad_hook.id() + "/deliveries").raw.body;
  EXPECT_EQ(server.counts().size(), 1u);
  EXPECT_EQ(server.messages().size(), 5u);
  EXPECT_EQ(good.messages().size(), 1u);
  EXPECT_EQ(ana.get("/api/v1/notifications").items(), 1u);
}

TEST_F(NotificationWebhook, GoneDisablesIt) {
  server.script({test::act::gone_410});
  person ana(host, "ana");
  const auto made = hook(ana, url(server));
  ana.post("/api/v1/tasks", task_due(in(500ms)));
  EXPECT_TRUE(eventually([&] { return ana.get("/api/v1/webhooks/" + made.id()).text("/status") == "disabled"; }, 10s));
  EXPECT_EQ(server.messages().size(), 1u);
}

TEST_F(NotificationWebhook, JobOfADeadProcessIsSentByTheNextUnderTheSameId) {
  server.script({test::act::stall});
  person ana(host, "ana");
  const auto made = hook(ana, url(server));
  ana.post("/api/v1/tasks", task_due(in(500ms)));
  ASSERT_TRUE(server.wait_messages(1));
  host.kill(SIGKILL);
  host.wait_exit();
  server.script({test::act::accept});
  host.start();
  person again(host, "ana");
  ASSERT_TRUE(eventually([&] { return delivered(again, made.id(), 1); }, 20s));   // its lease: a second and five
  EXPECT_EQ(server.counts().size(), 1u);
}

TEST_F(NotificationWebhook, StallingEndpointDoesNotHoldUpTheEnd) {
  server.script({test::act::stall});
  person ana(host, "ana");
  hook(ana, url(server));
  ana.post("/api/v1/tasks", task_due(in(500ms)));
  ASSERT_TRUE(server.wait_messages(1));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(host.stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

// One endpoint gets its messages one after the other; a thousand must not take all day.
TEST_F(NotificationWebhook, ThousandForOneEndpoint) {
  person ana(host, "ana");
  const auto made = hook(ana, url(server));
  const auto at = in(4s);
  const auto reminders = [&] {
    std::string out;
    for (int i = 0; i < 10; ++i) out += std::string(i ? "," : "") + R"({"at":{"instant":")" + instant_text(at) + "\"}}";
    return out;
  }();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ana.post("/api/v1/tasks", R"({"title":"t","reminders":[)" + reminders + "]}").status, 201u);
  ASSERT_TRUE(server.wait_messages(1000, 100s)) << server.messages().size();
  std::printf("1,000 messages to one endpoint: the last %lld ms after its time\n",
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - at).count()));
  ASSERT_TRUE(eventually([&] { return ana.get("/api/v1/webhooks/" + made.id() + "/deliveries?limit=1").text("/items/0/status") == "delivered"; }, 10s));
  EXPECT_EQ(server.counts().size(), 1000u);
  EXPECT_EQ(server.messages().size(), 1000u);
}

#if !defined(__SANITIZE_THREAD__)  // names are looked up on a thread that glibc makes where the sanitizer does not see it
TEST_F(NotificationWebhook, PrivateAddressesAreRefusedUnlessAllowed) {
  person ana(host, "ana");
  for (const auto* target : {"http://10.0.0.1/", "http://169.254.169.254/", "http://[::ffff:10.0.0.1]/", "http://[::1]/"})
    EXPECT_EQ(hook(ana, target).code(), "blocked-destination") << target;
  host.stop();
  host.start({{"EVH_PLUGINS__NOTIFICATION__WEBHOOK_ALLOW", ""}});
  person again(host, "ana");
  EXPECT_EQ(hook(again, url(server)).code(), "blocked-destination");
  EXPECT_EQ(hook(again, "http://localhost:" + std::to_string(server.port()) + "/").code(), "blocked-destination");
}
#endif

}  // namespace
}  // namespace evhost::e2e
