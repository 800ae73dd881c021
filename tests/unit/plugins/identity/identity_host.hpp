// The plugin in the in-memory host, and one person's way through it.
#pragma once
#include <evh/evh.hpp>
#include <evh/testing/host.hpp>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>

extern "C" const evh_entry* evh_plugin_entry(std::uint32_t host_major, std::uint32_t host_minor);

namespace identity::tests {

namespace json = boost::json;
using evh::testing::answer;

inline constexpr const char* plain_config = R"({"admins":["root@example.com"],"trusted_origins":["https://page.example"],"base_url":"","sign_up":true,"session_days":7,"password_threads":1})";

struct person {
  std::string id, token, cookie;
};

struct identity_fixture : testing::Test {
  evh::testing::host host;
  void SetUp() override { host.load(evh_plugin_entry(EVH_ABI_MAJOR, EVH_ABI_MINOR), plain_config); }

  using fields = std::map<std::string, std::string>;
  answer post(const std::string& path, const std::string& body, fields with = {}) {
    with.emplace("Content-Type", "application/json");
    with.emplace("Host", "localhost");
    return host.request({.method = "POST", .target = "/api/auth/" + path, .body = body, .headers = std::move(with), .subject = ""});
  }
  answer get(const std::string& path, fields with = {}) {
    return host.request({.method = "GET", .target = "/api/auth/" + path, .headers = std::move(with), .subject = ""});
  }
  static fields bearer(const person& who) { return {{"Authorization", "Bearer " + who.token}}; }

  static json::value body_of(const answer& from) { return json::parse(from.body); }
  static std::string code_of(const answer& from) { return std::string(body_of(from).at("code").as_string()); }
  static person read_person(const answer& from) {
    EXPECT_EQ(from.status, 200) << from.body;
    const auto body = body_of(from);
    const auto set = from.headers.at("Set-Cookie");
    return {std::string(body.at("user").at("id").as_string()), std::string(body.at("token").as_string()), set.substr(0, set.find(';'))};
  }
  person sign_up(const std::string& email = "ann@example.com", const std::string& password = "correct horse") {
    return read_person(post("sign-up/email", R"({"name":"Ann","email":")" + email + R"(","password":")" + password + "\"}"));
  }
  answer sign_in(const std::string& password, const std::string& email = "ann@example.com") {
    return post("sign-in/email", R"({"email":")" + email + R"(","password":")" + password + "\"}");
  }
  // Events of a type, as their payloads.
  std::vector<json::object> events(std::string_view type) const {
    std::vector<json::object> out;
    for (const auto& e : host.published())
      if (e.type == type) out.push_back(json::parse(e.payload).as_object());
    return out;
  }
  // "sign_in failure", ... in order.
  std::string audit() const {
    std::string out;
    for (const auto& e : host.published())
      if (e.topic == "audit-events") {
        const auto o = json::parse(e.payload).as_object();
        out += (out.empty() ? "" : ", ") + std::string(o.at("action").as_string()) + " " + std::string(o.at("outcome").as_string());
      }
    return out;
  }
};

}  // namespace identity::tests
