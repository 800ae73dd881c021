// WebSocket endpoints: the upgrade, order, bounds.
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace evhost::runtime::tests {
namespace {

using testing::ElementsAre;

class Sockets : public testing::Test {
 protected:
  Sockets() : bed_([](runtime_options& o) { o.ws_inbox_max = 4; }) {}

  void SetUp() override {
    plugin_.on_activate = [this](evh_error* error) {
      evh_ws_route wanted{};
      wanted.struct_size = sizeof wanted;
      wanted.path = core::view("/p/p/ws");
      wanted.cookie = 5;
      return plugin_.ext<evh_ws>(EVH_EXT_WS).route(plugin_.host, &wanted, error);
    };
    plugin_.on_open = [this](evh_handle id, const evh_ws_request* request, std::uint64_t user) {
      events_.push_back("open " + std::to_string(id) + " user " + std::to_string(user) + " " +
                        (request->principal ? std::string(core::text(request->principal->subject)) : "nobody"));
    };
    plugin_.on_message = [this](evh_handle id, std::string_view text, std::uint32_t) {
      events_.push_back(std::to_string(id) + ": " + std::string(text));
    };
    plugin_.on_ws_close = [this](evh_handle id, std::uint16_t code) {
      events_.push_back("close " + std::to_string(id) + " " + std::to_string(code));
    };
    bed_.add(plugin_);
    ASSERT_TRUE(bed_.run());
  }
  io::websocket_handler& handler() { return *bed_.front.endpoints.at("/p/p/ws").handler; }
  void open(io::ws_id id, const asked& what = {}) {
    const auto admission = bed_.front.upgrade("/p/p/ws", what);
    ASSERT_TRUE(admission.admitted);
    bed_.front.open("/p/p/ws", id, what, admission.who);
  }

  scripted_plugin plugin_{"p"};
  std::vector<std::string> events_;
  runtime_bed bed_;
};

TEST_F(Sockets, ComeInOrder) {
  open(1);
  open(2);
  handler().on_message(1, io::ws_kind::text, "a");
  handler().on_message(2, io::ws_kind::text, "b");
  handler().on_message(1, io::ws_kind::text, "c");
  handler().on_close(1, 1000);
  bed_.turn();
  std::vector<std::string> first;
  for (const auto& event : events_)
    if (event.find('2') == std::string::npos) first.push_back(event);
  EXPECT_THAT(first, ElementsAre("open 1 user 0 nobody", "1: a", "1: c", "close 1 1000"));
  EXPECT_EQ(events_.size(), 6u);
}

TEST_F(Sockets, TheUpgradeChoosesProtocolAndUserValue) {
  std::vector<std::string> offered;
  evh_status waits = EVH_OK;
  plugin_.on_upgrade = [&](const evh_ws_request* request, evh_ws_accept* accept) {
    EXPECT_EQ(request->cookie, 5u);
    EXPECT_EQ(core::text(request->origin), "https://todo.example");
    for (std::uint32_t i = 0; i < request->protocols_count; ++i)
      offered.emplace_back(core::text(request->protocols[i]));
    waits = plugin_.uow().read(
        plugin_.host, [](void*, evh_uow*, evh_error*) { return EVH_OK; }, nullptr, nullptr);
    accept->protocol_index = 2;
    accept->user = 77;
  };
  asked what;
  what.fields["origin"] = "https://todo.example";
  what.who = std::make_shared<io::principal>(io::principal{"ann", {}, {}, {}, {}, {}});
  const auto admission = bed_.front.upgrade("/p/p/ws", what, {"v1", "v2"});
  ASSERT_TRUE(admission.admitted);
  EXPECT_EQ(admission.subprotocol, "v2");
  EXPECT_THAT(offered, ElementsAre("v1", "v2"));
  EXPECT_EQ(waits, EVH_THREAD);  // an event thread must not wait for a reader
  bed_.front.open("/p/p/ws", 3, what, admission.who);
  bed_.turn();
  EXPECT_THAT(events_, ElementsAre("open 3 user 77 ann"));
}

TEST_F(Sockets, TheUpgradeMayRefuse) {
  plugin_.on_upgrade = [](const evh_ws_request*, evh_ws_accept* accept) { accept->status = 401; };
  EXPECT_EQ(bed_.front.upgrade("/p/p/ws", {}).problem.status, 401u);
  plugin_.on_upgrade = [](const evh_ws_request*, evh_ws_accept*) { throw std::runtime_error("x"); };
  const auto broken = bed_.front.upgrade("/p/p/ws", {});
  EXPECT_FALSE(broken.admitted);
  EXPECT_EQ(broken.problem.status, 500u);
}

TEST_F(Sockets, AFullInboxIsReported) {
  open(1);
  int taken = 0;
  while (taken < 100 && handler().on_message(1, io::ws_kind::text, "x")) ++taken;
  EXPECT_EQ(taken, 3);  // the open event is the fourth
  bed_.turn();
  EXPECT_TRUE(handler().on_message(1, io::ws_kind::text, "x"));
}

TEST_F(Sockets, AnExceptionClosesTheConnection) {
  plugin_.on_message = [](evh_handle, std::string_view, std::uint32_t) { throw std::runtime_error("x"); };
  open(1);
  handler().on_message(1, io::ws_kind::text, "x");
  bed_.turn();
  EXPECT_THAT(bed_.front.closed, ElementsAre(std::pair<io::ws_id, std::uint16_t>(1, 1011)));
}

TEST_F(Sockets, SendCloseAndQueued) {
  const auto& ws = plugin_.ext<evh_ws>(EVH_EXT_WS);
  const evh_handle to[] = {1, 2, 3};
  EXPECT_EQ(ws.send(plugin_.host, to, 3, core::view("hello"), EVH_WS_TEXT), EVH_OK);
  EXPECT_EQ(ws.send(plugin_.host, nullptr, 3, core::view("hello"), EVH_WS_TEXT), EVH_INVALID);
  EXPECT_EQ(ws.close(plugin_.host, 2, 4401, core::view("bye")), EVH_OK);
  EXPECT_EQ(ws.close(plugin_.host, 2, 1006, core::view("bye")), EVH_INVALID);
  std::uint64_t bytes = 0;
  EXPECT_EQ(ws.queued(plugin_.host, 7, &bytes), EVH_OK);
  EXPECT_EQ(bytes, 70u);
  EXPECT_EQ(ws.queued(plugin_.host, 8, &bytes), EVH_NOT_FOUND);
  ASSERT_EQ(bed_.front.sent.size(), 1u);
  EXPECT_THAT(bed_.front.sent[0].first, ElementsAre(1u, 2u, 3u));
  EXPECT_THAT(bed_.front.closed, ElementsAre(std::pair<io::ws_id, std::uint16_t>(2, 4401)));
}

TEST_F(Sockets, NothingIsEnteredAfterStop) {
  open(1);
  bed_.turn();
  bed_.host->stop();
  events_.clear();
  handler().on_message(1, io::ws_kind::text, "late");
  handler().on_close(1, 1001);
  bed_.turn();
  EXPECT_TRUE(events_.empty());
  EXPECT_FALSE(bed_.front.upgrade("/p/p/ws", {}).admitted);
}

}  // namespace
}  // namespace evhost::runtime::tests
