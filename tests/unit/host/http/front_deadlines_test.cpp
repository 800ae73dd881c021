// Slow clients and slow handlers: rows 30, 34 and 35, with short deadlines.
#include "tests/unit/host/http/front_fixture.hpp"

namespace evhost::http {
namespace {

using namespace std::chrono_literals;

front_options hurried() {
  auto o = test_options();
  o.header_timeout = 250ms;
  o.body_timeout = 350ms;
  o.idle_timeout = 450ms;
  o.handler_timeout = 250ms;
  o.write_timeout = 300ms;
  o.linger_timeout = 100ms;
  return o;
}

struct outcome {
  std::vector<unsigned> statuses;
  bool closed;
  std::chrono::milliseconds after;
};

// Sends `first`, then drips `drop` every 20 ms until the server closes.
outcome drip(std::uint16_t port, const std::string& first, const std::string& drop) {
  test::raw_client client(port);
  const auto start = std::chrono::steady_clock::now();
  client.write(first);
  bool closed = false;
  while (!closed && std::chrono::steady_clock::now() - start < 4s) {
    const auto got = client.read_some(20ms);
    closed = got == test::raw_client::outcome::closed || got == test::raw_client::outcome::reset;
    if (!closed && !drop.empty()) client.write(drop);
  }
  return {statuses_of(client.buffer()), closed, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start)};
}

TEST_F(FrontTest, CutsSlowHeadsAndBodies) {
  serve(hurried());
  const struct {
    const char* name;
    std::string first, drop;
    std::vector<unsigned> statuses;
    std::chrono::milliseconds at_least;
  } rows[] = {
      {"head", "GET /health HTTP/1.1\r\nX: ", "a", {408}, 250ms},
      {"second head", ask() + "GET /health HTTP/1.1\r\nX: ", "a", {200, 408}, 250ms},
      {"body", ask("POST /len HTTP/1.1", "Content-Length: 5000\r\n"), "a", {408}, 350ms},
      {"chunks", ask("POST /len HTTP/1.1", "Transfer-Encoding: chunked\r\n"), "1\r\na\r\n", {408}, 350ms},
      {"silence", "", "", {408}, 250ms},
      {"idle", ask(), "", {200}, 450ms},
  };
  for (const auto& row : rows) {
    const auto got = drip(port(), row.first, row.drop);
    EXPECT_EQ(got.statuses, row.statuses) << row.name;
    EXPECT_TRUE(got.closed) << row.name;
    EXPECT_GE(got.after, row.at_least - 5ms) << row.name;
    EXPECT_LE(got.after, row.at_least + 2s) << row.name;
  }
}

TEST_F(FrontTest, AnswersForAHandlerThatTakesTooLong) {
  serve(hurried());
  test::raw_client client(port());
  client.write(ask("GET /hold HTTP/1.1"));
  const auto x = wait_held();
  const auto answer = test::read_answer(client);
  EXPECT_EQ(answer.status, 504u);
  EXPECT_NE(answer.body.find("handler-timeout"), std::string::npos);
  EXPECT_EQ(cancelled_, 1);
  ASSERT_TRUE(x);
  EXPECT_FALSE(x->respond(200, {}, "late"));
  EXPECT_EQ(front_->stats().late, 1u);
}

TEST_F(FrontTest, GivesARouteItsOwnDeadline) {
  auto options = open_to_all();
  options.deadline = 60ms;
  add_route(io::http_method::get, "/brief", [](io::http_exchange_ptr x) { x->on_cancel([x] {}); }, options);
  auto front_options = test_options();
  front_options.handler_timeout = 20'000ms;
  front_options.header_timeout = 200ms;
  serve(front_options);
  EXPECT_EQ(talk(ask("GET /brief HTTP/1.1"), 2000ms).statuses, std::vector<unsigned>{504});
}

TEST_F(FrontTest, TellsTheHandlerThatTheClientIsGone) {
  auto options = test_options();
  options.handler_timeout = 20'000ms;
  serve(options);
  for (int i = 0; i < 20; ++i) {
    test::raw_client client(port());
    client.write(ask("GET /hold HTTP/1.1"));
    const auto x = wait_held();
    ASSERT_TRUE(x);
    client.reset();
    ASSERT_TRUE(eventually([&] { return cancelled_ == i + 1; }));
    EXPECT_FALSE(x->respond(200, {}, "to nobody"));
  }
  EXPECT_TRUE(eventually([&] { return front_->stats().connections == 0; }));
}

TEST_F(FrontTest, StillAnswersAClientThatOnlyHalfCloses) {
  serve();
  test::raw_client client(port());
  client.write(ask("GET /hold HTTP/1.1"));
  client.half_close();
  const auto x = wait_held();
  ASSERT_TRUE(x);
  EXPECT_FALSE(client.read_to_close(400ms));  // two polls of the connection
  EXPECT_TRUE(x->respond(200, {}, "still here"));
  EXPECT_EQ(test::read_answer(client).body, "still here");
}

TEST_F(FrontTest, CutsAReaderThatNeverReads) {
  serve(hurried());
  test::raw_client client(port(), 4096);
  for (int i = 0; i < 4; ++i) client.write(ask("GET /big?n=8000000 HTTP/1.1"));
  ASSERT_TRUE(eventually([&] { return front_->stats().connections == 1; }));
  // 8 MB may take 300 ms and one second for every 64 KiB: too long for a test, so the peer goes, too.
  client.reset();
  EXPECT_TRUE(eventually([&] { return front_->stats().connections == 0; }));
}

TEST_F(FrontTest, SurvivesClientsThatResetInTheMiddle) {
  serve();
  for (int i = 0; i < 300; ++i) {
    test::raw_client client(port());
    const std::string requests[] = {"GET /hea", ask("GET /pooled?id=1 HTTP/1.1"), ask("POST /len HTTP/1.1", "Content-Length: 100\r\n", "part"), ask("GET /big?n=1000000 HTTP/1.1")};
    client.write(requests[i % 4]);
    client.reset();
  }
  EXPECT_TRUE(eventually([&] { return front_->stats().connections == 0; }));
  EXPECT_EQ(talk(ask()).statuses, std::vector<unsigned>{200});
}

}  // namespace
}  // namespace evhost::http
