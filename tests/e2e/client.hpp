// One person talking to a host in the tests: a keep-alive client with a token, answers as JSON.
#pragma once
#include "tests/support/host_under_test.hpp"
#include "tests/support/http_client.hpp"

#include <boost/json.hpp>

#include <string>

namespace evhost::e2e {

namespace json = boost::json;

struct reply {
  unsigned status = 0;
  json::value body;
  test::http_answer raw;

  [[nodiscard]] std::string text(std::string_view pointer) const {
    boost::system::error_code ec;
    const auto* v = body.find_pointer(pointer, ec);
    return !v ? std::string() : v->is_string() ? std::string(v->get_string()) : json::serialize(*v);
  }
  [[nodiscard]] std::string code() const { return text("/code"); }
  [[nodiscard]] std::string id() const { return text("/id"); }
  [[nodiscard]] std::string etag() const { return raw.field("ETag"); }
  [[nodiscard]] std::size_t items() const { return body.at("items").as_array().size(); }
};

class person {
 public:
  person(const test::host_under_test& host, const std::string& name) : http_(host.port()), token(host.token(name)) { http_.bearer(token); }

  reply get(const std::string& target, test::field_list fields = {}) { return wrap(http_.get(target, std::move(fields))); }
  reply post(const std::string& target, const std::string& body = "", test::field_list fields = {}) { return wrap(http_.post(target, body, std::move(fields))); }
  reply patch(const std::string& target, const std::string& body, test::field_list fields = {}) { return wrap(http_.patch(target, body, std::move(fields))); }
  reply del(const std::string& target, test::field_list fields = {}) { return wrap(http_.del(target, std::move(fields))); }
  reply say(const std::string& message, const std::string& conversation = {}) {
    json::object body{{"message", message}, {"tz", "Europe/Paris"}};
    if (!conversation.empty()) body["conversation_id"] = conversation;
    return post("/api/v1/chat", json::serialize(body));
  }
  test::http_client& http() { return http_; }

 private:
  static reply wrap(test::http_answer raw) {
    reply r;
    r.status = raw.status;
    boost::system::error_code ec;
    r.body = json::parse(raw.body, ec);
    r.raw = std::move(raw);
    return r;
  }
  test::http_client http_;

 public:
  const std::string token;
};

}  // namespace evhost::e2e
