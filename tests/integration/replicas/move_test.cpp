// evhost migrate --from sqlite --to postgresql: a laptop's data arrives whole, and the product goes on with it.
#include "tests/e2e/reminders.hpp"
#include "tests/integration/replicas/shared_engines.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>

namespace evhost {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

class Move : public testing::Test {
 protected:
  void SetUp() override {
    const auto missing = test::shared_engines::missing();
    if (missing.empty()) return shared.emplace(), void();
    if (const char* all = std::getenv("EVH_REQUIRE_ALL"); all && std::string(all) == "1") FAIL() << missing;
    GTEST_SKIP() << missing;
  }

  static test::http_answer call(const test::host_under_test& host, const std::string& method, const std::string& target, const std::string& body,
                                const std::string& token, test::field_list fields = {}) {
    test::http_client http(host.port(), 60s);
    if (!token.empty()) fields.emplace_back("Authorization", "Bearer " + token);
    if (!body.empty()) fields.emplace_back("Content-Type", "application/json");
    return http.send({method, target, std::move(fields), body});
  }
  static std::string text(const test::http_answer& answer, std::string_view pointer) {
    boost::system::error_code ec;
    const auto body = json::parse(answer.body, ec);
    const auto* found = body.find_pointer(pointer, ec);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  }
  static std::string list(const test::host_under_test& host, const std::string& token) { return call(host, "GET", "/api/v1/tasks?limit=200", "", token).body; }

  // What somebody did on a laptop: an account, tasks of all kinds, a series, reminders, a conversation.
  void live(int others = 0) {
    laptop.start();
    for (int i = 0; i < others; ++i)  // many keys in every partition
      ASSERT_EQ(call(laptop, "POST", "/api/v1/tasks", e2e::task_due(e2e::in(24h), "of another"), laptop.token("p" + std::to_string(i))).status, 201u);
    const auto made = call(laptop, "POST", "/api/auth/sign-up/email", R"({"name":"Ann","email":"ann@example.com","password":"correct horse"})", "");
    ASSERT_EQ(made.status, 200u) << made.body;
    session = text(made, "/token");
    const auto token = access(laptop);
    for (int i = 0; i < 30; ++i) {
      const auto task = call(laptop, "POST", "/api/v1/tasks", R"({"title":"task )" + std::to_string(i) + R"( ünïcode","priority":"high","tags":["a","b"],)" +
                             R"("due":{"local":"2090-05-01T09:00","tz":"Europe/Paris"},"reminders":[{"offset":"PT0S"}]})", token, {{"Idempotency-Key", "k" + std::to_string(i)}});
      ASSERT_EQ(task.status, 201u) << task.body;
      if (i % 3 == 0) call(laptop, "POST", "/api/v1/tasks/" + text(task, "/id") + "/complete", "{}", token);
      if (i == 0) first = task;
    }
    call(laptop, "PUT", "/api/v1/preferences", R"({"tz":"Europe/Paris"})", token, {{"If-Match", "*"}});
    call(laptop, "POST", "/api/v1/chat", R"({"message":"add buy milk tomorrow at 9","tz":"Europe/Paris"})", token);
    ASSERT_TRUE(e2e::eventually([&] { return call(laptop, "GET", "/api/v1/reminders?limit=200", "", token).body.find("task 29") != std::string::npos; }, 10s));
    before = list(laptop, token);
    reminders = call(laptop, "GET", "/api/v1/reminders?limit=200", "", token).body;
    EXPECT_EQ(laptop.stop(), 0);
    std::filesystem::copy(laptop.data() / "keys", shared->keys(), std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    for (const auto& key : std::filesystem::directory_iterator(shared->keys())) std::filesystem::permissions(key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  std::string access(const test::host_under_test& host) const { return text(call(host, "GET", "/api/auth/token", "", session), "/token"); }
  test::host_under_test::output move() const {
    return cloud().command({"migrate", "--from", "sqlite://" + laptop.database().string(), "--to", shared->url()});
  }
  test::host_under_test& cloud() const {
    if (!cloud_) cloud_.emplace(test::host_setup{.plugin_directories = {}, .environment = cloud_environment(), .arguments = {}});
    return *cloud_;
  }
  std::map<std::string, std::string> cloud_environment() const {
    auto environment = shared->environment();
    environment["EVH_KAFKA__PARTITIONS"] = "6";  // the laptop has four: keys change places
    return environment;
  }
  void edit(const std::string& sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(laptop.database().c_str(), &db), SQLITE_OK);
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK) << (why ? why : "");
    sqlite3_free(why);
    sqlite3_close(db);
  }
  std::int64_t number(const std::string& sql) const { return std::stoll(shared->ask(sql)); }

  std::optional<test::shared_engines> shared;
  test::host_under_test laptop;
  mutable std::optional<test::host_under_test> cloud_;
  std::string session, before, reminders;
  test::http_answer first;
};

TEST_F(Move, EverythingArrivesAndGoesOn) {
  live();
  if (HasFatalFailure()) return;
  const auto moved = move();
  ASSERT_EQ(moved.exit, 0) << moved.out << moved.err;
  EXPECT_NE(moved.out.find("chat_task"), std::string::npos) << moved.out;
  EXPECT_EQ(moved.out.find("differs"), std::string::npos);
  const auto leaves = number("SELECT COALESCE(sum(count), 0) FROM audit_span") + number("SELECT COALESCE(sum(count), 0) FROM audit_staged");

  auto& host = cloud();
  host.start();
  const auto token = access(host);
  ASSERT_FALSE(token.empty()) << "the session goes on";
  EXPECT_EQ(list(host, token), before);
  EXPECT_EQ(call(host, "GET", "/api/v1/reminders?limit=200", "", token).body, reminders);
  EXPECT_EQ(call(host, "POST", "/api/auth/sign-in/email", R"({"email":"ann@example.com","password":"correct horse"})", "").status, 200u);
  EXPECT_EQ(call(host, "POST", "/api/auth/sign-in/email", R"({"email":"ann@example.com","password":"wrong horse"})", "").status, 401u);
  const auto repeated = call(host, "POST", "/api/v1/tasks", R"({"title":"task 0 ünïcode","priority":"high","tags":["a","b"],"due":{"local":"2090-05-01T09:00","tz":"Europe/Paris"},"reminders":[{"offset":"PT0S"}]})",
                             token, {{"Idempotency-Key", "k0"}});
  EXPECT_EQ(repeated.body, first.body) << "an answer is remembered";

  // The records reach Kafka, those of before too, and no group takes one again.
  ASSERT_TRUE(e2e::eventually([&] { return number("SELECT count(*) FROM evh_outbox") == 0; }, 30s));
  const auto more = call(host, "POST", "/api/v1/tasks", R"({"title":"in the cloud","due":{"local":"2090-05-01T09:00","tz":"Europe/Paris"},"reminders":[{"offset":"PT0S"}]})", token);
  ASSERT_EQ(more.status, 201u);
  ASSERT_TRUE(e2e::eventually([&] { return call(host, "GET", "/api/v1/reminders?limit=200", "", token).body.find("in the cloud") != std::string::npos; }, 20s));
  ASSERT_TRUE(e2e::eventually([&] { return number("SELECT size FROM audit_state") > leaves && number("SELECT count(*) FROM audit_staged") == 0; }, 30s));
  EXPECT_EQ(number("SELECT count(*) FROM notification_due"), static_cast<std::int64_t>(json::parse(reminders).at("items").as_array().size()) + 1);
  const auto now = number("SELECT size FROM audit_state");
  EXPECT_LT(now, leaves + 40) << "nothing is recorded twice";
  EXPECT_EQ(number("SELECT count(*) FROM (SELECT DISTINCT batch FROM audit_span) s"), number("SELECT count(*) FROM audit_span"));
  const auto folder = host.data() / "export";
  ASSERT_EQ(host.command({"audit", "export", "--out", folder.string()}).exit, 0);
  const auto good = host.command({"audit", "verify", "--key", (folder / "vkey").string(), "--bundle", folder.string()});
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
}

// Only where no order of the records suits all groups the move refuses; else a group gets from Kafka what it has not had.
TEST_F(Move, WhatAGroupHasNotConsumedItGetsFromKafka) {
  live(40);
  if (HasFatalFailure()) return;
  const std::string of_reminders = " AND topic = (SELECT id FROM evh_log_topics WHERE name = 'reminders')";
  edit("CREATE TABLE aside AS SELECT * FROM evh_log_positions; ALTER TABLE aside RENAME TO evh_aside;"
       "UPDATE evh_log_positions SET next_off = 0 WHERE grp = 'notification' AND part < 2" + of_reminders + ";"
       "UPDATE evh_log_positions SET next_off = 0 WHERE grp = 'audit' AND part >= 2" + of_reminders);
  const auto uneven = move();
  EXPECT_EQ(uneven.exit, 65) << uneven.err;
  EXPECT_NE(uneven.err.find("start the old host once more"), std::string::npos) << uneven.err;
  EXPECT_EQ(number("SELECT count(*) FROM chat_task"), 0) << "nothing was moved";

  edit("UPDATE evh_log_positions SET next_off = (SELECT a.next_off FROM evh_aside a WHERE a.grp = evh_log_positions.grp AND a.topic = evh_log_positions.topic AND"
       " a.part = evh_log_positions.part); DROP TABLE evh_aside;"
       "UPDATE evh_log_positions SET next_off = 0 WHERE grp = 'notification'" + of_reminders + ";"
       "DELETE FROM notification_due; DELETE FROM notification_task");
  const auto moved = move();
  ASSERT_EQ(moved.exit, 0) << moved.out << moved.err;
  auto& host = cloud();
  host.start();
  const auto token = access(host);
  const auto items = json::parse(reminders).at("items").as_array().size();
  EXPECT_TRUE(e2e::eventually([&] { return json::parse(call(host, "GET", "/api/v1/reminders?limit=200", "", token).body).at("items").as_array().size() == items; }, 30s));
}

// Killed before any of its commits the move leaves nothing or everything, and may be begun again.
TEST_F(Move, KilledAnywhereItLeavesNothingOrEverything) {
  live();
  if (HasFatalFailure()) return;
  const auto tasks = static_cast<std::int64_t>(json::parse(before).at("items").as_array().size());
  int killed = 0;
  for (int pass = 1; pass <= 6; ++pass) {
    auto environment = cloud_environment();
    environment["EVH_FAILPOINT"] = "before_commit:" + std::to_string(pass);
    const test::host_under_test doomed({.plugin_directories = {}, .environment = std::move(environment), .arguments = {}});
    const auto tried = doomed.command({"migrate", "--from", "sqlite://" + laptop.database().string(), "--to", shared->url()});
    if (tried.exit != 128 + SIGKILL) {
      EXPECT_TRUE(tried.exit == 0 || tried.exit == 65) << tried.err;
      break;
    }
    ++killed;
    const auto there = shared->ask("SELECT to_regclass('chat_task') IS NULL") == "t" ? 0 : number("SELECT count(*) FROM chat_task");
    EXPECT_TRUE(there == 0 || there == tasks) << there << " of " << tasks << " tasks after a kill at commit " << pass;
    if (there == tasks) break;
  }
  EXPECT_GT(killed, 0);
  if (number("SELECT count(*) FROM chat_task") == 0) {
    const auto moved = move();
    ASSERT_EQ(moved.exit, 0) << moved.err;
  }
  cloud().start();
  EXPECT_EQ(list(cloud(), access(cloud())), before);
}

TEST_F(Move, RefusesWhatCannotBeMoved) {
  laptop.start();
  std::filesystem::copy(laptop.data() / "keys", shared->keys(), std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  const auto running = move();
  EXPECT_EQ(running.exit, 75) << running.err;
  EXPECT_NE(running.err.find(std::to_string(laptop.pid())), std::string::npos) << "names the host that runs: " << running.err;
  laptop.stop();

  const auto nothing = cloud().command({"migrate", "--from", "sqlite:///nowhere/evhost.db", "--to", shared->url()});
  EXPECT_EQ(nothing.exit, 66) << nothing.err;
  EXPECT_EQ(cloud().command({"migrate", "--from", "sqlite://" + laptop.database().string()}).exit, 64);
  EXPECT_EQ(cloud().command({"migrate", "--from", "sqlite://" + laptop.database().string(), "--to", "sqlite:///x.db"}).exit, 64);

  std::filesystem::rename(shared->keys() / "mac.key", shared->keys() / "mac.aside");
  const auto keyless = move();
  EXPECT_EQ(keyless.exit, 78) << keyless.err;
  EXPECT_NE(keyless.err.find("security.keys_directory"), std::string::npos) << keyless.err;
  std::filesystem::remove(shared->keys() / "mac.key");
  std::filesystem::rename(shared->keys() / "mac.aside", shared->keys() / "mac.key");

  const auto moved = move();
  EXPECT_EQ(moved.exit, 0) << moved.err;
  const auto twice = move();
  EXPECT_EQ(twice.exit, 65) << twice.err;
  EXPECT_NE(twice.err.find("moved there before"), std::string::npos) << twice.err;
}

TEST_F(Move, HostThatHasServedIsNotOverwritten) {
  laptop.start();
  laptop.stop();
  cloud().start();
  cloud().stop();
  std::filesystem::copy(laptop.data() / "keys", shared->keys(), std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  const auto moved = move();
  EXPECT_EQ(moved.exit, 65) << moved.err;
  EXPECT_NE(moved.err.find("has served this database"), std::string::npos) << moved.err;
}

}  // namespace
}  // namespace evhost
