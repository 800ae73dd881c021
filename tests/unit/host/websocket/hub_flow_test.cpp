// Frames out: one to many, bounds, slow readers (row 72), closing and stopping.
#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/unit/host/websocket/hub_fixture.hpp"

namespace evhost::websocket {
namespace {

using namespace std::chrono_literals;

TEST_F(HubTest, SendsOneFrameToManyInOrder) {
  serve();
  std::vector<test::ws_client> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(connect());
  id_of(20);
  const auto ids = handler_.opened();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(hub_->send(ids, io::make_ws_frame("frame " + std::to_string(i))));
  for (auto& client : clients)
    for (int i = 0; i < 100; ++i) {
      const auto got = client.receive();
      ASSERT_TRUE(got);
      EXPECT_EQ(got->payload, "frame " + std::to_string(i));
    }
}

TEST_F(HubTest, SendsBinaryAndLargeFrames) {
  serve();
  auto client = connect();
  hub_->send(id_of(), io::make_ws_frame(std::string(200'000, 'z'), io::ws_kind::binary));
  const auto got = client.receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->kind, test::ws_client::opcode::binary);
  EXPECT_EQ(got->payload.size(), 200'000u);
}

TEST_F(HubTest, AnswersFromInsideAnEvent) {
  serve();
  handler_.react = [this](io::ws_id id, std::string_view message) {
    hub_->send(id, io::make_ws_frame("re: " + std::string(message)));
    return true;
  };
  auto client = connect();
  client.send("hello");
  EXPECT_EQ(client.receive()->payload, "re: hello");
}

TEST_F(HubTest, ClosesWhenTheReceiverIsOverloaded) {
  serve();
  handler_.react = [](io::ws_id, std::string_view) { return false; };
  auto client = connect();
  client.send("one too many");
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.close_code(), io::ws_code::try_again);
}

TEST_F(HubTest, IgnoresStaleAndInventedIds) {
  serve();
  auto first = connect();
  const auto stale = id_of(1);
  first.raw().close();
  ASSERT_TRUE(eventually([&] { return hub_->connections() == 0; }));
  std::vector<test::ws_client> again;
  for (int i = 0; i < 4; ++i) again.push_back(connect());
  id_of(5);
  EXPECT_TRUE(hub_->send(stale, io::make_ws_frame("for nobody")));
  EXPECT_TRUE(hub_->send(0, io::make_ws_frame("for nobody")));
  EXPECT_TRUE(hub_->send(~io::ws_id{0}, io::make_ws_frame("for nobody")));
  hub_->close(stale, 1000, "");
  hub_->send(handler_.opened(), io::make_ws_frame("for those who live"));
  for (auto& client : again) EXPECT_EQ(client.receive()->payload, "for those who live");
}

TEST_F(HubTest, SendsWhatIsQueuedBeforeTheCloseFrame) {
  serve();
  auto client = connect();
  const auto id = id_of();
  for (int i = 0; i < 10; ++i) hub_->send(id, io::make_ws_frame(std::to_string(i)));
  hub_->close(id, io::ws_code::unauthenticated, "token expired");
  hub_->close(id, 1000, "a second close changes nothing");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.receive()->payload, std::to_string(i));
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.close_code(), 4401);
  EXPECT_EQ(client.close_reason(), "token expired");
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == 1; }));
  EXPECT_EQ(handler_.close_codes()[0], 4401);
}

TEST_F(HubTest, CutsAReaderThatLetsItsQueueOverflow) {
  io::ws_route_options route;
  route.limits.queue_bytes_max = 64 * 1024;
  route.limits.close_grace = 200ms;
  serve(route);
  auto slow = connect({.receive_buffer = 4096});
  const auto slow_id = id_of(1);
  auto quick = connect();
  const auto quick_id = id_of(2);
  const auto frame = io::make_ws_frame(std::string(1000, 'x'));
  for (int i = 0; i < 2000; ++i) {
    const io::ws_id both[] = {slow_id, quick_id};
    hub_->send(both, frame);
    ASSERT_TRUE(quick.receive());
  }
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == 1; }));
  EXPECT_EQ(handler_.close_codes()[0], io::ws_code::try_again);
  EXPECT_EQ(hub_->stats().slow_closed, 1u);
  EXPECT_EQ(hub_->connections(), 1u);
  EXPECT_TRUE(eventually([&] { return frame.use_count() == 1; }));  // nothing queued keeps it
  EXPECT_TRUE(slow.wait_closed());
}

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(HubTest, HoldsLittleForAReaderThatNeverReadsWhileTenThousandChangesFlow) {
  io::ws_route_options route;
  route.limits.close_grace = 200ms;
  serve(route);
  std::vector<test::ws_client> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(connect());
  auto reader = connect();
  id_of(4);
  const auto ids = handler_.opened();
  const auto before = resident_bytes();
  std::chrono::microseconds slowest{0};
  for (int i = 0; i < 10'000; ++i) {
    const auto sent = std::chrono::steady_clock::now();
    hub_->send(ids, io::make_ws_frame(std::to_string(i) + std::string(500, 'c')));
    ASSERT_TRUE(reader.receive()) << i;
    slowest = std::max(slowest, std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - sent));
  }
  const auto grown = resident_bytes() - std::min(before, resident_bytes());
  EXPECT_EQ(handler_.close_codes(), std::vector<std::uint16_t>(3, io::ws_code::try_again));
  EXPECT_EQ(hub_->connections(), 1u);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(grown, std::size_t{5} << 20);
#endif
  RecordProperty("rss_grown_bytes", std::to_string(grown));
  RecordProperty("slowest_delivery_us", std::to_string(slowest.count()));
}

TEST_F(HubTest, TellsTheCodeToASlowReaderThatWakesUpInTime) {
  io::ws_route_options route;
  route.limits.queue_bytes_max = 64 * 1024;
  route.limits.close_grace = 5000ms;
  route.limits.slow_code = 4408;
  serve(route);
  auto slow = connect({.receive_buffer = 4096});
  const auto id = id_of();
  const auto frame = io::make_ws_frame(std::string(1000, 'x'));
  for (int i = 0; i < 3000 && handler_.close_codes().empty(); ++i) {
    hub_->send(id, frame);
    std::this_thread::yield();
  }
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == 1; }));
  EXPECT_TRUE(slow.wait_closed());
  EXPECT_EQ(slow.close_code(), 4408);
}

TEST_F(HubTest, ReportsWhenAQueueHasDrained) {
  io::ws_route_options route;
  route.limits.queue_bytes_max = 4 << 20;
  route.limits.queue_frames_max = 100'000;
  route.limits.high_water_bytes = 64 * 1024;
  serve(route);
  auto client = connect({.receive_buffer = 4096});
  const auto id = id_of();
  for (int i = 0; i < 1500; ++i) hub_->send(id, io::make_ws_frame(std::string(1000, 'x')));
  for (int i = 0; i < 1500; ++i) ASSERT_TRUE(client.receive());
  EXPECT_TRUE(eventually([&] { return handler_.drained() >= 1; }));
}

TEST_F(HubTest, KnowsHowMuchIsQueued) {
  io::ws_route_options route;
  route.limits.queue_bytes_max = 4 << 20;
  serve(route);
  auto client = connect({.receive_buffer = 4096});
  const auto id = id_of();
  EXPECT_EQ(hub_->queued_bytes(id), 0u);
  for (int i = 0; i < 1500; ++i) hub_->send(id, io::make_ws_frame(std::string(1000, 'x')));
  EXPECT_GT(hub_->queued_bytes(id).value_or(0), 500'000u);
  for (int i = 0; i < 1500; ++i) ASSERT_TRUE(client.receive());
  EXPECT_TRUE(eventually([&] { return hub_->queued_bytes(id) == 0u; }));
  client.raw().close();
  EXPECT_TRUE(eventually([&] { return !hub_->queued_bytes(id).has_value(); }));
}

TEST_F(HubTest, PingsTheSilentAndGivesUpOnTheDead) {
  io::ws_route_options route;
  route.limits.ping_after = 100ms;
  route.limits.dead_after = 700ms;
  route.limits.close_grace = 200ms;
  serve(route);
  auto alive = connect();
  auto dead = connect();
  dead.answer_pings = false;
  id_of(2);
  const auto until = std::chrono::steady_clock::now() + 1200ms;
  while (std::chrono::steady_clock::now() < until) {
    alive.receive(20ms);
    dead.receive(20ms);
  }
  EXPECT_GE(alive.pings_seen(), 3u);
  EXPECT_EQ(alive.close_code(), 0);
  EXPECT_EQ(dead.close_code(), io::ws_code::try_again);
  EXPECT_EQ(hub_->connections(), 1u);
}

TEST_F(HubTest, DrainsWithServiceRestart) {
  serve();
  std::vector<test::ws_client> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect());
  id_of(5);
  std::thread closer([&] { EXPECT_TRUE(front_->drain(5000ms)); });
  for (auto& client : clients) {
    EXPECT_TRUE(client.wait_closed());
    EXPECT_EQ(client.close_code(), io::ws_code::service_restart);
  }
  closer.join();
  EXPECT_EQ(handler_.close_codes(), std::vector<std::uint16_t>(5, 1012));
  front_->stop();
  EXPECT_TRUE(hub_->send(handler_.opened(), io::make_ws_frame("after the end")));
}

TEST_F(HubTest, StopsWithConnectionsOpenAndFramesQueued) {
  serve();
  std::vector<test::ws_client> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(connect({.receive_buffer = 4096}));
  id_of(10);
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    const auto frame = io::make_ws_frame(std::string(10'000, 'x'));
    while (!stop) hub_->send(handler_.opened(), frame);
  });
  clients[0].raw().reset();
  front_->stop();
  stop = true;
  sender.join();
  EXPECT_EQ(handler_.close_codes().size(), 10u);
  EXPECT_EQ(hub_->connections(), 0u);
}

TEST_F(HubTest, SurvivesAStormOfPeersThatComeTalkAndVanish) {
  serve();
  handler_.react = [this](io::ws_id id, std::string_view) {
    hub_->send(handler_.opened(), io::make_ws_frame(std::string(500, 'e')));
    if (id % 3 == 0) hub_->close(id, 1000, "enough");
    return true;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (int i = 0; i < 40; ++i) {
        auto client = connect();
        for (int k = 0; k < 3; ++k) client.send("hello");
        if ((i + t) % 3 == 0) client.raw().reset();
        if ((i + t) % 3 == 1) client.send_close(1000);
        if ((i + t) % 3 == 2) client.receive(50ms);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_TRUE(eventually([&] { return hub_->connections() == 0 && handler_.close_codes().size() == handler_.opened().size(); }));
}

}  // namespace
}  // namespace evhost::websocket
