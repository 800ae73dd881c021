// Jobs: one per endpoint, the same id on every try, the schedule, and what ends it.
#include "notification_host.hpp"

#include "plugins/notification/ids.hpp"

namespace notification_test {

class Sending : public notification_host {
 protected:
  Sending() : notification_host(R"({"smtp_url":"smtp://mail.example.org","smtp_from":"todo@example.org"})") {}

  std::string hook(const std::string& host = "1.1.1.1") { return post("/api/v1/webhooks", R"({"url":"https://)" + host + R"(/hook"})").text("/id"); }
  void fire_one(const std::string& task = "task-1") {
    schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, task);
    go_to("2026-08-18T10:30:05Z");
  }
  static std::string header(const notification::outgoing& message, const std::string& name) {
    for (const auto& each : message.headers)
      if (each.starts_with(name + ": ")) return each.substr(name.size() + 2);
    return "";
  }
  void pass(std::int64_t ms) {
    world::the().now_ms += ms;
    tick();
  }
  std::string job(const std::string& column) { return sql("SELECT " + column + " FROM notification_job"); }
};

TEST_F(Sending, WebhookIsSignedAndCarriesTheEvent) {
  const auto made = post("/api/v1/webhooks", R"({"url":"https://1.1.1.1/hook"})");
  fire_one();
  ASSERT_EQ(world::the().sent.size(), 1u);
  const auto& message = world::the().sent[0];
  EXPECT_EQ(message.url, "https://1.1.1.1/hook");
  const auto note = get("/api/v1/notifications").text("/items/0/id");
  EXPECT_EQ(header(message, "webhook-id"), note + "." + made.text("/id"));
  EXPECT_EQ(header(message, "webhook-timestamp"), "1787049005");
  EXPECT_EQ(header(message, "webhook-signature"),
            notification::webhook_signature(made.text("/secret"), header(message, "webhook-id"), 1787049005, message.body));
  const auto body = json::parse(message.body);
  EXPECT_EQ(body.at("type").as_string(), "todo.notification.due.v1");
  EXPECT_EQ(body.at("data").at("notification_id").as_string(), note);
  EXPECT_EQ(get("/api/v1/notifications").text("/items/0/channels"), R"(["in_app","webhook"])");
  EXPECT_EQ(last("notifications", "todo.notification.delivered.v1").at("channel").as_string(), "webhook");
  EXPECT_EQ(job("status"), "delivered");
  EXPECT_EQ(sql("SELECT status FROM notification_ledger WHERE channel LIKE 'webhook:%'"), "delivered");
}

TEST_F(Sending, BothSignaturesWhileASecretIsRotated) {
  const auto id = hook();
  post("/api/v1/webhooks/" + id + "/rotate-secret");
  fire_one();
  const auto signatures = header(world::the().sent[0], "webhook-signature");
  EXPECT_EQ(std::count(signatures.begin(), signatures.end(), ' '), 1);
  world::the().now_ms += 86'400'001;
  schedule(1, at("2026-08-19T10:30:10Z"), "null", {}, "task-2");
  go_to("2026-08-19T10:30:10Z");
  EXPECT_EQ(header(world::the().sent[1], "webhook-signature").find(' '), std::string::npos);
}

TEST_F(Sending, RetriesFollowTheScheduleUnderTheSameId) {
  hook();
  world::the().outcomes.assign(10, {.sent = false, .response = 500, .error = "500"});
  fire_one();
  const std::int64_t waits[] = {5'000, 300'000, 1'800'000, 7'200'000, 18'000'000, 36'000'000, 50'400'000, 72'000'000, 86'400'000};
  std::size_t tries = 1;
  for (const auto wait : waits) {
    EXPECT_EQ(world::the().sent.size(), tries);
    EXPECT_EQ(job("status"), "pending");
    pass(wait - 1);
    EXPECT_EQ(world::the().sent.size(), tries) << wait;      // not before its time
    pass(wait / 5 + 2);                                        // nor after time and jitter
    EXPECT_EQ(world::the().sent.size(), ++tries) << wait;
  }
  EXPECT_EQ(job("status"), "failed");
  EXPECT_EQ(job("attempts"), "10");
  for (const auto& each : world::the().sent) EXPECT_EQ(header(each, "webhook-id"), header(world::the().sent[0], "webhook-id"));
  EXPECT_EQ(published("notifications", "todo.notification.failed.v1"), 1u);
  EXPECT_EQ(last("task-updates", "todo.notification.failed.v1").at("channel").as_string(), "webhook");
  EXPECT_EQ(sql("SELECT status FROM notification_ledger WHERE channel LIKE 'webhook:%'"), "failed");
}

TEST_F(Sending, GoneDisablesTheEndpointAndGivesUpWhatWaits) {
  const auto id = hook();
  world::the().hold = true;
  fire_one("task-1");
  schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-2");
  tick();
  ASSERT_EQ(world::the().sent.size(), 1u);
  world::the().hold = false;
  world::the().held[0]({.sent = false, .response = 410});
  tick();
  EXPECT_EQ(get("/api/v1/webhooks/" + id).text("/status"), "disabled");
  EXPECT_EQ(get("/api/v1/webhooks/" + id).text("/disabled_reason"), "gone");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_job WHERE status = 'failed'"), "2");
  EXPECT_EQ(world::the().sent.size(), 1u);
  EXPECT_EQ(post("/api/v1/webhooks/" + id + "/deliveries/x/replay").text("/code"), "webhook-disabled");
}

TEST_F(Sending, SerialPerEndpointAndNobodyWaitsForASlowOne) {
  hook("1.1.1.1");
  world::the().hold = true;
  fire_one("task-1");
  hook("8.8.8.8");
  schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-2");
  tick();
  ASSERT_EQ(world::the().sent.size(), 2u);       // one of each endpoint
  EXPECT_NE(world::the().sent[0].url, world::the().sent[1].url);
  world::the().hold = false;
  world::the().held[0]({.sent = true, .response = 200});
  EXPECT_EQ(world::the().sent.size(), 3u);
}

TEST_F(Sending, LeaseOfADeadProcessRunsOutAndTheIdStays) {
  hook();
  world::the().hold = true;
  fire_one();
  ASSERT_EQ(world::the().sent.size(), 1u);
  pass(19'000);
  EXPECT_EQ(world::the().sent.size(), 1u);
  pass(1'001);
  ASSERT_EQ(world::the().sent.size(), 2u);
  EXPECT_EQ(header(world::the().sent[0], "webhook-id"), header(world::the().sent[1], "webhook-id"));
  world::the().held[0]({.sent = true, .response = 200});
  world::the().held[1]({.sent = true, .response = 200});
  EXPECT_EQ(job("attempts"), "1");
  EXPECT_EQ(published("notifications", "todo.notification.delivered.v1"), 2u);   // in_app, and the webhook once
}

TEST_F(Sending, RolledBackUnitsSendNothingTwice) {
  hook();
  schedule(1, at("2026-08-18T10:30:05Z"));
  host_.fail_next_commits(2);
  go_to("2026-08-18T10:30:05Z");
  EXPECT_EQ(world::the().sent.size(), 1u);
}

TEST_F(Sending, DeliveryLogAndReplay) {
  const auto id = hook();
  world::the().outcomes.assign(1, {.sent = false, .response = 503, .error = "the endpoint answered 503"});
  fire_one();
  const auto log = get("/api/v1/webhooks/" + id + "/deliveries");
  EXPECT_EQ(log.text("/items/0/status"), "pending");
  EXPECT_EQ(log.text("/items/0/response"), "503");
  EXPECT_EQ(log.text("/items/0/attempts"), "1");
  const auto delivery = log.text("/items/0/id");
  const auto path = "/api/v1/webhooks/" + id + "/deliveries/" + delivery + "/replay";
  EXPECT_EQ(post(path).text("/code"), "already-pending");
  pass(7'000);
  EXPECT_EQ(job("status"), "delivered");
  const auto replayed = post(path);
  EXPECT_EQ(replayed.status(), 202);
  EXPECT_EQ(world::the().sent.size(), 3u);
  EXPECT_EQ(header(world::the().sent[2], "webhook-id"), delivery);
  EXPECT_EQ(post("/api/v1/webhooks/" + id + "/deliveries/other/replay").status(), 404);
}

TEST_F(Sending, MailGoesToWhoWantsItUnderOneMessageId) {
  fire_one("task-0");
  EXPECT_EQ(world::the().sent.size(), 0u);                     // no address, not asked for
  user("created", R"("email":"ana@example.org","name":"Ana",)");
  preferences(R"("channels":["in_app","email"])");
  schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-1");
  world::the().outcomes.assign(1, {.sent = false, .response = 451, .error = "later"});
  tick();
  pass(7'000);
  ASSERT_EQ(world::the().sent.size(), 2u);
  EXPECT_EQ(world::the().sent[0].mail_to, "ana@example.org");
  EXPECT_EQ(world::the().sent[0].body, world::the().sent[1].body);
  EXPECT_NE(world::the().sent[0].body.find("Message-ID: <"), std::string::npos);
  EXPECT_NE(world::the().sent[0].body.find(".email@example.org>"), std::string::npos);
  EXPECT_EQ(last("notifications", "todo.notification.delivered.v1").at("channel").as_string(), "email");
  EXPECT_EQ(last("notifications", "todo.notification.delivered.v1").at("attempt").as_int64(), 2);
}

TEST_F(Sending, FinalSmtpAnswerFailsAtOnceALoginProblemDoesNot) {
  user("created", R"("email":"ana@example.org","preferences":{"channels":["email"]},)");
  world::the().outcomes = {{.sent = false, .response = 550, .error = "no such person"}};
  fire_one("task-1");
  EXPECT_EQ(job("status"), "failed");
  world::the().outcomes = {{.sent = false, .response = 535, .login_refused = true, .error = "login"}};
  schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-2");
  tick();
  EXPECT_EQ(sql("SELECT count(*) FROM notification_job WHERE status = 'pending' AND attempts = 1"), "1");
}

TEST_F(Sending, DisabledPersonGetsTheInboxOnly) {
  hook();
  user("disabled", "");
  fire_one();
  EXPECT_EQ(world::the().sent.size(), 0u);
  EXPECT_EQ(get("/api/v1/notifications").body().at("items").as_array().size(), 1u);
}

TEST_F(Sending, SnoozedIsToldToWhoListens) {
  post("/api/v1/webhooks", R"({"url":"https://1.1.1.1/hook","events":["todo.notification.snoozed.v1"]})");
  fire_one();
  EXPECT_EQ(world::the().sent.size(), 0u);
  const auto parent = get("/api/v1/notifications").text("/items/0/id");
  schedule(2, at("2026-08-18T10:40:00Z", "r2", R"(,"snooze_of":")" + parent + "\""));
  ASSERT_EQ(world::the().sent.size(), 1u);
  EXPECT_EQ(json::parse(world::the().sent[0].body).at("type").as_string(), "todo.notification.snoozed.v1");
}

}  // namespace notification_test
