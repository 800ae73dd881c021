// Two hosts with the same plugins on one PostgreSQL and one Kafka: whatever may happen once happens once.
#include "tests/e2e/reminders.hpp"
#include "tests/integration/replicas/shared_engines.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <thread>

namespace evhost {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

class Replicas : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    missing = test::shared_engines::missing();
    if (!missing.empty()) return;
    shared.emplace();
    test::host_setup setup{.plugin_directories = {}, .environment = shared->environment(), .arguments = {"--set", "plugins.notification.webhook_allow=127.0.0.0/8"}};
    a.emplace(setup);
    b.emplace(setup);
    a->launch();  // at once, on an empty database
    b->launch();
    a->wait_ready(60s);
    b->wait_ready(60s);
    b->stop();
    b->start();  // and late: ready only when it has its share of the partitions
  }
  static void TearDownTestSuite() {
    a.reset();
    b.reset();
    shared.reset();
  }
  void SetUp() override {
    if (missing.empty()) return;
    if (const char* all = std::getenv("EVH_REQUIRE_ALL"); all && std::string(all) == "1") FAIL() << missing;
    GTEST_SKIP() << missing;
  }

  static test::http_answer call(const test::host_under_test& host, const std::string& method, const std::string& target, const std::string& body,
                                const std::string& token, test::field_list fields = {}) {
    test::http_client http(host.port(), 60s);
    if (!token.empty()) fields.emplace_back("Authorization", "Bearer " + token);
    if (!body.empty()) fields.emplace_back("Content-Type", "application/json");
    return http.send({method, target, std::move(fields), body});
  }
  static std::string text(const test::http_answer& answer, std::string_view pointer) {
    boost::system::error_code ec;
    const auto body = json::parse(answer.body, ec);
    const auto* found = body.find_pointer(pointer, ec);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  }
  static std::string ticket(const test::host_under_test& host, const std::string& token) { return text(call(host, "POST", "/api/v1/ws-tickets", "{}", token), "/ticket"); }
  // Whether the host lets the ticket in: the answer to a subscription, or its refusal before or after the upgrade.
  static bool admits(const test::host_under_test& host, const std::string& ticket) {
    try {
      test::ws_client ws(host.port(), "/api/v1/ws", {.subprotocols = {"todo.sync.v1", "ticket." + ticket}});
      ws.send(R"({"type":"subscribe","since":null})");
      const auto answer = ws.receive(10s);
      if (answer && answer->payload.find("\"subscribed\"") != std::string::npos) return true;
      EXPECT_TRUE(ws.wait_closed(5s));
      EXPECT_EQ(ws.close_code(), 4401);
      return false;
    } catch (const test::ws_refused& refused) {
      EXPECT_EQ(refused.answer.status, 401u);
      return false;
    }
  }
  static std::int64_t number(const std::string& sql) { return std::stoll(shared->ask(sql)); }

  static std::string missing;
  static std::optional<test::shared_engines> shared;
  static std::optional<test::host_under_test> a, b;
};

std::string Replicas::missing;
std::optional<test::shared_engines> Replicas::shared;
std::optional<test::host_under_test> Replicas::a, Replicas::b;

TEST_F(Replicas, TokenOfOneIsTakenByTheOther) {
  EXPECT_EQ(call(*b, "GET", "/api/v1/tasks", "", a->token("ana")).status, 200u);
  EXPECT_EQ(call(*a, "GET", "/api/v1/tasks", "", b->token("ana")).status, 200u);
}

TEST_F(Replicas, OneOutboxHasOneName) { EXPECT_EQ(number("SELECT count(*) FROM evh_outbox_name"), 1); }

TEST_F(Replicas, EachNeedsADataDirectoryOfItsOwn) {
  const auto second = a->command({"run"});
  EXPECT_EQ(second.exit, 75) << second.err;
}

// A member that comes or goes makes the whole group share out anew: if that made replicas unready, none would serve.
TEST_F(Replicas, StaysInServiceWhileTheGroupSharesOutAnew) {
  const auto revocations = [&] {
    const auto log = a->log();
    std::size_t count = 0;
    for (auto at = log.find("partitions revoked"); at != std::string::npos; at = log.find("partitions revoked", at + 1)) ++count;
    return count;
  };
  const auto before = revocations();
  std::atomic<bool> over{false};
  std::atomic<int> asked{0}, refused{0};
  std::string why;
  {
    std::jthread prober([&] {
      while (!over) {
        const auto answer = test::http_client(a->port()).get("/readyz");
        ++asked;
        if (answer.status != 200 && refused++ == 0) why = answer.body;
        std::this_thread::sleep_for(2ms);  // the prober's pause
      }
    });
    b->stop();
    b->start();  // ready only when it has its share, so a has given it away
    over = true;
  }
  EXPECT_GT(revocations(), before) << "nothing was shared out";
  EXPECT_GT(asked, 50);
  EXPECT_EQ(refused, 0) << why;
}

TEST_F(Replicas, TicketAdmitsOnceWhicheverHostMeetsIt) {
  const auto ana = a->token("ana");
  const auto one = ticket(*a, ana), two = ticket(*a, ana);
  EXPECT_TRUE(admits(*a, one));
  EXPECT_FALSE(admits(*b, one)) << "used on a";
  EXPECT_TRUE(admits(*b, two)) << "the other host may be the one that admits";
  EXPECT_FALSE(admits(*a, two)) << "used on b";
  for (int round = 0; round < 5; ++round) {
    const auto shared_ticket = ticket(*b, ana);
    std::atomic<int> admitted{0};
    {
      std::vector<std::jthread> rivals;
      for (const auto* host : {&*a, &*b}) rivals.emplace_back([&, host] { admitted += admits(*host, shared_ticket); });
    }
    EXPECT_EQ(admitted, 1);
  }
}

TEST_F(Replicas, IdempotencyKeyMakesOneTask) {
  const auto token = a->token("ida");
  for (int round = 0; round < 10; ++round) {
    const auto key = "key-" + std::to_string(round);
    std::array<test::http_answer, 4> answers;
    {
      std::vector<std::jthread> rivals;
      for (std::size_t i = 0; i < answers.size(); ++i)
        rivals.emplace_back([&, i] { answers[i] = call(i % 2 ? *a : *b, "POST", "/api/v1/tasks", R"({"title":"once"})", token, {{"Idempotency-Key", key}}); });
    }
    for (const auto& answer : answers) {
      EXPECT_EQ(answer.status, 201u) << answer.body;
      EXPECT_EQ(answer.body, answers[0].body);
    }
  }
  EXPECT_EQ(json::parse(call(*a, "GET", "/api/v1/tasks?limit=200", "", token).body).at("items").as_array().size(), 10u);
}

TEST_F(Replicas, SessionEndedOnOneIsRefusedByTheOtherWithinASecond) {
  const auto made = call(*a, "POST", "/api/auth/sign-up/email", R"({"name":"Eve","email":"eve@example.com","password":"correct horse"})", "");
  ASSERT_EQ(made.status, 200u) << made.body;
  const auto session = text(made, "/token"), access = text(call(*b, "GET", "/api/auth/token", "", text(made, "/token")), "/token");
  ASSERT_EQ(call(*b, "GET", "/api/v1/tasks", "", access).status, 200u);
  test::ws_client socket(b->port(), "/api/v1/ws");
  socket.send(json::serialize(json::object{{"type", "auth"}, {"token", access}}));
  ASSERT_TRUE(socket.receive(5s));
  EXPECT_EQ(call(*a, "POST", "/api/auth/revoke-sessions", "{}", session).status, 200u);
  EXPECT_TRUE(e2e::eventually([&] { return call(*b, "GET", "/api/v1/tasks", "", access).status == 401; }, 1s));
  EXPECT_TRUE(socket.wait_closed(1s));
  EXPECT_EQ(socket.close_code(), 4401);
}

TEST_F(Replicas, RemindersFireOnceAndWebhooksAreSentOnce) {
  const auto rita = a->token("rita");
  test::scripted_server endpoint(test::scripted_server::protocol::http);
  const auto hook = call(*a, "POST", "/api/v1/webhooks", R"({"url":"http://127.0.0.1:)" + std::to_string(endpoint.port()) + R"(/"})", rita);
  ASSERT_EQ(hook.status, 201u) << hook.body;
  constexpr std::size_t count = 40;
  const auto at = e2e::in(4s);
  for (std::size_t i = 0; i < count; ++i)
    ASSERT_EQ(call(i % 2 ? *a : *b, "POST", "/api/v1/tasks", e2e::task_due(at, "task " + std::to_string(i)), rita).status, 201u);
  ASSERT_TRUE(endpoint.wait_for([](const auto& s) { return s.counts().size() >= count; }, 60s)) << endpoint.counts().size();
  ASSERT_TRUE(e2e::eventually([&] { return number("SELECT count(*) FROM notification_job WHERE status = 'pending'") == 0; }, 10s));
  for (const auto& [id, times] : endpoint.counts()) EXPECT_EQ(times, 1) << id;
  EXPECT_EQ(endpoint.counts().size(), count);
  EXPECT_EQ(number("SELECT count(*) FROM notification_inbox"), static_cast<std::int64_t>(count));
  EXPECT_EQ(number("SELECT count(DISTINCT claimed_by) FROM notification_endpoint WHERE claimed_by <> ''"), 0) << "no lease is left behind";
}

TEST_F(Replicas, SeriesGoOnOnce) {
  const auto carl = a->token("carl");
  constexpr int count = 12;
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) {
    const auto made = call(i % 2 ? *a : *b, "POST", "/api/v1/tasks",
                           R"({"title":"water","due":{"date":"2090-05-01"},"recurrence":{"rrule":"FREQ=DAILY"}})", carl);
    ASSERT_EQ(made.status, 201u) << made.body;
    ids.push_back(text(made, "/id"));
  }
  for (int i = 0; i < count; ++i) ASSERT_EQ(call(i % 2 ? *b : *a, "POST", "/api/v1/tasks/" + ids[static_cast<std::size_t>(i)] + "/complete", "{}", carl).status, 200u);
  const auto pending = [&] { return json::parse(call(*a, "GET", "/api/v1/tasks?status=pending&limit=200", "", carl).body).at("items").as_array().size(); };
  EXPECT_TRUE(e2e::eventually([&] { return pending() == count; }, 30s)) << pending();
  ASSERT_TRUE(e2e::eventually([&] { return number("SELECT count(*) FROM evh_outbox") == 0; }, 10s));
  EXPECT_EQ(pending(), static_cast<std::size_t>(count));
}

// Runs last: the other tests made the records.
TEST_F(Replicas, TwoAuditorsGrowOneTree) {
  ASSERT_TRUE(e2e::eventually([&] { return number("SELECT count(*) FROM evh_outbox") == 0 && number("SELECT count(*) FROM audit_staged") == 0; }, 30s));
  const auto size = number("SELECT size FROM audit_state");
  EXPECT_GT(size, 100);
  EXPECT_EQ(number("SELECT COALESCE(sum(count), 0) FROM audit_span"), size) << "every leaf once, none twice";
  EXPECT_EQ(number("SELECT count(*) FROM (SELECT first, lag(first + count) OVER (ORDER BY first) AS expected FROM audit_span) s WHERE expected <> first"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM audit_span s LEFT JOIN audit_leaves l ON l.batch = s.batch WHERE l.batch IS NULL"), 0);
  const auto folder = shared->keys() / "export";
  ASSERT_EQ(b->command({"audit", "export", "--out", folder.string()}).exit, 0);
  const auto good = b->command({"audit", "verify", "--key", (folder / "vkey").string(), "--bundle", folder.string()});
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
}

}  // namespace
}  // namespace evhost
