// The plugin in the in-memory host: the page, its files, their headers and caching, and what it does not answer.
#include "page_files.hpp"

#include <evh/testing/host.hpp>

#include <gmock/gmock.h>

#include <string>

namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct WebPlugin : testing::Test {
  evh::testing::host host;

  void SetUp() override { host.load_file(EVH_WEB_PLUGIN); }

  // As a browser that is not signed in asks.
  evh::testing::answer get(const std::string& path, std::map<std::string, std::string> headers = {}) {
    return host.request({.target = path, .headers = std::move(headers), .subject = ""});
  }
  static std::string asset(const std::string& name) { return "/assets/" + std::string(web::build_id()) + "/" + name; }
};

TEST_F(WebPlugin, ThePageIsServedToAnybodyAndAskedForAgain) {
  for (const auto* path : {"/", "/index.html"}) {
    const auto page = get(path);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(page.headers.at("Cache-Control"), "no-cache");
    EXPECT_THAT(page.body, HasSubstr(asset("app.js")));
  }
}

TEST_F(WebPlugin, EveryFileThePageNamesIsThere) {
  const auto page = get("/").body;
  int named = 0;
  for (std::size_t at = 0; (at = page.find("/assets/", at)) != std::string::npos; ++named) {
    const auto end = page.find('"', at);
    EXPECT_EQ(get(page.substr(at, end - at)).status, 200) << page.substr(at, end - at);
    at = end;
  }
  EXPECT_GT(named, 10);
}

TEST_F(WebPlugin, FilesOfThisBuildAreKeptForEver) {
  const auto script = get(asset("app.js"));
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
  EXPECT_THAT(script.headers.at("Cache-Control"), HasSubstr("immutable"));
}

TEST_F(WebPlugin, AnotherBuildsUrlIsNotKept) {
  const auto script = get("/assets/0123456789abcdef/app.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.headers.at("Cache-Control"), "no-store");
}

TEST_F(WebPlugin, TheTagAnswersNotModified) {
  const auto tag = get("/").headers.at("ETag");
  EXPECT_THAT(tag, StartsWith("\""));
  const auto again = get("/", {{"If-None-Match", tag}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.headers.at("ETag"), tag);
  EXPECT_EQ(get("/", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(WebPlugin, PackedBytesHaveATagOfTheirOwn) {
  const auto plain = get(asset("app.js")), packed = get(asset("app.js"), {{"Accept-Encoding", "br, gzip;q=0.8"}});
  EXPECT_EQ(packed.headers.at("Content-Encoding"), "gzip");
  EXPECT_THAT(packed.body, StartsWith("\x1f\x8b"));
  EXPECT_LT(packed.body.size(), plain.body.size());
  EXPECT_NE(packed.headers.at("ETag"), plain.headers.at("ETag"));
  EXPECT_EQ(get(asset("app.js"), {{"Accept-Encoding", "gzip;q=0"}}).headers.count("Content-Encoding"), 0u);
}

TEST_F(WebPlugin, EveryAnswerIsGuarded) {
  for (const auto& path : {std::string("/"), asset("app.js"), asset("icon.svg")}) {
    const auto headers = get(path).headers;
    EXPECT_THAT(headers.at("Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_EQ(headers.at("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(headers.at("X-Frame-Options"), "DENY");
  }
}

TEST_F(WebPlugin, WhatItDoesNotHaveIsNotFound) {
  EXPECT_EQ(get(asset("nothing.js")).status, 404);
  EXPECT_EQ(get(asset("..")).status, 404);
  EXPECT_EQ(get("/api/v1/nothing").status, 404);
  EXPECT_EQ(get("/elsewhere").status, 404);
}

TEST_F(WebPlugin, ConfigTellsTheAddresses) {
  const auto config = get("/config.json");
  EXPECT_EQ(config.status, 200);
  EXPECT_EQ(config.body, R"({"api_url":null,"ws_url":null,"issuer":null})");
}

TEST(WebPluginConfig, AddressesReachThePageAndItsPolicy) {
  evh::testing::host host;
  host.load_file(EVH_WEB_PLUGIN, R"({"api_url":"https://api.example.org","ws_url":"","issuer":""})");
  EXPECT_THAT(host.get("/config.json").body, HasSubstr("https://api.example.org"));
  EXPECT_THAT(host.get("/").headers.at("Content-Security-Policy"), HasSubstr("wss://api.example.org"));
}

TEST(WebPluginConfig, AWrongAddressStopsTheStart) {
  evh::testing::host host;
  EXPECT_THROW(host.load_file(EVH_WEB_PLUGIN, R"({"api_url":"nonsense","ws_url":"","issuer":""})"), std::runtime_error);
}

}  // namespace
