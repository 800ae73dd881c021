// What a peer may send: row 71 of the attack table.
#include "tests/unit/host/websocket/hub_fixture.hpp"

namespace evhost::websocket {
namespace {

using namespace std::chrono_literals;
using opcode = test::ws_client::opcode;

TEST_F(HubTest, DeliversMessagesInOrderAndWhole) {
  serve();
  auto client = connect();
  client.send("one");
  client.send_frame(opcode::text, "tw", false);
  client.send_frame(opcode::ping, "p");
  client.send_frame(opcode::continuation, "o");
  client.send_frame(opcode::binary, std::string(65536, 'b'));
  ASSERT_TRUE(eventually([&] { return handler_.messages().size() == 3; }));
  const auto messages = handler_.messages();
  EXPECT_EQ(messages[0], "one");
  EXPECT_EQ(messages[1], "two");
  EXPECT_EQ(messages[2].size(), 65536u);
}

struct bad_frame {
  const char* name;
  std::function<void(test::ws_client&)> send;
  std::uint16_t code;
};

TEST_F(HubTest, ClosesWithTheCodeThatNamesTheFault) {
  serve();
  const std::vector<bad_frame> faults{
      {"unmasked", [](auto& c) { c.send_frame(opcode::text, "hi", true, false); }, 1002},
      {"reserved bit", [](auto& c) { c.send_frame(opcode::text, "hi", true, true, 0x40); }, 1002},
      {"unknown opcode", [](auto& c) { c.send_frame(static_cast<opcode>(3), "hi"); }, 1002},
      {"unknown control opcode", [](auto& c) { c.send_frame(static_cast<opcode>(11), "hi"); }, 1002},
      {"long ping", [](auto& c) { c.send_frame(opcode::ping, std::string(126, 'x')); }, 1002},
      {"fragmented ping", [](auto& c) { c.send_frame(opcode::ping, "x", false); }, 1002},
      {"continuation of nothing", [](auto& c) { c.send_frame(opcode::continuation, "x"); }, 1002},
      {"text inside a message", [](auto& c) { c.send_frame(opcode::text, "a", false); c.send_frame(opcode::text, "b"); }, 1002},
      {"invalid UTF-8", [](auto& c) { c.send_frame(opcode::text, "\xc0\xaf"); }, 1007},
      {"UTF-8 cut at the end", [](auto& c) { c.send_frame(opcode::text, "\xc3"); }, 1007},
      {"65,537 bytes", [](auto& c) { c.send_frame(opcode::text, std::string(65537, 'a')); }, 1009},
      {"too big in fragments", [](auto& c) { c.send_frame(opcode::text, std::string(40000, 'a'), false); c.send_frame(opcode::continuation, std::string(40000, 'a')); }, 1009},
      {"close with one byte", [](auto& c) { c.send_frame(opcode::close, "x"); }, 1002},
      {"close with a reserved code", [](auto& c) { c.send_close(1005); }, 1002},
  };
  std::size_t closed = 0;
  for (const auto& fault : faults) {
    auto client = connect();
    fault.send(client);
    EXPECT_TRUE(client.wait_closed()) << fault.name;
    EXPECT_EQ(client.close_code(), fault.code) << fault.name;
    ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == closed + 1; })) << fault.name;
    EXPECT_EQ(handler_.close_codes().back(), fault.code) << fault.name;
    ++closed;
  }
  EXPECT_TRUE(handler_.messages().empty());
}

TEST_F(HubTest, CutsAnEndlessMessageOfEmptyFragments) {
  serve();
  auto client = connect();
  client.send_frame(opcode::text, "", false);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += std::string("\x00\x80\x12\x34\x56\x78", 6);
  for (int i = 0; i < 1000; ++i)
    if (!client.raw().write(many)) break;
  EXPECT_TRUE(client.wait_closed());
  EXPECT_TRUE(client.close_code() == 1008 || client.close_code() == 1006) << client.close_code();
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == 1; }));
  EXPECT_EQ(handler_.close_codes()[0], 1008);
}

TEST_F(HubTest, CutsAPeerThatTalksTooMuch) {
  io::ws_route_options route;
  route.limits.messages_per_s = 1;
  route.limits.messages_burst = 20;
  serve(route);
  auto client = connect();
  for (int i = 0; i < 1000 && client.send("x"); ++i) {
  }
  EXPECT_TRUE(client.wait_closed());
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == 1; }));
  EXPECT_EQ(handler_.close_codes()[0], io::ws_code::rate_limited);
  EXPECT_EQ(handler_.messages().size(), 20u);

  auto pinger = connect();
  for (int i = 0; i < 1000 && pinger.send_frame(opcode::ping, "x"); ++i) {
  }
  EXPECT_TRUE(pinger.wait_closed());
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == 2; }));
  EXPECT_EQ(handler_.close_codes()[1], io::ws_code::rate_limited);
}

TEST_F(HubTest, AnswersAPingAndEchoesAClose) {
  serve();
  auto client = connect();
  client.send_frame(opcode::ping, "are you there");
  client.send_close(1000, "bye");
  EXPECT_TRUE(client.wait_closed());
  EXPECT_EQ(client.close_code(), 1000);
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == 1; }));
  EXPECT_EQ(handler_.close_codes()[0], 1000);
}

TEST_F(HubTest, ReportsAPeerThatVanishes) {
  serve();
  for (int i = 0; i < 50; ++i) {
    auto client = connect();
    if (i % 2 == 0) client.send("x");
    client.raw().reset();
  }
  ASSERT_TRUE(eventually([&] { return handler_.close_codes().size() == handler_.opened().size() && hub_->connections() == 0; }));
  for (const auto code : handler_.close_codes()) EXPECT_EQ(code, 1006);
}

}  // namespace
}  // namespace evhost::websocket
