// Two hosts with the same plugins, asked the same: one embedded (SQLite and its log), one on PostgreSQL and Kafka. What
// they answer must be equal byte for byte once ids, times of this run and opaque tokens are written alike.
#pragma once
#include "tests/e2e/client.hpp"
#include "tests/support/kafka_under_test.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <vector>

namespace evhost::engines {

// One of the two: its host, its people, and the names under which a test knows its ids.
class twin {
 public:
  explicit twin(test::host_setup setup) : host(std::move(setup)) { host.start(); }

  test::host_under_test host;
  std::map<std::string, std::string> names;  // @name@ in a target or body stands for the id that was kept under it

  e2e::person& as(const std::string& who);
  e2e::reply send(const std::string& who, const std::string& method, const std::string& target, const std::string& body, const test::field_list& fields);
  // Status, the fields that matter and the body, ids numbered in the order they were seen.
  std::string shown(const e2e::reply& answer);

 private:
  std::string filled(const std::string& text) const;
  std::string numbered(const std::string& text);
  std::map<std::string, std::unique_ptr<e2e::person>> people_;
  std::map<std::string, std::size_t> seen_;
};

class Twins : public testing::Test {
 protected:
  static void SetUpTestSuite();
  void SetUp() override;

  // Asks both; equal answers are expected. The answer of the one on PostgreSQL; its /id and the other's are kept as `name`.
  e2e::reply ask(const std::string& method, const std::string& target, const std::string& body = {}, const test::field_list& fields = {},
                 const std::string& name = {}, const std::string& pointer = "/id");
  e2e::reply get(const std::string& target) { return ask("GET", target); }
  e2e::reply post(const std::string& target, const std::string& body = {}, const std::string& name = {}) { return ask("POST", target, body, {}, name); }
  e2e::reply patch(const std::string& target, const std::string& body, const std::string& version) {
    return ask("PATCH", target, body, {{"If-Match", "\"" + version + "\""}});
  }
  // Every page of a list; each side follows its own cursors.
  void walk(const std::string& target, int limit);
  // Until both give the answer looked for, which must come within 15 s.
  void wait(const std::string& target, const std::function<bool(const e2e::reply&)>& there);

  std::string who;  // who asks; a person of this test's own unless it says otherwise

  static std::unique_ptr<test::kafka_under_test> broker;
  static std::array<std::unique_ptr<twin>, 2> sides;  // embedded, PostgreSQL; go before the broker
  static std::string missing;
};

}  // namespace evhost::engines
