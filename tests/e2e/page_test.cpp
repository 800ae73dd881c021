// The page as the host serves it: from any address, with the configured addresses, and without covering the API.
#include "tests/e2e/client.hpp"

#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

namespace evhost::e2e {
namespace {

using environment = std::map<std::string, std::string>;

struct Page : testing::Test {
  test::host_under_test host;

  test::http_answer get(const std::string& target, test::field_list fields = {}) {
    return test::http_client(host.port()).get(target, std::move(fields));
  }
  std::string config(const environment& set) {
    host.start(set);
    auto body = get("/config.json").body;
    EXPECT_EQ(host.stop(), 0) << host.log();
    return body;
  }
};

TEST_F(Page, IsServedWithItsFilesToAnybody) {
  host.start();
  const auto page = get("/");
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.field("X-Content-Type-Options"), "nosniff");
  EXPECT_NE(page.field("Content-Security-Policy").find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(get("/", {{"If-None-Match", page.field("ETag")}}).status, 304u);
  const auto at = page.body.find("/assets/");
  const auto file = get(page.body.substr(at, page.body.find('"', at) - at), {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(file.status, 200u);
  EXPECT_EQ(file.field("Content-Encoding"), "gzip");
  EXPECT_NE(file.field("Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(json::parse(get("/config.json").body).at("api_url"), nullptr);
}

TEST_F(Page, DoesNotCoverTheApi) {
  host.start();
  for (const auto* path : {"/api/v1/no-such-thing", "/api/no-such-thing", "/no-such-page"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 404u) << path;
    EXPECT_EQ(answer.field("Content-Type"), "application/problem+json") << path;
  }
  EXPECT_EQ(get("/health").status, 200u);
  EXPECT_EQ(get("/api/v1/tasks").status, 401u);
}

TEST_F(Page, AddressesComeFromTheEnvironmentTheMoreDeliberateNameFirst) {
  const auto expect = [](const std::string& body, const char* api, const char* ws, const char* issuer) {
    const auto read = json::parse(body);
    EXPECT_EQ(read.at("api_url").as_string(), api);
    EXPECT_EQ(read.at("ws_url").as_string(), ws);
    EXPECT_EQ(read.at("issuer").as_string(), issuer);
  };
  expect(config({{"NEXT_PUBLIC_FASTAPI_API_URL", "https://api.example.org/api/v1"}, {"NEXT_PUBLIC_WEBSOCKET_URL", "wss://live.example.org/ws"},
                 {"BETTER_AUTH_URL", "https://id.example.org"}}),
         "https://api.example.org/api/v1", "wss://live.example.org/ws", "https://id.example.org");
  expect(config({{"NEXT_PUBLIC_FASTAPI_API_URL", "https://old.example.org"}, {"EVH_WEB__API_URL", "https://api.example.org"},
                 {"EVH_WEB__WS_URL", "wss://live.example.org/ws"}, {"BETTER_AUTH_URL", "https://id.example.org"},
                 {"EVH_PLUGINS__WEB__ISSUER", "https://other.example.org"}}),
         "https://api.example.org", "wss://live.example.org/ws", "https://other.example.org");
}

TEST_F(Page, AWrongAddressIsNamedAndTheHostIsNotReady) {
  host.launch({{"EVH_WEB__API_URL", "not an address"}});
  EXPECT_THROW(host.wait_ready(std::chrono::seconds(3)), std::runtime_error);
  EXPECT_NE(host.log().find("plugins.web.api_url: \"not an address\""), std::string::npos) << host.log();
}

// Behind a proxy that ends TLS the host cannot see that the Origin is its own.
TEST_F(Page, ItsPublicOriginMayOpenWebSockets) {
  const auto status = [&](const std::string& origin) {
    test::ws_options options;
    options.origin = origin;
    try {
      return test::ws_client(host.port(), "/api/v1/ws", options).upgrade().status;
    } catch (const test::ws_refused& refused) {
      return refused.answer.status;
    }
  };
  host.start({{"NEXT_PUBLIC_BASE_URL", "https://todo.example.org/app"}, {"BETTER_AUTH_URL", "https://id.example.org"}});
  EXPECT_EQ(status("https://todo.example.org"), 101u);
  EXPECT_EQ(status("https://id.example.org"), 101u);
  EXPECT_EQ(status("https://elsewhere.example.org"), 403u);
}

}  // namespace
}  // namespace evhost::e2e
