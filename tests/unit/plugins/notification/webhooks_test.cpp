// Webhook endpoints: registration, secrets, preconditions, blocked destinations.
#include "notification_host.hpp"

namespace notification_test {

class Webhooks : public notification_host {
 protected:
  reply make(const std::string& url = "https://1.1.1.1/hook") { return post("/api/v1/webhooks", R"({"url":")" + url + "\"}"); }
};

TEST_F(Webhooks, SecretIsShownOnce) {
  const auto made = make();
  EXPECT_EQ(made.status(), 201);
  EXPECT_TRUE(made.text("/secret").starts_with("whsec_"));
  EXPECT_EQ(made.header("Location"), "/api/v1/webhooks/" + made.text("/id"));
  EXPECT_EQ(made.text("/events"), R"(["todo.notification.due.v1"])");
  const auto again = get("/api/v1/webhooks/" + made.text("/id"));
  EXPECT_EQ(again.text("/secret"), "(none)");
  EXPECT_EQ(again.header("ETag"), "\"1\"");
  EXPECT_EQ(get("/api/v1/webhooks").text("/items/0/secret"), "(none)");
}

#if !defined(__SANITIZE_THREAD__)  // names are looked up on a thread that glibc makes where the sanitizer does not see it
TEST_F(Webhooks, BlockedDestinations) {
  for (const auto* url : {"http://127.0.0.1/", "http://localhost:8080/", "https://10.0.0.1/x", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
                          "http://169.254.169.254/latest/meta-data", "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0/", "http://192.168.0.1:9/",
                          "http://[fe80::1%25eth0]/", "http://224.0.0.1/"}) {
    const auto refused = make(url);
    EXPECT_EQ(refused.status(), 422) << url;
    EXPECT_EQ(refused.text("/code"), "blocked-destination") << url;
  }
  EXPECT_EQ(sql("SELECT count(*) FROM notification_webhook"), "0");
}
#endif

TEST_F(Webhooks, UrlsThatAreNone) {
  for (const auto* url : {"", "example.org", "ftp://1.1.1.1/", "file:///etc/passwd", "https://", "https://a b/", "https://user:pw@1.1.1.1/", "javascript:1", "gopher://1.1.1.1/"}) {
    const auto refused = make(url);
    EXPECT_EQ(refused.status(), 422) << url;
    EXPECT_EQ(refused.text("/errors/0/pointer"), "/url") << url;
  }
  EXPECT_EQ(make("https://1.1.1.1/" + std::string(2000, 'x')).status(), 422);
  EXPECT_EQ(post("/api/v1/webhooks", "{}").text("/errors/0/code"), "required");
  EXPECT_EQ(post("/api/v1/webhooks", R"({"url":1})").status(), 422);
  EXPECT_EQ(post("/api/v1/webhooks", R"({"url":"https://1.1.1.1/","secret":"mine"})").text("/code"), "unknown-field");
  EXPECT_EQ(post("/api/v1/webhooks", R"({"url":"https://1.1.1.1/","events":["todo.task.created.v1"]})").text("/errors/0/pointer"), "/events");
  EXPECT_EQ(post("/api/v1/webhooks", R"({"url":"https://1.1.1.1/","url":"https://1.1.1.1/"})").text("/code"), "invalid-json");
  EXPECT_EQ(post("/api/v1/webhooks", "nothing").status(), 400);
  EXPECT_EQ(send("POST", "/api/v1/webhooks", "{}", {{"content-type", "text/plain"}}).status(), 415);
}

TEST_F(Webhooks, ChangesNeedTheVersion) {
  const auto id = make().text("/id"), path = "/api/v1/webhooks/" + id;
  EXPECT_EQ(send("PATCH", path, R"({"description":"x"})").status(), 428);
  EXPECT_EQ(send("PATCH", path, R"({"description":"x"})", {{"if-match", "\"7\""}}).status(), 412);
  EXPECT_EQ(send("PATCH", path, R"({"description":"x"})", {{"if-match", "7"}}).text("/code"), "invalid-etag");
  const auto changed = send("PATCH", path, R"({"description":"x","status":"disabled","events":["todo.notification.snoozed.v1"]})", {{"if-match", "\"1\""}});
  EXPECT_EQ(changed.status(), 200);
  EXPECT_EQ(changed.text("/version"), "2");
  EXPECT_EQ(changed.text("/disabled_reason"), "by its owner");
  EXPECT_EQ(send("PATCH", path, R"({"url":"http://10.1.1.1/"})", {{"if-match", "\"2\""}}).text("/code"), "blocked-destination");
  EXPECT_EQ(send("PATCH", path, R"({"status":"paused"})", {{"if-match", "\"2\""}}).status(), 422);
  EXPECT_EQ(send("DELETE", path, {}, {{"if-match", "\"1\""}}).status(), 412);
  EXPECT_EQ(send("DELETE", path, {}, {{"if-match", "\"2\""}}).status(), 204);
  EXPECT_EQ(get(path).status(), 404);
}

TEST_F(Webhooks, RotationShowsTheNewSecretAndKeepsTheOldForADay) {
  const auto made = make();
  const auto rotated = post("/api/v1/webhooks/" + made.text("/id") + "/rotate-secret");
  EXPECT_EQ(rotated.status(), 200);
  EXPECT_TRUE(rotated.text("/secret").starts_with("whsec_"));
  EXPECT_NE(rotated.text("/secret"), made.text("/secret"));
  EXPECT_EQ(sql("SELECT old_secret FROM notification_webhook"), made.text("/secret"));
}

TEST_F(Webhooks, OthersDoNotExistAndTwentyAreEnough) {
  const auto id = make().text("/id"), path = "/api/v1/webhooks/" + id;
  subject_ = "user-2";
  EXPECT_EQ(get("/api/v1/webhooks").body().at("items").as_array().size(), 0u);
  EXPECT_EQ(get(path).status(), 404);
  EXPECT_EQ(send("PATCH", path, "{}", {{"if-match", "*"}}).status(), 404);
  EXPECT_EQ(send("DELETE", path, {}, {{"if-match", "*"}}).status(), 404);
  EXPECT_EQ(post(path + "/rotate-secret").status(), 404);
  EXPECT_EQ(get(path + "/deliveries").status(), 404);
  EXPECT_EQ(post(path + "/deliveries/x/replay").status(), 404);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(make().status(), 201);
  EXPECT_EQ(make().text("/code"), "limit-reached");
}

}  // namespace notification_test
