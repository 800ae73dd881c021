// The chat plugin in the in-memory host, and the few words its tests are written in.
//
// With EVH_RECORD_EVENTS=<file> every published event is appended there as one JSON line {topic, type, key, payload}; the
// ctest `contract.events` holds them against schemas/events/json. EVH_RECORD_EXCHANGES=<file> does the same for requests and
// answers, and `contract.openapi` holds those against schemas/api/openapi.yaml.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include <evh/abi/entry.h>
#include <evh/testing/host.hpp>

extern "C" const evh_entry* evh_plugin_entry(std::uint32_t host_major, std::uint32_t host_minor);

namespace chat_test {

namespace json = boost::json;

inline json::value parse(const std::string& text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  EXPECT_FALSE(failed) << text;
  return value;
}

struct reply {
  evh::testing::answer raw;
  int status() const { return raw.status; }
  json::value body() const { return parse(raw.body); }
  std::string text(std::string_view pointer) const {
    const auto value = body();
    boost::system::error_code failed;
    const auto* found = value.find_pointer(pointer, failed);
    if (found == nullptr) return "(none)";
    return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
  }
  std::string header(const std::string& name) const {
    const auto found = raw.headers.find(name);
    return found == raw.headers.end() ? "" : found->second;
  }
};

class chat_host : public testing::Test {
 protected:
  chat_host() { host_.load(evh_plugin_entry(1, 0)); }
  ~chat_host() override { record(); }

  reply send(std::string method, std::string target, std::string body = {}, std::map<std::string, std::string> headers = {}) {
    if (!body.empty() && !headers.contains("content-type")) headers["content-type"] = "application/json";
    const evh::testing::call asked{.method = std::move(method), .target = std::move(target), .body = std::move(body),
                                   .headers = std::move(headers), .subject = subject_};
    reply answer{host_.request(asked)};
    record(asked, answer);
    return answer;
  }
  reply get(std::string target, std::map<std::string, std::string> headers = {}) { return send("GET", std::move(target), {}, std::move(headers)); }
  reply post(std::string target, std::string body = {}) { return send("POST", std::move(target), std::move(body)); }
  reply patch(const std::string& id, std::string body, const std::string& etag) {
    return send("PATCH", "/api/v1/tasks/" + id, std::move(body), {{"if-match", etag}});
  }
  reply remove(const std::string& id, const std::string& etag) { return send("DELETE", "/api/v1/tasks/" + id, {}, {{"if-match", etag}}); }

  // A task of this title (and further members, e.g. R"("priority":"high")"); its id.
  std::string make(const std::string& title, const std::string& members = {}) {
    const auto made = post("/api/v1/tasks", "{\"title\":\"" + title + "\"" + (members.empty() ? "" : "," + members) + "}");
    EXPECT_EQ(made.status(), 201) << made.raw.body;
    return made.text("/id");
  }
  // Titles of a list, joined by spaces.
  std::string titles(const std::string& target) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status(), 200) << answer.raw.body;
    std::string out;
    if (answer.status() != 200) return answer.raw.body;
    const auto body = answer.body();
    for (const auto& item : body.at("items").as_array()) {
      if (!out.empty()) out += ' ';
      out += item.at("title").as_string().c_str();
    }
    return out;
  }
  std::vector<evh::testing::published_event> events(std::string_view topic, std::size_t from = 0) const {
    std::vector<evh::testing::published_event> out;
    const auto& all = host_.published();
    for (std::size_t i = from; i < all.size(); ++i)
      if (all[i].topic == topic) out.push_back(all[i]);
    return out;
  }

  evh::testing::host host_;
  std::string subject_ = "user-1";

 private:
  static void record(const evh::testing::call& asked, const reply& answer) {
    const char* file = std::getenv("EVH_RECORD_EXCHANGES");
    if (file == nullptr) return;
    boost::system::error_code no_utf8;
    parse_quietly(json::serialize(json::string(asked.body)), no_utf8);
    json::object headers{{"content-type", answer.raw.content_type}};
    for (const auto& [name, value] : answer.raw.headers) headers[name] = value;
    std::ofstream(file, std::ios::app) << json::serialize(json::object{
        {"method", asked.method}, {"path", asked.target}, {"request_body", no_utf8 ? "" : json::string_view(asked.body)},
        {"status", answer.status()}, {"headers", headers}, {"body", answer.raw.body}}) + "\n";
  }
  static void parse_quietly(const std::string& text, boost::system::error_code& failed) { json::parse(text, failed); }
  void record() const {
    const char* file = std::getenv("EVH_RECORD_EVENTS");
    if (file == nullptr) return;
    std::ofstream out(file, std::ios::app);
    for (const auto& each : host_.published())
      out << json::serialize(json::object{{"topic", each.topic}, {"type", each.type}, {"key", each.key}, {"payload", each.payload}}) + "\n";
  }
};

}  // namespace chat_test
