// Accounts against the real host: what ends a session ends it everywhere within a second, over REST and WebSocket.
#include "tests/e2e/client.hpp"
#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

struct visitor {
  std::string id, session, cookie, access;
};

struct Identity : testing::Test {
  test::host_under_test host;
  void SetUp() override { host.start(); }

  reply call(const std::string& method, const std::string& target, const std::string& body = "", test::field_list fields = {}) const {
    test::http_client http(host.port(), 60s);   // a crowd waits its turn on a loaded machine
    if (!body.empty()) fields.emplace_back("Content-Type", "application/json");
    reply r;
    r.raw = http.send({method, target, std::move(fields), body});
    r.status = r.raw.status;
    boost::system::error_code ec;
    r.body = json::parse(r.raw.body, ec);
    return r;
  }
  reply auth(const std::string& path, const std::string& body, test::field_list fields = {}) const { return call("POST", "/api/auth/" + path, body, std::move(fields)); }
  static test::field_list bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

  visitor enter(const reply& r) const {
    EXPECT_EQ(r.status, 200U) << r.raw.body;
    const auto set = r.raw.field("Set-Cookie");
    visitor v{r.text("/user/id"), r.text("/token"), set.substr(0, set.find(';')), {}};
    v.access = call("GET", "/api/auth/token", "", bearer(v.session)).text("/token");
    EXPECT_FALSE(v.access.empty());
    return v;
  }
  visitor sign_up(const std::string& email = "ann@example.com") const {
    return enter(auth("sign-up/email", R"({"name":"Ann","email":")" + email + R"(","password":"correct horse"})"));
  }
  reply sign_in(const std::string& password, const std::string& email = "ann@example.com") const {
    return auth("sign-in/email", R"({"email":")" + email + R"(","password":")" + password + "\"}");
  }
  reply tasks(const std::string& access) const { return call("GET", "/api/v1/tasks", "", bearer(access)); }

  static bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
    for (const auto deadline = steady::now() + limit; steady::now() < deadline; std::this_thread::sleep_for(5ms))  // polls another process
      if (holds()) return true;
    return false;
  }
  // An admin's access token, once the account it speaks for is there.
  std::string admin() const {
    const auto token = host.token("root", "admin");
    EXPECT_TRUE(within(5s, [&] { return call("GET", "/api/v1/admin/users", "", bearer(token)).status == 200; }));
    return token;
  }
  std::unique_ptr<test::ws_client> open_socket(const visitor& v) const {
    auto ws = std::make_unique<test::ws_client>(host.port(), "/api/v1/ws");
    ws->send(json::serialize(json::object{{"type", "auth"}, {"token", v.access}}));
    const auto answer = ws->receive(5s);
    EXPECT_TRUE(answer && answer->payload.find("authenticated") != std::string::npos);
    return ws;
  }
  void expect_ended(const visitor& v, test::ws_client& ws, steady::time_point since) const {
    EXPECT_TRUE(within(1s, [&] { return tasks(v.access).status == 401; })) << "the access token still works";
    EXPECT_TRUE(ws.wait_closed(1s));
    EXPECT_EQ(ws.close_code(), 4401);
    EXPECT_LT(steady::now() - since, 1s);
  }
  std::string records(const std::string& topic) const { return host.command({"topics", "tail", topic, "--from", "earliest"}).out; }
};

TEST_F(Identity, SignUpLeadsToAnAccessTokenForTheApi) {
  const auto ann = sign_up();
  EXPECT_EQ(tasks(ann.access).status, 200U);
  EXPECT_EQ(call("POST", "/api/v1/tasks", R"({"title":"mine"})", bearer(ann.access)).status, 201U);
  EXPECT_EQ(tasks(ann.session).status, 401U) << "the session token is no access token";
  EXPECT_EQ(call("GET", "/api/v1/tasks", "", {{"Cookie", ann.cookie}}).status, 401U) << "nor is the cookie";
  EXPECT_EQ(call("GET", "/api/auth/token", "", bearer(ann.access)).status, 401U) << "nor the other way round";
  const auto again = enter(sign_in("correct horse"));
  EXPECT_EQ(tasks(again.access).items(), 1U);
}

TEST_F(Identity, WrongPasswordAndUnknownAddressLookAlike) {
  sign_up();
  const auto wrong = sign_in("wrong horse"), unknown = sign_in("wrong horse", "nobody@example.com");
  EXPECT_EQ(wrong.status, 401U);
  EXPECT_EQ(unknown.status, 401U);
  EXPECT_EQ(wrong.raw.body, R"({"message":"Invalid email or password","code":"INVALID_EMAIL_OR_PASSWORD"})");
  EXPECT_EQ(unknown.raw.body, wrong.raw.body);
}

TEST_F(Identity, RevokedSessionEndsWithinASecondEverywhere) {
  const auto ann = sign_up();
  const auto other = enter(sign_in("correct horse"));
  auto socket = open_socket(other), kept = open_socket(ann);
  const auto since = steady::now();
  EXPECT_EQ(auth("revoke-session", R"({"token":")" + other.session + "\"}", bearer(ann.session)).status, 200U);
  expect_ended(other, *socket, since);
  EXPECT_EQ(tasks(ann.access).status, 200U) << "only that session ended";
  EXPECT_FALSE(kept->wait_closed(200ms));
}

TEST_F(Identity, SignOutEndsTheAccessTokenToo) {
  const auto ann = sign_up();
  auto socket = open_socket(ann);
  const auto since = steady::now();
  EXPECT_EQ(call("POST", "/api/auth/sign-out", "", {{"Cookie", ann.cookie}, {"Origin", "http://127.0.0.1:" + std::to_string(host.port())}, {"Host", "127.0.0.1:" + std::to_string(host.port())}}).status, 200U);
  expect_ended(ann, *socket, since);
}

TEST_F(Identity, RevocationOutlivesTheProcess) {
  const auto ann = sign_up();
  EXPECT_EQ(auth("revoke-sessions", "", bearer(ann.session)).status, 200U);
  EXPECT_TRUE(within(1s, [&] { return tasks(ann.access).status == 401; }));
  host.kill(SIGKILL);
  host.wait_exit();
  host.start();
  EXPECT_EQ(tasks(ann.access).status, 401U) << "from the first request on";
  const auto again = enter(sign_in("correct horse"));
  EXPECT_EQ(tasks(again.access).status, 200U);
}

TEST_F(Identity, SignInRightAfterRevokingEverythingWorksAtOnce) {
  const auto ann = sign_up();
  auth("revoke-sessions", "", bearer(ann.session));
  const auto again = enter(sign_in("correct horse"));
  EXPECT_FALSE(within(1500ms, [&] { return tasks(again.access).status != 200; }));
}

TEST_F(Identity, DisabledUserIsOutWithinASecondEverywhere) {
  const auto ann = sign_up();
  const auto root = admin();
  auto socket = open_socket(ann);
  const auto since = steady::now();
  EXPECT_EQ(call("POST", "/api/v1/admin/users/" + ann.id + "/disable", R"({"reason":"test"})", bearer(root)).status, 200U);
  expect_ended(ann, *socket, since);
  EXPECT_EQ(sign_in("correct horse").code(), "BANNED_USER");
  const auto minted = host.token("root");
  EXPECT_EQ(tasks(minted).status, 200U) << "others go on";
  EXPECT_EQ(host.stop(), 0);
  host.start();
  EXPECT_EQ(tasks(ann.access).status, 401U);
  EXPECT_EQ(call("POST", "/api/v1/admin/users/" + ann.id + "/enable", "", bearer(root)).status, 200U);
  const auto again = enter(sign_in("correct horse"));
  EXPECT_TRUE(within(1s, [&] { return tasks(again.access).status == 200; }));
  EXPECT_EQ(tasks(ann.access).status, 401U) << "what ended stays ended";
}

TEST_F(Identity, RoleTakenAwayIsGoneWithinASecond) {
  const auto root = admin();
  const auto ann = sign_up();
  EXPECT_EQ(call("PATCH", "/api/v1/admin/users/" + ann.id, R"({"roles":["admin"]})", bearer(root)).status, 200U);
  const auto raised = call("GET", "/api/auth/token", "", bearer(ann.session)).text("/token");
  EXPECT_EQ(call("GET", "/api/v1/admin/users", "", bearer(raised)).status, 200U);
  EXPECT_EQ(call("PATCH", "/api/v1/admin/users/" + ann.id, R"({"roles":[]})", bearer(root)).status, 200U);
  EXPECT_TRUE(within(1s, [&] { return call("GET", "/api/v1/admin/users", "", bearer(raised)).status == 401; }));
  const auto lowered = call("GET", "/api/auth/token", "", bearer(ann.session)).text("/token");
  EXPECT_EQ(tasks(lowered).status, 200U);
  EXPECT_EQ(call("GET", "/api/v1/admin/users", "", bearer(lowered)).status, 403U);
}

TEST_F(Identity, ForeignOriginIsRefused) {
  const auto ann = sign_up();
  const auto r = call("POST", "/api/auth/sign-out", "", {{"Cookie", ann.cookie}, {"Origin", "https://evil.example"}});
  EXPECT_EQ(r.status, 403U);
  EXPECT_EQ(r.code(), "INVALID_ORIGIN");
  EXPECT_EQ(tasks(ann.access).status, 200U);
}

TEST_F(Identity, GuessingIsPaused) {
  sign_up();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("wrong horse").status, 401U);
  const auto paused = sign_in("wrong horse");
  EXPECT_EQ(paused.status, 429U);
  EXPECT_GE(std::stoi(paused.raw.field("Retry-After")), 1);
}

TEST_F(Identity, ManySignInsAtOnceAreBounded) {
  sign_up();
  std::atomic<int> answered{0}, busy{0}, late{0};
  {
    std::vector<std::jthread> crowd;
    for (int i = 0; i < 80; ++i)
      crowd.emplace_back([&, i] {
        const auto r = sign_in("wrong horse", "nobody" + std::to_string(i) + "@example.com");
        if (r.status == 401) ++answered;
        if (r.status == 504) ++late;   // waited longer than http.handler_timeout
        if (r.status == 503 && !r.raw.field("Retry-After").empty()) ++busy;
      });
  }
  EXPECT_EQ(answered + busy + late, 80);
  EXPECT_GE(answered + late, 32);
  EXPECT_GT(busy, 0) << "80 at once are more than one running per thread and 32 waiting";
}

TEST_F(Identity, RotatedKeyStillVerifiesWhatItSigned) {
  const auto ann = sign_up();
  EXPECT_EQ(host.stop(), 0);
  const auto key = host.data() / "keys" / "signing.pem";
  std::filesystem::last_write_time(key, std::filesystem::last_write_time(key) - std::chrono::hours(24 * 91));
  host.start();
  EXPECT_EQ(tasks(ann.access).status, 200U) << "signed by the followed key";
  const auto keys = call("GET", "/api/auth/jwks").body.at("keys").as_array();
  ASSERT_EQ(keys.size(), 2U);
  const auto kid = [](const std::string& token) { return token.substr(0, token.find('.')); };
  EXPECT_EQ(kid(call("GET", "/api/auth/token", "", bearer(ann.session)).text("/token")), kid(ann.access)) << "the new one signs when every process knows it";
  EXPECT_EQ(host.stop(), 0);
  for (const auto& file : std::filesystem::directory_iterator(host.data() / "keys"))
    if (const auto name = file.path().filename().string(); name.starts_with("signing-"))  // five minutes later
      std::filesystem::rename(file.path(), file.path().parent_path() / ("signing-" + std::to_string(std::stoll(name.substr(8)) - 301) + ".pem"));
  host.start();
  const auto fresh = call("GET", "/api/auth/token", "", bearer(ann.session)).text("/token");
  EXPECT_EQ(tasks(fresh).status, 200U);
  EXPECT_EQ(tasks(ann.access).status, 200U);
  EXPECT_NE(kid(fresh), kid(ann.access)) << "another kid";
  EXPECT_EQ(kid(host.token("cli")), kid(fresh)) << "the command signs with the same key";
}

TEST_F(Identity, TokenCommandMakesTheAccountWithAndWithoutAHost) {
  const auto root = admin();
  const auto listed = [&](const std::string& email) {
    return within(5s, [&] { return call("GET", "/api/v1/admin/users", "", bearer(root)).raw.body.find('"' + email + '"') != std::string::npos; });
  };
  EXPECT_FALSE(host.token("bob@example.com").empty());
  EXPECT_TRUE(listed("bob@example.com"));
  EXPECT_EQ(host.stop(), 0);
  const auto printed = host.command({"token", "--user", "carl"});
  EXPECT_EQ(printed.exit, 0);
  EXPECT_EQ(std::count(printed.out.begin(), printed.out.end(), '\n'), 1) << "one token and nothing else";
  host.start();
  EXPECT_TRUE(listed("carl@local.invalid"));
}

TEST_F(Identity, DenialsAreToldWithACount) {
  for (int i = 0; i < 50; ++i) tasks("forged");
  std::string told;
  EXPECT_TRUE(within(5s, [&] {
    told = records("audit-events");
    return told.find("todo.audit.denied.v1") != std::string::npos;
  }));
  std::int64_t count = 0, lines = 0;
  within(3s, [&] {
    count = lines = 0;
    std::istringstream in(records("audit-events"));
    for (std::string line; std::getline(in, line);) {
      const auto record = json::parse(line).as_object();
      if (record.at("type").as_string() != "todo.audit.denied.v1") continue;
      const auto& payload = record.at("payload").as_object();
      EXPECT_EQ(payload.at("reason").as_string(), "invalid-token");
      EXPECT_EQ(payload.at("object").as_string(), "route:GET /api/v1/tasks");
      EXPECT_EQ(payload.at("remote_address").as_string(), "127.0.0.1");
      count += payload.at("count").as_int64();
      ++lines;
    }
    return count >= 50;
  });
  EXPECT_EQ(count, 50) << "none twice, none lost";
  EXPECT_LT(lines, 25) << "equal denials of a second are one record";
  EXPECT_NE(told.find("plugin:identity"), std::string::npos);
}

TEST_F(Identity, PreferencesAreKept) {
  const auto ann = sign_up();
  auto fields = bearer(ann.access);
  fields.emplace_back("If-Match", "*");
  EXPECT_EQ(call("PUT", "/api/v1/preferences", R"({"tz":"Europe/Paris","quiet_hours":{"from":"22:00","to":"07:00"}})", fields).status, 200U);
  EXPECT_EQ(call("PUT", "/api/v1/preferences", R"({"tz":"Mars/Base"})", fields).status, 422U);
  const auto kept = call("GET", "/api/v1/preferences", "", bearer(ann.access));
  EXPECT_EQ(kept.text("/tz"), "Europe/Paris");
  EXPECT_EQ(kept.etag(), "\"1\"");
}

}  // namespace
}  // namespace evhost::e2e
