// Connection caps and running out of descriptors: row 31, scaled down.
#include <sys/resource.h>
#include <sys/time.h>

#include <ctime>

#include "tests/unit/host/http/front_fixture.hpp"

namespace evhost::http {
namespace {

using namespace std::chrono_literals;

TEST_F(FrontTest, RefusesConnectionsAboveTheCap) {
  auto options = test_options();
  options.connections_max = 50;
  serve(options);
  std::vector<test::raw_client> idle;
  for (int i = 0; i < 50; ++i) idle.emplace_back(port());
  ASSERT_TRUE(eventually([&] { return front_->stats().connections == 50; }));
  test::raw_client extra(port());
  EXPECT_EQ(test::read_answer(extra).status, 503u);
  EXPECT_TRUE(extra.read_to_close());
  EXPECT_EQ(front_->stats().refused, 1u);
  idle.clear();
  ASSERT_TRUE(eventually([&] { return front_->stats().connections == 0; }));
  EXPECT_EQ(talk(ask()).statuses, std::vector<unsigned>{200});
}

TEST_F(FrontTest, RefusesOneAddressAboveItsShare) {
  auto options = test_options();
  options.connections_per_address_max = 5;
  serve(options);
  std::vector<test::raw_client> idle;
  for (int i = 0; i < 5; ++i) idle.emplace_back(port());
  ASSERT_TRUE(eventually([&] { return front_->stats().connections == 5; }));
  test::raw_client extra(port());
  EXPECT_EQ(test::read_answer(extra).status, 503u);
  test::raw_client other(port(), 0, "127.0.0.2");
  other.write(ask());
  EXPECT_EQ(test::read_answer(other).status, 200u);
}

#if !defined(__SANITIZE_ADDRESS__)  // the sanitizer itself opens a pipe to look at memory, and takes its failure for ours
TEST_F(FrontTest, SurvivesRunningOutOfDescriptors) {
  auto options = test_options();
  options.io_threads = 1;
  serve(options);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<test::raw_client> clients;
  clients.emplace_back(port());
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(clients.back().fd()) + 20;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  try {
    for (int i = 0; i < 100; ++i) clients.emplace_back(port());
  } catch (const std::runtime_error&) {  // our own side has run out, too
  }
  EXPECT_TRUE(eventually([&] { return front_->stats().accept_errors > 0 || front_->stats().connections + 1 >= clients.size(); }));
  const auto cpu = std::clock();
  test::raw_client::outcome ignored = clients.front().read_some(300ms);
  (void)ignored;
  EXPECT_LT(static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC, 0.15);  // it does not spin
  clients.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(eventually([&] { return front_->stats().connections == 0; }));
  EXPECT_EQ(talk(ask()).statuses, std::vector<unsigned>{200});
}
#endif

TEST_F(FrontTest, LimitsBodiesPerRoute) {
  auto options = open_to_all();
  options.body_bytes_max = 10;
  add_route(io::http_method::post, "/small", [](io::http_exchange_ptr x) { x->respond(200, {}, ""); }, options);
  serve();
  EXPECT_EQ(talk(ask("POST /small HTTP/1.1", "Content-Length: 10\r\n", "0123456789")).statuses, std::vector<unsigned>{200});
  EXPECT_EQ(talk(ask("POST /small HTTP/1.1", "Content-Length: 11\r\n", "0123456789a"), 2000ms).statuses, std::vector<unsigned>{413});
}

TEST_F(FrontTest, SaysWhyItCannotStart) {
  serve();
  auto options = test_options();
  options.port = port();
  front second(options, {});
  const auto taken = second.start();
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("port " + std::to_string(port())), std::string::npos);
  EXPECT_NE(taken.error().message.find("EVH_HTTP_PORT"), std::string::npos);
  second.stop();
  options.address = "nonsense";
  front third(options, {});
  EXPECT_FALSE(third.start());
  EXPECT_NE(front_->route(io::http_method::get, "/late", {}, [](io::http_exchange_ptr) {}), "");
}

}  // namespace
}  // namespace evhost::http
