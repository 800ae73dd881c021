// Starts the two hosts once, asks them, writes their answers alike.
#include "tests/integration/engines/twins.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>

namespace evhost::engines {

using namespace std::chrono_literals;

std::unique_ptr<test::kafka_under_test> Twins::broker;
std::array<std::unique_ptr<twin>, 2> Twins::sides;
std::string Twins::missing;

e2e::person& twin::as(const std::string& who) {
  auto& one = people_[who];
  if (!one) one = std::make_unique<e2e::person>(host, who);
  return *one;
}

std::string twin::filled(const std::string& text) const {
  std::string out = text;
  for (const auto& [name, id] : names)
    for (std::size_t at; (at = out.find("@" + name + "@")) != out.npos;) out.replace(at, name.size() + 2, id);
  return out;
}

e2e::reply twin::send(const std::string& who, const std::string& method, const std::string& target, const std::string& body, const test::field_list& fields) {
  e2e::person& from = as(who);
  const std::string to = filled(target);
  if (method == "GET") return from.get(to, fields);
  if (method == "POST") return from.post(to, filled(body), fields);
  if (method == "PATCH") return from.patch(to, filled(body), fields);
  return from.del(to, fields);
}

std::string twin::numbered(const std::string& text) {
  static const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
  std::string out;
  auto from = text.cbegin();
  for (std::sregex_iterator it(text.cbegin(), text.cend(), uuid), end; it != end; ++it) {
    out.append(from, (*it)[0].first).append("<id ").append(std::to_string(seen_.try_emplace(it->str(), seen_.size()).first->second)).append(">");
    from = (*it)[0].second;
  }
  return out.append(from, text.cend());
}

std::string twin::shown(const e2e::reply& answer) {
  static const std::string year = [] {
    const std::time_t now = std::time(nullptr);
    char text[8];
    std::strftime(text, sizeof text, "%Y", std::gmtime(&now));
    return std::string(text);
  }();
  static const std::regex request("\"request_id\":\"[^\"]*\""), instant(year + R"(-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)"), token("[A-Za-z0-9_-]{48,}(\\.[A-Za-z0-9_-]+)*");
  std::string body = std::regex_replace(answer.raw.body, request, "\"request_id\":\"?\"");
  body = std::regex_replace(body, instant, "<time>");
  body = std::regex_replace(body, token, "<token>");
  std::string out = std::to_string(answer.status);
  for (const char* field : {"ETag", "Location", "Content-Type", "Idempotent-Replayed", "Retry-After"})
    if (answer.raw.has(field)) out += " " + std::string(field) + "=" + answer.raw.field(field);
  out += answer.raw.has("Undo-Token") ? " undoable\n" : "\n";
  return numbered(out + body);
}

// Once per process; the end of the process ends them.
void Twins::SetUpTestSuite() {
  if (sides[1] || !missing.empty()) return;
  auto& postgres = test::postgres_under_test::instance();
  missing = test::kafka_under_test::missing();
  if (!postgres.available()) missing = postgres.why();
  if (!missing.empty()) return;
  broker = std::make_unique<test::kafka_under_test>();
  broker->start();
  test::host_setup setup{.plugin_directories = {EVH_TWIN_PLUGINS}, .environment = {}, .arguments = {}};
  sides[0] = std::make_unique<twin>(setup);
  // A server that orders and folds text in English: what the plugins write must not follow it.
  postgres.ask("postgres", "CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C' ENCODING 'UTF8'");
  setup.environment = {{"KAFKA_BOOTSTRAP_SERVERS", broker->servers()}, {"DATABASE_URL", postgres.url("english")}, {"EVH_KAFKA__PARTITIONS", "2"}};
  sides[1] = std::make_unique<twin>(setup);
}

void Twins::SetUp() {
  if (!missing.empty()) {
    if (const char* all = std::getenv("EVH_REQUIRE_ALL"); all && std::string(all) == "1") FAIL() << missing;
    GTEST_SKIP() << missing;
  }
  who = std::string("p") + testing::UnitTest::GetInstance()->current_test_info()->name();
}

e2e::reply Twins::ask(const std::string& method, const std::string& target, const std::string& body, const test::field_list& fields,
                      const std::string& name, const std::string& pointer) {
  std::array<e2e::reply, 2> answers;
  for (std::size_t i = 0; i < 2; ++i) {
    answers[i] = sides[i]->send(who, method, target, body, fields);
    if (!name.empty()) sides[i]->names[name] = answers[i].text(pointer);
  }
  EXPECT_EQ(sides[0]->shown(answers[0]), sides[1]->shown(answers[1])) << method << " " << target << " " << body;
  EXPECT_LT(answers[1].status, 500u) << method << " " << target << " " << answers[1].raw.body;
  return std::move(answers[1]);
}

void Twins::walk(const std::string& target, int limit) {
  std::array<std::string, 2> cursors;
  for (int page = 0; page < 60; ++page) {
    std::array<std::string, 2> seen;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto answer = sides[i]->send(who, "GET", target + (target.find('?') == target.npos ? "?" : "&") + "limit=" + std::to_string(limit) + cursors[i], "", {});
      seen[i] = sides[i]->shown(answer);
      cursors[i] = answer.status == 200 && answer.text("/next_cursor") != "null" ? "&cursor=" + answer.text("/next_cursor") : "";
    }
    ASSERT_EQ(seen[0], seen[1]) << target << ", page " << page;
    if (cursors[0].empty() || cursors[1].empty()) return;
  }
}

void Twins::wait(const std::string& target, const std::function<bool(const e2e::reply&)>& there) {
  const auto deadline = std::chrono::steady_clock::now() + 15s;
  for (auto& each : sides)
    while (!there(each->send(who, "GET", target, "", {}))) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << target;
      std::this_thread::sleep_for(20ms);  // polling another process
    }
}

}  // namespace evhost::engines
