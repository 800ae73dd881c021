// The runtime under real threads: requests, tasks, timers, own units and sockets at once, stopped in the middle. The
// claims are those of the README: answered exactly once, effects as answered, no callback after stop. For TSan too.
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gtest/gtest.h>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <thread>

namespace evhost::runtime::tests {
namespace {

// The fakes as in runtime_bed, with a thread that commits and a pool of three.
class threaded_host {
 public:
  explicit threaded_host(scripted_plugin& plugin) {
    runtime_options options;
    options.requests_queue_max = 64;
    host = std::make_unique<runtime>(runtime_ports{store, log, clock, sink, metrics, pool.get_executor(), &front,
                                                   &front, &front, &secrets, &sealer, &authenticator},
                                     options);
    const std::vector<io::plugin_candidate> candidates{plugin.candidate()};
    started = host->load(candidates, {}) && host->migrate();
    committer_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested())
        if (!store.run_group()) std::this_thread::yield();
      while (store.run_group()) {
      }
    });
    started = started && host->activate() && host->start();
  }
  void stop() {
    host->drain(std::chrono::steady_clock::now() + std::chrono::seconds(10));
    host->stop();
    pool.join();
    committer_.request_stop();
    committer_.join();
    host->unload();
  }

  fakes::memory_store store;
  fakes::memory_log log{store};
  io::system_clock clock;
  io::null_log_sink sink;
  counting_registry metrics;
  fake_front front;
  fake_secrets secrets;
  fake_sealer sealer;
  fake_authenticator authenticator;
  boost::asio::thread_pool pool{3};
  bool started = false;
  std::unique_ptr<runtime> host;

 private:
  std::jthread committer_;
};

// A plugin that does everything a little, and counts what it was called with while stopped.
class busy_plugin {
 public:
  busy_plugin() {
    plugin.migrations = {{"first", "CREATE TABLE p_things (id INTEGER)"}};
    plugin.on_activate = [this](evh_error* error) {
      evh_handle id = 0;
      evh_ws_route socket{};
      socket.struct_size = sizeof socket;
      socket.path = core::view("/p/p/ws");
      return plugin.route("POST", "/p/p/x") | plugin.route("GET", "/p/p/x") | plugin.group("numbers") |
             plugin.group("numbers", EVH_SUBSCRIBE_BROADCAST) | plugin.timer().arm(plugin.host, 0, 1, 0, 1, &id) |
             plugin.timer().arm(plugin.host, 0, 1, EVH_TIMER_UNIT, 2, &id) |
             plugin.ext<evh_ws>(EVH_EXT_WS).route(plugin.host, &socket, error);
    };
    plugin.on_request = [this](evh_request* request, const evh_request_view* view, evh_error*) {
      entered();
      if (core::text(view->method) == "GET") return plugin.respond(request, 200);
      return plugin.http().apply(
          request, &insert, [](void* user) { delete static_cast<work*>(user); }, new work{this, request});
    };
    plugin.on_timer = [this](evh_uow* uow, evh_handle, std::uint64_t, std::uint64_t, evh_error*) {
      entered();
      if (uow == nullptr)
        plugin.task().submit(
            plugin.host, [](void* self) { static_cast<busy_plugin*>(self)->entered(); }, this);
      return EVH_OK;
    };
    plugin.on_batch = [this](evh_uow*, const evh_batch*, std::uint8_t*, evh_error*) { return entered(), EVH_OK; };
    plugin.on_message = [this](evh_handle, std::string_view, std::uint32_t) { entered(); };
    plugin.on_stop = [this] { stopped = true; };
  }
  void entered() {
    if (stopped) ++late;
    ++calls;
  }

  scripted_plugin plugin{"p"};
  std::atomic<bool> stopped = false;
  std::atomic<int> late = 0, calls = 0;

 private:
  struct work {
    busy_plugin* self;
    evh_request* request;
  };
  static evh_status insert(void* user, evh_uow* uow, evh_error* error) {
    auto& mine = *static_cast<work*>(user);
    mine.self->entered();
    if (const evh_status status = mine.self->plugin.exec(uow, "INSERT INTO p_things VALUES (1)", error);
        status != EVH_OK)
      return status;
    return mine.self->plugin.stage(mine.request, 201);
  }
};

TEST(RuntimeUnderThreads, EveryRequestIsAnsweredOnceAndEffectsMatchAnswers) {
  busy_plugin busy;
  threaded_host host(busy.plugin);
  ASSERT_TRUE(host.started);
  std::vector<std::vector<std::shared_ptr<outcome>>> answers(3);
  std::vector<std::thread> clients;
  for (auto& mine : answers)
    clients.emplace_back([&host, &mine, client = &mine - answers.data()] {
      for (int i = 0; i < 200; ++i) {
        asked what;
        what.fields["idempotency-key"] = std::to_string(client) + "-" + std::to_string(i / 2);  // each key twice
        mine.push_back(host.front.request(i % 5 == 4 ? "GET /p/p/x" : "POST /p/p/x", what));
      }
    });
  std::thread talker([&host] {
    const auto admission = host.front.upgrade("/p/p/ws", {});
    host.front.open("/p/p/ws", 1, {}, admission.who);
    for (int i = 0; i < 100; ++i) {
      host.log.put("numbers", i % 4, "k", "v");
      host.front.endpoints.at("/p/p/ws").handler->on_message(1, io::ws_kind::text, "hello");
    }
  });
  for (auto& client : clients) client.join();
  talker.join();
  host.stop();
  std::size_t made = 0;
  for (const auto& mine : answers)
    for (const auto& answer : mine) {
      ASSERT_TRUE(answer->complete);
      EXPECT_EQ(answer->answers, 1);
      EXPECT_TRUE(answer->status == 200 || answer->status == 201 || answer->status == 503) << answer->status;
      if (answer->status == 201 && !answer->fields.contains("idempotency-replayed")) ++made;
    }
  EXPECT_EQ(host.store.number("SELECT count(*) FROM p_things"), static_cast<std::int64_t>(made));
  EXPECT_GT(busy.calls, 0);
  EXPECT_EQ(busy.late, 0);
}

// Clients that go on while the host stops: each request still gets its one answer, nothing enters the plugin late.
TEST(RuntimeUnderThreads, StopInTheMiddleLeavesNoCallbackAndNoUnansweredRequest) {
  for (int round = 0; round < 10; ++round) {
    busy_plugin busy;
    threaded_host host(busy.plugin);
    ASSERT_TRUE(host.started);
    std::atomic<bool> enough = false;
    std::vector<std::shared_ptr<outcome>> answers;
    std::thread client([&] {
      while (!enough) answers.push_back(host.front.request("POST /p/p/x"));
    });
    while (busy.calls < 50 * (round + 1)) std::this_thread::yield();
    host.host->stop();
    enough = true;
    client.join();
    host.stop();
    for (const auto& answer : answers) {
      ASSERT_TRUE(answer->complete);
      EXPECT_EQ(answer->answers, 1);
    }
    EXPECT_EQ(busy.late, 0);
  }
}

}  // namespace
}  // namespace evhost::runtime::tests
