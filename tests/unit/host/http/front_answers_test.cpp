// How handlers answer: rows 14, 26-29 and the rules of http_exchange.
#include "tests/unit/host/http/front_fixture.hpp"

#include <boost/json.hpp>

namespace evhost::http {
namespace {

using namespace std::chrono_literals;

TEST_F(FrontTest, AnswersPipelinedRequestsInOrderFromOtherThreads) {
  serve();
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes += ask("GET /" + std::string(i % 2 == 0 ? "pooled?id=" : "t/") + std::to_string(i) + " HTTP/1.1");
  test::raw_client client(port());
  client.write(bytes);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(test::read_answer(client).body, (i % 2 == 0 ? "pooled " : "") + std::to_string(i));
}

TEST_F(FrontTest, SendsTheInterimAnswerOnlyWhenTheBodyIsAwaited) {
  serve();
  test::raw_client client(port());
  client.write(ask("POST /len HTTP/1.1", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(test::read_answer(client, false).status, 100u);
  client.write("hi");
  EXPECT_EQ(test::read_answer(client).body, "2");
}

TEST_F(FrontTest, RefusesBeforeAskingForTheBody) {
  serve();
  const auto got = talk(ask("POST /nowhere HTTP/1.1", "Content-Length: 2\r\nExpect: 100-continue\r\n"), 2000ms);
  EXPECT_EQ(got.statuses, std::vector<unsigned>{404});
  EXPECT_TRUE(got.closed);
}

TEST_F(FrontTest, KeepsTheConnectionWhenARefusedBodyIsSmall) {
  serve();
  const auto got = talk(ask("POST /nowhere HTTP/1.1", "Content-Length: 5\r\n", "hello") + ask());
  EXPECT_EQ(got.statuses, (std::vector<unsigned>{404, 200}));
}

TEST_F(FrontTest, TurnsExceptionsAndDroppedRequestsInto500WithoutDetails) {
  serve();
  for (const char* path : {"/throw", "/throwint", "/drop", "/pooled-drop"}) {
    const auto got = talk(ask("GET " + std::string(path) + " HTTP/1.1") + ask());
    EXPECT_EQ(got.statuses, (std::vector<unsigned>{500, 200})) << path;
    EXPECT_EQ(got.raw.find("secret"), std::string::npos) << path;
    EXPECT_NE(got.raw.find("\"code\":\"internal\""), std::string::npos) << path;
  }
  EXPECT_EQ(front_->stats().dropped, 2u);
}

TEST_F(FrontTest, NeverLetsUserTextIntoTheHead) {
  serve();
  const auto injected = talk(ask("GET /redirect?to=a%0d%0aX-Evil:1 HTTP/1.1"));
  EXPECT_EQ(injected.statuses, std::vector<unsigned>{500});
  EXPECT_EQ(injected.raw.find("\nX-Evil"), std::string::npos);
  EXPECT_NE(talk(ask("GET /redirect?to=/fine HTTP/1.1")).raw.find("Location: /fine\r\n"), std::string::npos);
}

TEST_F(FrontTest, AnswersHeadWithoutBodyAnd204WithoutLength) {
  serve();
  test::raw_client client(port());
  client.write(ask("HEAD /health HTTP/1.1") + ask("GET /empty HTTP/1.1") + ask());
  const auto head = test::read_answer(client, false);
  EXPECT_EQ(head.field("Content-Length"), "15");
  const auto empty = test::read_answer(client);
  EXPECT_EQ(empty.status, 204u);
  EXPECT_FALSE(empty.has("Content-Length"));
  EXPECT_EQ(test::read_answer(client).body, R"({"status":"ok"})");
}

TEST_F(FrontTest, NamesTheMethodsAPathTakes) {
  serve();
  test::http_client client(port());
  const auto wrong = client.post("/health", "{}");
  EXPECT_EQ(wrong.status, 405u);
  EXPECT_EQ(wrong.field("Allow"), "GET, HEAD, OPTIONS");
  const auto options = client.send({"OPTIONS", "/len"});
  EXPECT_EQ(options.status, 204u);
  EXPECT_EQ(options.field("Allow"), "POST, OPTIONS");
  EXPECT_EQ(client.send({"OPTIONS", "/nowhere"}).status, 404u);
}

TEST_F(FrontTest, CarriesFixedFieldsOnEveryAnswer) {
  serve();
  test::http_client client(port());
  for (const char* path : {"/health", "/nowhere"}) {
    const auto a = client.get(path);
    EXPECT_EQ(a.field("Server"), "evhost");
    EXPECT_EQ(a.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(a.field("Cache-Control"), "no-store");
    EXPECT_EQ(a.field("X-Request-Id").size(), 36u);
    EXPECT_TRUE(a.has("Date"));
  }
  const auto problem = client.get("/nowhere");
  EXPECT_EQ(problem.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(boost::json::parse(problem.body).at("request_id").as_string(), problem.field("X-Request-Id"));
}

TEST_F(FrontTest, WritesLargeAnswersToSlowReaders) {
  serve();
  test::raw_client client(port(), 4096);
  client.write(ask("GET /big?n=3000000 HTTP/1.1") + ask("GET /big?n=20000 HTTP/1.1") + ask());
  EXPECT_EQ(test::read_answer(client).body.size(), 3'000'000u);
  EXPECT_EQ(test::read_answer(client).body.size(), 20'000u);
  EXPECT_EQ(test::read_answer(client).body, R"({"status":"ok"})");
}

TEST_F(FrontTest, AnswersExactlyOnce) {
  serve();
  test::raw_client client(port());
  client.write(ask("GET /hold HTTP/1.1"));
  const auto x = wait_held();
  ASSERT_TRUE(x);
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { accepted += x->respond(200, {}, "won") ? 1 : 0; });
  for (auto& t : threads) t.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(test::read_answer(client).body, "won");
  EXPECT_EQ(front_->stats().late, 3u);
  EXPECT_FALSE(client.read_to_close(50ms));
  EXPECT_EQ(client.buffer(), "");
}

TEST_F(FrontTest, KeepsViewsAliveAfterTheAnswer) {
  serve();
  test::raw_client client(port());
  client.write(ask("GET /hold?q=hello%20world HTTP/1.1", "X-Thing: value\r\n"));
  const auto x = wait_held();
  ASSERT_TRUE(x);
  x->respond(200, {}, "");
  EXPECT_EQ(test::read_answer(client).status, 200u);
  for (int i = 0; i < 20; ++i) {
    client.write(ask("GET /t/overwrite HTTP/1.1", "X-Thing: other\r\n"));
    test::read_answer(client);
  }
  EXPECT_EQ(x->request().field("x-thing"), "value");
  EXPECT_EQ(x->query_value("q"), "hello world");
  EXPECT_EQ(x->request().route, "/hold");
}

TEST_F(FrontTest, OutlivesAllOfAStoppedFront) {
  serve();
  test::raw_client client(port());
  client.write(ask("GET /hold?a=1 HTTP/1.1"));
  auto x = wait_held();
  ASSERT_TRUE(x);
  front_->stop();
  front_.reset();
  EXPECT_EQ(cancelled_, 1);
  EXPECT_FALSE(x->respond(200, {}, "too late"));
  EXPECT_EQ(x->request().path, "/hold");
}

TEST_F(FrontTest, ServesManyConnectionsFromManyThreads) {
  serve();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      test::http_client client(port());
      for (int i = 0; i < 200; ++i) {
        const auto id = std::to_string(t * 1000 + i);
        good += client.get(i % 2 == 0 ? "/t/" + id : "/pooled?id=" + id).body == (i % 2 == 0 ? "" : "pooled ") + id ? 1 : 0;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(good, 1600);
}

}  // namespace
}  // namespace evhost::http
