// The audit plugin in the in-memory host, and the few words its tests are written in.
#pragma once
#include <evh/testing/host.hpp>

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace audit_test {

namespace json = boost::json;

struct audit_host : testing::Test {
  evh::testing::host host;
  std::map<std::string, std::int64_t> next;

  void SetUp() override { host.load_file(EVH_AUDIT_PLUGIN, config()); }
  virtual std::string config() { return R"({"origin":"test/audit","topics":"","signing_key_secret":"","accept_new_key":false})"; }

  static std::string task_payload(const std::string& actor, const std::string& task, const std::string& title = "milk") {
    return R"({"task":{"id":")" + task + R"(","title":")" + title + R"("},"actor":{"id":")" + actor + R"(","kind":"user"}})";
  }
  // One task event; the id is "e<n>" over all topics.
  std::string event(const std::string& owner, const std::string& task, const std::string& actor = {}, const std::string& topic = "task-events") {
    const auto id = "e" + std::to_string(serial_++);
    const auto d = host.deliver(topic, {{.topic = topic, .type = "todo.task.created.v1", .id = id, .key = owner,
                                         .payload = task_payload(actor.empty() ? owner : actor, task), .offset = next[topic]++}});
    EXPECT_EQ(d.status, EVH_OK) << d.error;
    return id;
  }
  // Rounds of the sequencer: the timer's first tick looks into the table, later ones wait for their time.
  void integrate() {
    for (int i = 0; i < 200 && host.scalar("SELECT count(*) FROM audit_staged") != "0"; ++i) {
      ASSERT_TRUE(host.fire(0));
      std::this_thread::yield();
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
      while (std::chrono::steady_clock::now() < deadline && host.scalar("SELECT count(*) FROM audit_staged") != "0") host.fire(0);
    }
    ASSERT_EQ(host.scalar("SELECT count(*) FROM audit_staged"), "0");
  }

  evh::testing::answer ask(const std::string& who, const std::string& target, const std::string& roles = "user", const std::string& method = "GET",
                           const std::string& body = {}, std::map<std::string, std::string> headers = {}) {
    return host.request({.method = method, .target = target, .body = body, .headers = std::move(headers), .subject = who, .roles = roles});
  }
  static json::value parsed(const evh::testing::answer& a) {
    boost::system::error_code ec;
    auto v = json::parse(a.body, ec);
    EXPECT_FALSE(ec) << a.body;
    return v;
  }
  json::array items(const std::string& who, const std::string& query = {}, const std::string& roles = "user") {
    const auto a = ask(who, "/api/v1/audit" + query, roles);
    EXPECT_EQ(a.status, 200) << a.body;
    return parsed(a).at("items").as_array();
  }

 private:
  int serial_ = 0;
};

}  // namespace audit_test
