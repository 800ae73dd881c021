// Authentication, rate limits, trusted proxies: rows 36, 52 and 75 as far as the front decides them.
#include "tests/unit/host/http/front_fixture.hpp"

namespace evhost::http {
namespace {

using namespace std::chrono_literals;

struct fake_authenticator final : io::authenticator {
  io::auth_verdict verify(std::string_view authorization) noexcept override {
    if (authorization == "Bearer good") {
      auto who = std::make_shared<io::principal>();
      who->subject = "alice";
      return {who, {}, {}};
    }
    if (authorization == "Bearer old") return {nullptr, "token-expired", "sign in again"};
    if (authorization == "Bearer unknown-issuer") return {nullptr, "jwks-unavailable", "keys cannot be fetched"};
    if (!authorization.starts_with("Bearer ")) return {nullptr, "authentication-required", "use a Bearer token"};
    return {nullptr, "invalid-token", {}};
  }
};

struct fake_gate final : io::rate_gate {
  std::mutex mutex;
  std::vector<std::string> asked;
  bool user_allowed = true, address_allowed = true;
  io::rate_verdict take(io::rate_scope scope, std::string_view key, unsigned cost) noexcept override {
    const std::lock_guard lock(mutex);
    const bool user = scope == io::rate_scope::user;
    asked.push_back((user ? "user:" : "address:") + std::string(key) + ":" + std::to_string(cost));
    return {user ? user_allowed : address_allowed, user ? "user" : "ip", 120, 60, 17, 4};
  }
};

class HooksTest : public FrontTest {
 protected:
  void serve_guarded(front_options options = test_options()) {
    const auto who = [](io::http_exchange_ptr x) { x->respond(200, {}, x->request().who ? x->request().who->subject : "nobody"); };
    io::http_route_options required, optional;
    required.cost = 5;
    optional.auth = io::auth_mode::optional;
    add_route(io::http_method::get, "/me", who, required);
    add_route(io::http_method::get, "/maybe", who, optional);
    add_route(io::http_method::get, "/address", [](io::http_exchange_ptr x) {
      x->respond(200, {}, std::string(x->request().client_address) + " " + std::string(x->request().request_id));
    }, open_to_all());
    add_route(io::http_method::get, "/scheme", [](io::http_exchange_ptr x) { x->respond(200, {}, x->request().tls ? "https" : "http"); }, open_to_all());
    front_hooks hooks;
    hooks.authenticator = &authenticator_;
    hooks.rates = &gate_;
    serve(std::move(options), hooks);
  }
  fake_authenticator authenticator_;
  fake_gate gate_;
};

TEST_F(HooksTest, AuthenticatesBeforeTheHandler) {
  serve_guarded();
  test::http_client client(port());
  const auto with = [&](const char* path, const std::string& value) { return client.get(path, {{"Authorization", value}}); };
  EXPECT_EQ(with("/me", "Bearer good").body, "alice");
  EXPECT_EQ(with("/maybe", "Bearer good").body, "alice");
  EXPECT_EQ(client.get("/maybe").body, "nobody");
  const auto none = client.get("/me");
  EXPECT_EQ(none.status, 401u);
  EXPECT_EQ(none.field("WWW-Authenticate"), "Bearer");
  EXPECT_NE(none.body.find("authentication-required"), std::string::npos);
  const auto bad = with("/me", "Bearer bad");
  EXPECT_EQ(bad.status, 401u);
  EXPECT_EQ(bad.field("WWW-Authenticate"), "Bearer error=\"invalid_token\"");
  EXPECT_NE(with("/me", "Bearer old").body.find("token-expired"), std::string::npos);
  EXPECT_EQ(with("/me", "Basic eDp5").field("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(with("/maybe", "Bearer bad").status, 401u);
  EXPECT_EQ(with("/me", "Bearer unknown-issuer").status, 503u);
}

TEST_F(HooksTest, ChargesAddressThenUserAndShowsTheBudget) {
  serve_guarded();
  test::http_client client(port());
  const auto a = client.get("/me", {{"Authorization", "Bearer good"}});
  EXPECT_EQ(gate_.asked, (std::vector<std::string>{"address:127.0.0.1:5", "user:alice:5"}));
  EXPECT_EQ(a.field("RateLimit"), "\"ip\";r=17;t=4");
  EXPECT_EQ(a.field("RateLimit-Policy"), "\"ip\";q=120;w=60");
}

TEST_F(HooksTest, RefusesAboveTheQuota) {
  serve_guarded();
  test::http_client client(port());
  gate_.user_allowed = false;
  const auto a = client.get("/me", {{"Authorization", "Bearer good"}});
  EXPECT_EQ(a.status, 429u);
  EXPECT_GE(std::stoi(a.field("Retry-After")), 4);
  EXPECT_NE(a.body.find("http-problem-types#quota-exceeded"), std::string::npos);
  EXPECT_NE(a.body.find("\"violated-policies\":[\"user\"]"), std::string::npos);
  gate_.address_allowed = false;
  gate_.asked.clear();
  EXPECT_EQ(client.get("/me", {{"Authorization", "Bearer good"}}).status, 429u);
  EXPECT_EQ(gate_.asked.size(), 1u);  // before any token is looked at
}

TEST_F(HooksTest, IgnoresForwardingFieldsOfStrangers) {
  serve_guarded();
  test::http_client client(port());
  const auto a = client.get("/address", {{"X-Forwarded-For", "9.9.9.9"}, {"X-Request-Id", "mine"}, {"X-User-Id", "admin"}});
  EXPECT_TRUE(a.body.starts_with("127.0.0.1 "));
  EXPECT_NE(a.field("X-Request-Id"), "mine");
}

TEST_F(HooksTest, BelievesTrustedProxies) {
  auto options = test_options();
  options.trusted_proxies = {"127.0.0.0/8"};
  serve_guarded(options);
  test::http_client client(port());
  const auto a = client.get("/address", {{"X-Forwarded-For", "1.1.1.1, 9.9.9.9"}, {"X-Request-Id", "from-the-edge"}});
  EXPECT_EQ(a.body, "9.9.9.9 from-the-edge");
  EXPECT_EQ(a.field("X-Request-Id"), "from-the-edge");
  EXPECT_EQ(gate_.asked.back(), "address:9.9.9.9:1");
  EXPECT_EQ(client.get("/scheme", {{"X-Forwarded-Proto", "https"}}).body, "https");
  EXPECT_EQ(client.get("/scheme").body, "http");
  EXPECT_EQ(client.get("/address", {{"X-Request-Id", "bad id; x"}}).field("X-Request-Id").size(), 36u);
}

TEST_F(FrontTest, FailsClosedWithoutAnAuthenticator) {
  add_route(io::http_method::get, "/me", [](io::http_exchange_ptr x) { x->respond(200, {}, ""); }, {});
  serve();
  EXPECT_EQ(talk(ask("GET /me HTTP/1.1")).statuses, std::vector<unsigned>{503});
}

front_options with_page_elsewhere() {
  auto options = test_options();
  options.cors_origins = {"https://todo.example.org"};
  return options;
}

TEST_F(HooksTest, APageElsewhereReadsAnswersAndRefusals) {
  serve_guarded(with_page_elsewhere());
  test::http_client client(port());
  for (const auto* path : {"/maybe", "/me", "/nowhere"}) {  // answered, 401, 404
    const auto reply = client.get(path, {{"Origin", "https://todo.example.org"}});
    EXPECT_EQ(reply.field("access-control-allow-origin"), "https://todo.example.org") << path;
    EXPECT_EQ(reply.field("vary"), "Origin") << path;
  }
  for (const auto* stranger : {"https://todo.example.org.evil.example", "https://Todo.Example.org", "null", "http://todo.example.org"})
    EXPECT_EQ(client.get("/maybe", {{"Origin", stranger}}).field("access-control-allow-origin"), "") << stranger;
  EXPECT_EQ(client.get("/maybe").field("vary"), "");
}

TEST_F(HooksTest, APreflightIsAnsweredWithoutCredentials) {
  serve_guarded(with_page_elsewhere());
  const auto preflight = [&](const std::string& origin) {
    return talk(ask("OPTIONS /me HTTP/1.1", "Origin: " + origin + "\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n"));
  };
  const auto ours = preflight("https://todo.example.org");
  EXPECT_EQ(ours.statuses, std::vector<unsigned>{204});
  EXPECT_NE(ours.raw.find("Access-Control-Allow-Methods: GET"), std::string::npos) << ours.raw;
  EXPECT_NE(ours.raw.find("Access-Control-Allow-Headers: Authorization"), std::string::npos) << ours.raw;
  EXPECT_EQ(preflight("https://evil.example").raw.find("Access-Control"), std::string::npos);
}

}  // namespace
}  // namespace evhost::http
