// Ten thousand reminders due in one second: how late they are, and that each comes once, also across kill -9.
#include "tests/e2e/reminders.hpp"
#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace evhost::e2e {
namespace {

struct NotificationCrowd : testing::Test {
  test::host_under_test host;
  void SetUp() override { host.start(); }
  static constexpr int people = 8, tasks = 1250;
  std::vector<std::string> names;

  // Everybody's tasks, all due at the moment that is returned.
  clock::time_point make_all() {
    for (int p = 0; p < people; ++p) names.push_back("crowd" + std::to_string(p));
    person probe(host, names[0]);
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) probe.post("/api/v1/tasks", R"({"title":"warm"})");
    const auto one = (std::chrono::steady_clock::now() - began) / 100;
    const auto at = in(std::chrono::duration_cast<std::chrono::milliseconds>(one * people * tasks / 2) + 12s);
    std::vector<std::jthread> writers;
    for (const auto& name : names)
      writers.emplace_back([&, name] {
        person me(host, name);
        for (int i = 0; i < tasks; ++i) EXPECT_EQ(me.post("/api/v1/tasks", task_due(at, "t" + std::to_string(i))).status, 201u);
      });
    writers.clear();
    EXPECT_LT(clock::now(), at) << "the machine is too slow for this test's estimate";
    return at;
  }

  std::int64_t unread() {
    std::int64_t sum = 0;
    for (const auto& name : names) sum += std::stoll(person(host, name).get("/api/v1/notifications/unread-count").text("/count"));
    return sum;
  }

  // Every task once in the inbox of its owner; the delays in ms, sorted.
  std::vector<std::int64_t> delays() {
    std::vector<std::int64_t> out;
    for (const auto& name : names) {
      person me(host, name);
      std::set<std::string> seen;
      std::string cursor;
      do {
        const auto page = me.get("/api/v1/notifications?limit=200" + cursor);
        for (const auto& item : page.body.at("items").as_array()) {
          EXPECT_TRUE(seen.insert(std::string(item.at("task_id").as_string())).second) << "twice";
          out.push_back(ms_of(item.at("delivered_at").as_string()) - ms_of(item.at("fire_at").as_string()));
        }
        cursor = page.text("/next_cursor") == "null" ? "" : "&cursor=" + page.text("/next_cursor");
      } while (!cursor.empty());
      EXPECT_EQ(seen.size(), std::size_t{tasks});
    }
    std::ranges::sort(out);
    return out;
  }

  // Due events in the log; the same reminder twice would be two.
  std::size_t due_events(const std::string& topic) {
    const auto all = host.command({"topics", "tail", topic, "--from", "earliest"}).out;
    std::size_t n = 0;
    for (std::size_t at = 0; (at = all.find("todo.notification.due.v1", at)) != std::string::npos; ++at) ++n;
    return n;
  }
};

TEST_F(NotificationCrowd, TenThousandDueInOneSecond) {
  const auto at = make_all();
  // One person watches live: when the frames come.
  person watcher(host, names[0]);
  test::ws_client ws(host.port(), "/api/v1/ws");
  ws.send(json::serialize(json::object{{"type", "auth"}, {"token", watcher.token}}));
  ws.receive();
  ws.send(R"({"type":"subscribe","since":null})");
  ws.receive();
  std::vector<std::int64_t> live;
  while (live.size() < tasks) {
    const auto m = ws.receive(60s);
    ASSERT_TRUE(m) << live.size();
    if (m->payload.find("todo.notification.due.v1") != std::string::npos)
      live.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - at).count());
  }
  ASSERT_TRUE(eventually([&] { return unread() == people * tasks; }, 60s));
  const auto all = delays();
  const auto p = [](const std::vector<std::int64_t>& v, std::size_t percent) { return v[v.size() * percent / 100]; };
  std::ranges::sort(live);
  std::printf("10,000 due in one second: inbox p50 %lld ms, p99 %lld ms, last %lld ms; live frames of one person p50 %lld ms, p99 %lld ms\n",
              static_cast<long long>(p(all, 50)), static_cast<long long>(p(all, 99)), static_cast<long long>(all.back()),
              static_cast<long long>(p(live, 50)), static_cast<long long>(p(live, 99)));
  EXPECT_LE(p(all, 99), 5000);
  EXPECT_EQ(due_events("notifications"), std::size_t{people} * tasks);
}

TEST_F(NotificationCrowd, TenThousandDueInOneSecondAcrossKills) {
  const auto at = make_all();
  std::this_thread::sleep_until(at);  // their second begins
  int kills = 0;
  for (const std::int64_t reached : {1, 3000, 6000}) {
    ASSERT_TRUE(eventually([&] { return unread() >= reached; }, 60s));
    host.kill(SIGKILL);
    host.wait_exit();
    ++kills;
    host.start();
  }
  ASSERT_TRUE(eventually([&] { return unread() == people * tasks; }, 60s)) << unread();
  const auto all = delays();
  std::printf("10,000 due in one second across %d kills: once each, the last %lld ms after its time\n", kills, static_cast<long long>(all.back()));
  EXPECT_EQ(due_events("notifications"), std::size_t{people} * tasks);
  EXPECT_EQ(due_events("task-updates"), std::size_t{people} * tasks);
}

}  // namespace
}  // namespace evhost::e2e
