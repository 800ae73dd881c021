// The notification plugin in the in-memory host, with a clock that stands still and a transport that does what the test says.
//
// EVH_RECORD_EVENTS and EVH_RECORD_EXCHANGES record for the ctest contract.notification, as in the chat plugin's tests.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <evh/testing/host.hpp>

#include "plugins/calendar/civil.hpp"
#include "plugins/notification/plugin.hpp"

namespace notification_test {

namespace json = boost::json;

// 2026-08-18T10:30:00Z, a Tuesday.
inline constexpr std::int64_t start_ms = 1'787'049'000'000;

inline std::int64_t ms_of(std::string_view instant) { return calendar::parse_instant(instant).value().time_since_epoch().count() * 1000; }

// What tests share with the plugin instance the host makes.
struct world {
  std::int64_t now_ms = start_ms;
  std::deque<notification::outcome> outcomes;                 // of the next messages; then success
  std::vector<notification::outgoing> sent;
  bool hold = false;                                          // keep messages under way
  std::vector<notification::transport::done_fn> held;
  static world& the() {
    static world one;
    return one;
  }
};

class fake_transport final : public notification::transport {
 public:
  void start(notification::outgoing what, done_fn done) override {
    auto& w = world::the();
    w.sent.push_back(std::move(what));
    if (w.hold) return w.held.push_back(std::move(done));
    notification::outcome came{.sent = true, .response = 200};
    if (!w.outcomes.empty()) {
      came = w.outcomes.front();
      w.outcomes.pop_front();
    }
    done(came);
  }
  void stop(std::chrono::steady_clock::time_point) override {}
};

class plugin final : public notification::plugin {
  std::int64_t now_ms() const override { return world::the().now_ms; }
  std::unique_ptr<notification::transport> make_transport() override { return std::make_unique<fake_transport>(); }
};

struct reply {
  evh::testing::answer raw;
  int status() const { return raw.status; }
  json::value body() const { return json::parse(raw.body); }
  std::string text(std::string_view pointer) const {
    boost::system::error_code failed;
    const auto value = json::parse(raw.body, failed);
    const auto* found = failed ? nullptr : value.find_pointer(pointer, failed);
    if (found == nullptr) return "(none)";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
  }
  std::string header(const std::string& name) const { return raw.headers.contains(name) ? raw.headers.at(name) : ""; }
};

class notification_host : public testing::Test {
 protected:
  explicit notification_host(std::string config = "{}") {
    world::the() = {};
    host_.load(evh::binding<plugin>::entry(1, 0), config);
  }
  ~notification_host() override { record_events(); }

  reply send(std::string method, std::string target, std::string body = {}, std::map<std::string, std::string> headers = {}) {
    if (!body.empty() && !headers.contains("content-type")) headers["content-type"] = "application/json";
    const evh::testing::call asked{.method = std::move(method), .target = std::move(target), .body = std::move(body), .headers = std::move(headers), .subject = subject_};
    reply answer{host_.request(asked)};
    record(asked, answer);
    return answer;
  }
  reply get(std::string target) { return send("GET", std::move(target)); }
  reply post(std::string target, std::string body = {}) { return send("POST", std::move(target), std::move(body)); }

  // One reminder of a task of user-1: members of the reminder and of the due as JSON.
  evh::testing::delivery schedule(std::int64_t version, const std::string& reminders, const std::string& due = "null", const std::string& members = {},
                                  const std::string& task = "task-1") {
    const std::string payload = R"({"owner":"user-1","task_id":")" + id(task) + R"(","task_version":)" + std::to_string(version) +
                                R"(,"title":"Pay rent","due":)" + due + R"(,"reminders":[)" + reminders +
                                R"(],"actor":{"id":"user-1","kind":"user"},"correlation_id":"c","priority":)" + (members.empty() ? R"("medium")" : members) + "}";
    return host_.deliver("reminders", {event("reminders", "todo.reminder.scheduled.v1", payload)});
  }
  evh::testing::delivery cancel(std::int64_t version, const std::string& task = "task-1") {
    return host_.deliver("reminders", {event("reminders", "todo.reminder.cancelled.v1",
                                             R"({"owner":"user-1","task_id":")" + id(task) + R"(","task_version":)" + std::to_string(version) +
                                                 R"(,"reason":"completed","actor":{"id":"user-1","kind":"user"},"correlation_id":"c"})")});
  }
  // "task-7" as an id.
  static std::string id(const std::string& task) {
    if (!task.starts_with("task-")) return task;
    const auto n = task.substr(5);
    return "0198b2a0-0000-7000-8000-" + std::string(12 - n.size(), '0') + n;
  }
  static std::string at(std::string_view instant, std::string_view id = "r1", std::string_view more = {}) {
    return R"({"id":")" + std::string(id) + R"(","at":{"instant":")" + std::string(instant) + "\"}" + std::string(more) + "}";
  }
  void user(const std::string& type, const std::string& members) {
    host_.deliver("user-events", {event("user-events", "todo.user." + type + ".v1",
                                        R"({"user_id":"user-1",)" + members + R"("actor":{"id":"user-1","kind":"user"},"correlation_id":"c"})")});
  }
  void preferences(const std::string& members) { user("preferences", "\"preferences\":{" + members + "},"); }

  // The clock moves there and the plugin is woken.
  void go_to(std::string_view instant) {
    world::the().now_ms = ms_of(instant);
    tick();
  }
  void tick() { host_.fire(every_second); }

  std::string sql(const std::string& text) { return host_.scalar(text); }
  std::int64_t due_rows() { return std::stoll(sql("SELECT count(*) FROM notification_due")); }
  std::size_t published(std::string_view topic, std::string_view type) const {
    std::size_t n = 0;
    for (const auto& each : host_.published()) n += each.topic == topic && each.type == type;
    return n;
  }
  json::value last(std::string_view topic, std::string_view type) const {
    json::value out;
    for (const auto& each : host_.published())
      if (each.topic == topic && each.type == type) out = json::parse(each.payload);
    return out;
  }

  static constexpr std::uint64_t alarm = 0, every_second = 1;
  evh::testing::host host_;
  std::string subject_ = "user-1";

 private:
  evh::testing::published_event event(std::string topic, std::string type, std::string payload) {
    return {.topic = std::move(topic), .type = std::move(type), .id = "e" + std::to_string(++events_), .key = "user-1", .payload = std::move(payload)};
  }
  void record_events() const {
    const char* file = std::getenv("EVH_RECORD_EVENTS");
    if (!file) return;
    std::ofstream out(file, std::ios::app);
    for (const auto& e : host_.published())
      out << json::serialize(json::object{{"topic", e.topic}, {"type", e.type}, {"key", e.key}, {"payload", e.payload}}) << '\n';
  }
  static void record(const evh::testing::call& asked, const reply& answer) {
    const char* file = std::getenv("EVH_RECORD_EXCHANGES");
    if (!file) return;
    json::object headers{{"content-type", answer.raw.content_type}};
    for (const auto& [name, value] : answer.raw.headers) headers[name] = value;
    std::ofstream(file, std::ios::app) << json::serialize(json::object{{"method", asked.method}, {"path", asked.target}, {"request_body", asked.body},
                                                                      {"status", answer.status()}, {"headers", headers}, {"body", answer.raw.body}}) + "\n";
  }
  int events_ = 0;
};

}  // namespace notification_test
