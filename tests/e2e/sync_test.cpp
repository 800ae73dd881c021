// Live sync over real WebSockets: authentication, live frames, resume across restarts, tickets, slow readers.
#include "tests/e2e/client.hpp"
#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;

json::object frame(test::ws_client& ws, std::chrono::milliseconds wait = 5s) {
  const auto m = ws.receive(wait);
  if (!m) throw std::runtime_error("no frame; close code " + std::to_string(ws.close_code()));
  return json::parse(m->payload).as_object();
}

json::object subscribe(test::ws_client& ws, const std::string& token, const json::value& since = nullptr) {
  ws.send(json::serialize(json::object{{"type", "auth"}, {"token", token}}));
  EXPECT_EQ(frame(ws).at("type").as_string(), "authenticated");
  ws.send(json::serialize(json::object{{"type", "subscribe"}, {"since", since}}));
  return frame(ws);
}

struct Sync : testing::Test {
  test::host_under_test host;
  void SetUp() override { host.start(); }
};

TEST_F(Sync, ChangeArrivesLive) {
  person ana(host, "ana");
  test::ws_client ws(host.port(), "/api/v1/ws");
  EXPECT_TRUE(subscribe(ws, ana.token).at("recovered").as_bool());
  const auto made = ana.post("/api/v1/tasks", R"({"title":"live"})");
  const auto event = frame(ws);
  EXPECT_EQ(event.at("event").as_string(), "todo.task.created.v1");
  EXPECT_EQ(event.at("data").at("task_id").as_string(), made.id());
  EXPECT_EQ(event.at("data").at("task").at("title").as_string(), "live");
}

TEST_F(Sync, ResumeAfterARestartMissesNothing) {
  person ana(host, "ana");
  json::object last;
  {
    test::ws_client ws(host.port(), "/api/v1/ws");
    last = subscribe(ws, ana.token);
  }
  for (int i = 0; i < 300; ++i) ana.post("/api/v1/tasks", R"({"title":"t"})");
  host.kill(SIGKILL);
  host.wait_exit();
  host.start();
  person again(host, "ana");
  for (int i = 0; i < 20; ++i) again.post("/api/v1/tasks", R"({"title":"u"})");
  test::ws_client ws(host.port(), "/api/v1/ws");
  const auto answer = subscribe(ws, again.token, json::object{{"epoch", last.at("epoch")}, {"seq", last.at("seq")}});
  ASSERT_EQ(answer.at("type").as_string(), "subscribed") << json::serialize(answer);
  auto prev = last.at("seq").as_int64();
  for (int i = 0; i < 320; ++i) {
    const auto event = frame(ws);
    ASSERT_EQ(event.at("type").as_string(), "event") << json::serialize(event);
    ASSERT_EQ(event.at("prev").as_int64(), prev);
    prev = event.at("seq").as_int64();
  }
}

TEST_F(Sync, TicketAdmitsOnceAndForgedOneGets401BeforeTheUpgrade) {
  person ana(host, "ana");
  const auto ticket = ana.post("/api/v1/ws-tickets").text("/ticket");
  std::atomic<int> won{0}, refused{0};
  std::vector<std::jthread> rivals;
  for (int i = 0; i < 20; ++i)
    rivals.emplace_back([&] {
      try {
        test::ws_client ws(host.port(), "/api/v1/ws", {.subprotocols = {"todo.sync.v1", "ticket." + ticket}});
        ws.send(R"({"type":"subscribe","since":null})");
        if (frame(ws).at("type").as_string() == "subscribed") ++won;
      } catch (const test::ws_refused& r) {
        if (r.answer.status == 401) ++refused;
      }
    });
  rivals.clear();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 19);
  EXPECT_THROW(test::ws_client(host.port(), "/api/v1/ws", {.subprotocols = {"ticket.forged"}}), test::ws_refused);
}

TEST_F(Sync, SilentStrangerIsClosedAfterFiveSeconds) {
  test::ws_client ws(host.port(), "/api/v1/ws");
  EXPECT_TRUE(ws.wait_closed(10s));
  EXPECT_EQ(ws.close_code(), 4401);
}

TEST_F(Sync, ForeignOriginIsRefused) {
  EXPECT_THROW(test::ws_client(host.port(), "/api/v1/ws", {.origin = "https://evil.example"}), test::ws_refused);
}

TEST_F(Sync, ExpiredTokenClosesTheConnection) {
  const auto token = host.command({"token", "--user", "ana", "--lifetime", "2"}).out;
  test::ws_client ws(host.port(), "/api/v1/ws");
  subscribe(ws, token.substr(0, token.find('\n')));
  EXPECT_TRUE(ws.wait_closed(70s));
  EXPECT_EQ(ws.close_code(), 4401);
}

std::size_t resident_bytes(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * 4096;
}

// Changes of ana's tasks from four connections; the 99th percentile of the answers, in milliseconds.
double flow(const test::host_under_test& host, int changes) {
  std::vector<std::vector<double>> took(4);
  {
    std::vector<std::jthread> writers;
    for (auto& mine : took)
      writers.emplace_back([&host, &mine, changes] {
        person me(host, "ana");
        for (int i = 0; i < changes / 4; ++i) {
          const auto start = std::chrono::steady_clock::now();
          EXPECT_EQ(me.post("/api/v1/tasks", R"({"title":"flow"})").status, 201u);
          mine.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
        }
      });
  }
  std::vector<double> all;
  for (const auto& mine : took) all.insert(all.end(), mine.begin(), mine.end());
  std::ranges::sort(all);
  return all[all.size() * 99 / 100];
}

// 10,000 changes flow; one client reads nothing, one reads all.
TEST_F(Sync, ClientThatNeverReadsIsCutAndCostsNobodyAnything) {
  person ana(host, "ana");
  const auto p99_alone = flow(host, 10'000);  // caches and pools are at their size
  test::ws_client deaf(host.port(), "/api/v1/ws", {.receive_buffer = 4096});
  subscribe(deaf, ana.token);
  test::ws_client good(host.port(), "/api/v1/ws");
  subscribe(good, ana.token);
  const auto before = resident_bytes(host.pid());
  std::atomic<int> received{0};
  std::jthread reader([&] {
    while (received < 10'000) {
      if (!good.receive(20s)) break;
      ++received;
    }
  });
  const auto p99_beside = flow(host, 10'000);
  reader.join();
  EXPECT_EQ(received, 10'000) << "the reader next to it got everything";
  const auto after = resident_bytes(host.pid());
  std::printf("resident set before %zu KiB, after %zu KiB; p99 of a POST without the deaf client %.1f ms, beside it %.1f ms\n",
              before / 1024, after / 1024, p99_alone, p99_beside);
  const auto metrics = ana.get("/metrics").raw.body;
  EXPECT_NE(metrics.find("evhost_ws_dropped_total"), std::string::npos);
  EXPECT_TRUE(deaf.wait_closed(20s));
  EXPECT_TRUE(deaf.close_code() == 1013 || deaf.close_code() == 1006) << deaf.close_code();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their shadow memory grows with what is touched
  EXPECT_LT(after, before + (5u << 20));
#endif
}

}  // namespace
}  // namespace evhost::e2e
