// REST over real HTTP: the promises an API client builds on.
#include "tests/e2e/client.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace evhost::e2e {
namespace {

struct Rest : testing::Test {
  test::host_under_test host;
  void SetUp() override { host.start(); }
};

TEST_F(Rest, TaskLivesThroughItsWholeLife) {
  person ana(host, "ana");
  auto made = ana.post("/api/v1/tasks", R"({"title":"buy milk","due":{"date":"2026-12-01"},"priority":"high","tags":["shop"]})");
  ASSERT_EQ(made.status, 201u) << made.raw.body;
  const auto path = "/api/v1/tasks/" + made.id();
  EXPECT_EQ(made.raw.field("Location"), path);
  EXPECT_EQ(made.text("/due/date"), "2026-12-01");
  auto changed = ana.patch(path, R"({"title":"buy oat milk"})", {{"If-Match", made.etag()}});
  ASSERT_EQ(changed.status, 200u) << changed.raw.body;
  EXPECT_EQ(changed.text("/version"), "2");
  EXPECT_EQ(ana.post(path + "/complete").status, 200u);
  EXPECT_EQ(ana.get(path).text("/status"), "completed");
  EXPECT_EQ(ana.post(path + "/reopen").status, 200u);
  const auto history = ana.get(path + "/history");
  ASSERT_EQ(history.status, 200u);
  EXPECT_EQ(history.items(), 4u);
  EXPECT_EQ(ana.del(path, {{"If-Match", ana.get(path).etag()}}).status, 204u);
  EXPECT_EQ(ana.get(path).status, 404u);
}

TEST_F(Rest, NothingAcknowledgedIsLostByKillNine) {
  person ana(host, "ana");
  const auto id = ana.post("/api/v1/tasks", R"({"title":"survives"})").id();
  host.kill(SIGKILL);
  host.wait_exit();
  host.start();
  person again(host, "ana");
  EXPECT_EQ(again.get("/api/v1/tasks/" + id).text("/title"), "survives");
}

TEST_F(Rest, StaleAndMissingETagsAreRefused) {
  person ana(host, "ana");
  const auto made = ana.post("/api/v1/tasks", R"({"title":"x"})");
  const auto path = "/api/v1/tasks/" + made.id();
  EXPECT_EQ(ana.patch(path, R"({"title":"y"})").status, 428u);
  EXPECT_EQ(ana.patch(path, R"({"title":"y"})", {{"If-Match", "\"9\""}}).status, 412u);
  EXPECT_EQ(ana.patch(path, R"({"title":"y"})", {{"If-Match", "garbage"}}).status, 400u);
  EXPECT_EQ(ana.get(path).text("/title"), "x");
  EXPECT_EQ(ana.get(path, {{"If-None-Match", made.etag()}}).status, 304u);
}

TEST_F(Rest, AnotherPersonsTaskDoesNotExist) {
  person ana(host, "ana"), bob(host, "bob");
  const auto made = ana.post("/api/v1/tasks", R"({"title":"private"})");
  const auto path = "/api/v1/tasks/" + made.id();
  EXPECT_EQ(bob.get(path).status, 404u);
  EXPECT_EQ(bob.patch(path, R"({"title":"mine"})", {{"If-Match", made.etag()}}).status, 404u);
  EXPECT_EQ(bob.del(path, {{"If-Match", made.etag()}}).status, 404u);
  EXPECT_EQ(bob.post(path + "/complete").status, 404u);
  EXPECT_EQ(bob.get(path + "/history").status, 404u);
  EXPECT_EQ(bob.get("/api/v1/tasks").items(), 0u);
  EXPECT_EQ(ana.get(path).text("/title"), "private");
}

TEST_F(Rest, IdempotencyKeyReplaysAcrossARestart) {
  const test::field_list key{{"Idempotency-Key", "\"k-1\""}};
  std::string first;
  {
    person ana(host, "ana");
    first = ana.post("/api/v1/tasks", R"({"title":"once"})", key).id();
    const auto other = ana.post("/api/v1/tasks", R"({"title":"other body"})", key);
    EXPECT_EQ(other.status, 422u) << other.raw.body;
    person bob(host, "bob");
    EXPECT_EQ(bob.post("/api/v1/tasks", R"({"title":"once"})", key).status, 201u) << "keys are per user";
  }
  host.kill(SIGKILL);
  host.wait_exit();
  host.start();
  person ana(host, "ana");
  const auto again = ana.post("/api/v1/tasks", R"({"title":"once"})", key);
  EXPECT_EQ(again.status, 201u);
  EXPECT_EQ(again.id(), first);
  EXPECT_EQ(again.raw.field("Idempotency-Replayed"), "true");
  EXPECT_EQ(ana.get("/api/v1/tasks").items(), 1u);
}

TEST_F(Rest, ManyRepeatsOfOneKeyMakeOneTask) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      person ana(host, "ana");
      for (int n = 0; n < 5; ++n) EXPECT_EQ(ana.post("/api/v1/tasks", R"({"title":"one"})", {{"Idempotency-Key", "\"same\""}}).status, 201u);
    });
  threads.clear();
  EXPECT_EQ(person(host, "ana").get("/api/v1/tasks").items(), 1u);
}

TEST_F(Rest, CursorWalksEveryTaskOnceAndCannotBeForged) {
  person ana(host, "ana"), bob(host, "bob");
  std::set<std::string> made, seen;
  for (int i = 0; i < 23; ++i) made.insert(ana.post("/api/v1/tasks", R"({"title":"t)" + std::to_string(i) + R"("})").id());
  std::string cursor;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = ana.get("/api/v1/tasks?limit=5" + (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(page.status, 200u) << page.raw.body;
    for (const auto& item : page.body.at("items").as_array()) EXPECT_TRUE(seen.insert(std::string(item.at("id").as_string())).second);
    if (page.body.at("next_cursor").is_null()) break;
    cursor = page.text("/next_cursor");
  }
  EXPECT_EQ(seen, made);
  EXPECT_EQ(ana.get("/api/v1/tasks?limit=5&cursor=" + cursor + "x").status, 400u);
  EXPECT_EQ(bob.get("/api/v1/tasks?limit=5&cursor=" + cursor).status, 400u) << "a cursor belongs to its user";
}

TEST_F(Rest, BadInputNamesFieldAndWritesNothing) {
  person ana(host, "ana");
  struct row {
    const char* body;
    unsigned status;
  };
  for (const auto& [body, status] : {row{"{", 400}, row{"[]", 400}, row{R"({})", 422}, row{R"({"title":""})", 422}, row{R"({"title":"a","title":"b"})", 400},
                                     row{R"({"title":"a","owner":"bob"})", 422}, row{R"({"title":"a","due":{"date":"2026-02-30"}})", 422},
                                     row{R"({"title":"a","priority":"urgent"})", 422}, row{R"({"title":5})", 422}, row{"\xff", 400}, row{R"({"title":"a"} x)", 400}}) {
    const auto r = ana.post("/api/v1/tasks", body);
    EXPECT_EQ(r.status, status) << body << " -> " << r.raw.body;
    EXPECT_EQ(r.raw.field("Content-Type"), "application/problem+json") << body;
    EXPECT_FALSE(r.code().empty()) << body;
  }
  EXPECT_EQ(ana.get("/api/v1/tasks").items(), 0u);
  EXPECT_EQ(ana.get("/api/v1/tasks?limit=0").status, 422u);
  EXPECT_EQ(ana.get("/api/v1/tasks/not-an-id").status, 404u);
}

TEST_F(Rest, TokensAreNeededAndChecked) {
  test::http_client nobody(host.port());
  EXPECT_EQ(nobody.get("/api/v1/tasks").status, 401u);
  EXPECT_EQ(nobody.get("/api/v1/tasks", {{"Authorization", "Bearer x.y.z"}}).status, 401u);
  EXPECT_EQ(nobody.get("/api/v1/admin/topics", {{"Authorization", "Bearer " + host.token("ana")}}).status, 403u);
  EXPECT_EQ(nobody.get("/api/v1/admin/topics", {{"Authorization", "Bearer " + host.token("ana", "admin")}}).status, 200u);
}

TEST_F(Rest, BuiltinRoutesAnswer) {
  test::http_client http(host.port());
  for (const auto* path : {"/health", "/livez", "/readyz", "/metrics", "/openapi.json"}) EXPECT_EQ(http.get(path).status, 200u) << path;
  EXPECT_NE(http.get("/metrics").body.find("evhost_"), std::string::npos);
  const auto document = json::parse(http.get("/openapi.json").body);
  EXPECT_EQ(std::string(document.at("openapi").as_string()).substr(0, 3), "3.1");
  EXPECT_TRUE(document.at("paths").as_object().contains("/api/v1/tasks"));
}

TEST_F(Rest, LimitsAnswer429WithRetryAfter) {
  host.stop();
  host.start({{"EVH_SECURITY__USER_REQUESTS_PER_MINUTE", "60"}, {"EVH_SECURITY__USER_BURST", "5"}});
  person ana(host, "ana");
  unsigned limited = 0;
  for (int i = 0; i < 10; ++i) {
    const auto r = ana.get("/api/v1/tasks");
    if (r.status != 429) continue;
    ++limited;
    EXPECT_FALSE(r.raw.field("Retry-After").empty());
  }
  EXPECT_GE(limited, 4u);
}

}  // namespace
}  // namespace evhost::e2e
