// Who is let in: rows 68-70 of the attack table.
#include "tests/unit/host/websocket/hub_fixture.hpp"

namespace evhost::websocket {
namespace {

using namespace std::chrono_literals;

unsigned status_of_raw(std::uint16_t port, const std::string& bytes, bool* closed = nullptr) {
  test::raw_client client(port);
  client.write(bytes);
  const auto answer = test::read_answer(client);
  if (closed != nullptr) *closed = client.read_to_close(2000ms);
  return answer.status;
}

std::string upgrade(const std::string& line, const std::string& version, const std::string& key, const std::string& more = {}, const std::string& body = {}) {
  std::string out = line + "\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n";
  if (!version.empty()) out += "Sec-WebSocket-Version: " + version + "\r\n";
  if (!key.empty()) out += "Sec-WebSocket-Key: " + key + "\r\n";
  return out + more + "\r\n" + body;
}

const std::string good_key = "dGhlIHNhbXBsZSBub25jZQ==";

TEST_F(HubTest, RefusesMalformedUpgrades) {
  serve();
  const auto port = front_->port();
  bool closed = false;
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "8", good_key), &closed), 426u);
  EXPECT_TRUE(closed);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "", good_key)), 426u);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "13", "")), 400u);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "13", "short")), 400u);
  EXPECT_EQ(status_of_raw(port, upgrade("POST /ws HTTP/1.1", "13", good_key)), 405u);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "13", good_key, "Content-Length: 2\r\n", "hi")), 400u);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "13", good_key, "", "early bytes")), 400u);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "13", good_key, "X: " + std::string(20000, 'a') + "\r\n")), 431u);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.1", "13", good_key, "Sec-WebSocket-Protocol: a, a\r\n")), 400u);
  EXPECT_EQ(status_of_raw(port, "GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n"), 426u);
  EXPECT_EQ(status_of_raw(port, upgrade("GET /ws HTTP/1.0", "13", good_key)), 426u);
  EXPECT_TRUE(handler_.opened().empty());
}

TEST_F(HubTest, IgnoresAnUpgradeOnAnOrdinaryPath) {
  serve();
  EXPECT_EQ(status_of_raw(front_->port(), upgrade("GET /elsewhere HTTP/1.1", "13", good_key)), 404u);
}

TEST_F(HubTest, AcceptsOnlyListedOrigins) {
  hub_options options;
  options.allowed_origins = {"https://app.example"};
  serve({}, options);
  const auto with = [&](const std::string& origin) { return upgrade_status({.origin = origin}); };
  EXPECT_EQ(with(""), 101u);
  EXPECT_EQ(with("https://app.example"), 101u);
  EXPECT_EQ(with("http://localhost"), 101u);  // the page this host itself serves
  EXPECT_EQ(with("https://localhost"), 403u);
  EXPECT_EQ(with("null"), 403u);
  EXPECT_EQ(with("https://app.example.evil"), 403u);
  EXPECT_EQ(with("http://app.example"), 403u);
  EXPECT_EQ(with("https://app.example:444"), 403u);
}

TEST_F(HubTest, ChecksTheTicketBeforeTheUpgrade) {
  io::ws_route_options route;
  route.admit = [](const io::http_request&, std::span<const std::string_view> offered) {
    io::ws_admission out;
    out.admitted = false;
    for (const auto o : offered) {
      if (o == "ticket.good") {
        out.admitted = true;
        auto who = std::make_shared<io::principal>();
        who->subject = "alice";
        out.who = who;
      }
      if (o == "evh.v1") out.subprotocol = "evh.v1";
    }
    return out;
  };
  serve(route);
  EXPECT_EQ(upgrade_status({}), 401u);
  EXPECT_EQ(upgrade_status({.subprotocols = {"evh.v1", "ticket.bad"}}), 401u);
  EXPECT_TRUE(handler_.opened().empty());
  auto client = connect({.subprotocols = {"evh.v1", "ticket.good"}});
  EXPECT_EQ(client.upgrade().field("Sec-WebSocket-Protocol"), "evh.v1");
  id_of();
  EXPECT_EQ(handler_.subject(), "alice");
}

TEST_F(HubTest, NeverSelectsASubprotocolThatWasNotOffered) {
  io::ws_route_options route;
  route.admit = [](const io::http_request&, std::span<const std::string_view>) { return io::ws_admission{true, "other", nullptr, {}}; };
  serve(route);
  EXPECT_FALSE(connect({.subprotocols = {"mine"}}).upgrade().has("Sec-WebSocket-Protocol"));
}

TEST_F(HubTest, RefusesAboveItsConnectionCap) {
  hub_options options;
  options.connections_max = 2;
  serve({}, options);
  auto first = connect();
  auto second = connect();
  EXPECT_EQ(upgrade_status({}), 503u);
  first.raw().close();
  EXPECT_TRUE(eventually([&] { return hub_->connections() == 1; }));
  EXPECT_TRUE(eventually([&] { return upgrade_status({}) == 101; }));
}

TEST_F(HubTest, RefusesRoutesThatCannotBe) {
  serve();
  recording_handler other;
  EXPECT_NE(hub_->websocket("/late", {}, other), "");
  hub fresh({});
  EXPECT_EQ(fresh.websocket("/a", {}, other), "");
  EXPECT_NE(fresh.websocket("/a", {}, other).find("taken"), std::string::npos);
  EXPECT_NE(fresh.websocket("a", {}, other), "");
}

}  // namespace
}  // namespace evhost::websocket
