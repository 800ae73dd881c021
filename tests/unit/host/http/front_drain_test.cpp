// Going away politely, and going away at once.
#include "tests/unit/host/http/front_fixture.hpp"

namespace evhost::http {
namespace {

using namespace std::chrono_literals;

TEST_F(FrontTest, FinishesWhatIsInFlightWhenDraining) {
  serve();
  test::raw_client idle(port()), busy(port());
  idle.write(ask());
  EXPECT_EQ(test::read_answer(idle).status, 200u);
  busy.write(ask("GET /hold HTTP/1.1"));
  const auto x = wait_held();
  ASSERT_TRUE(x);
  bool drained = false;
  std::thread drainer([&] { drained = front_->drain(5000ms); });
  EXPECT_TRUE(idle.read_to_close());
  EXPECT_EQ(cancelled_, 0);
  x->respond(200, {}, "done");
  const auto answer = test::read_answer(busy);
  EXPECT_EQ(answer.body, "done");
  EXPECT_EQ(answer.field("Connection"), "close");
  busy.close();
  drainer.join();
  EXPECT_TRUE(drained);
  EXPECT_THROW(test::raw_client{port()}, std::runtime_error);
  front_->stop();
  front_->stop();
}

TEST_F(FrontTest, GivesUpDrainingAtItsDeadline) {
  serve();
  test::raw_client busy(port());
  busy.write(ask("GET /hold HTTP/1.1"));
  const auto x = wait_held();
  EXPECT_FALSE(front_->drain(50ms));
  EXPECT_EQ(cancelled_, 0);
  front_->stop();
  EXPECT_EQ(cancelled_, 1);
  EXPECT_TRUE(busy.read_to_close());
}

TEST_F(FrontTest, StopsUnderLoad) {
  serve();
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      while (!stop) {
        try {
          test::http_client client(port(), 2000ms);
          while (!stop) client.get("/pooled?id=1");
        } catch (const std::exception&) {
        }
      }
    });
  ASSERT_TRUE(eventually([&] { return front_->stats().answered > 200; }));
  front_->stop();
  stop = true;
  for (auto& t : threads) t.join();
  EXPECT_EQ(front_->stats().connections, 0u);
}

TEST_F(FrontTest, StopsBeforeItEverStarted) {
  front never(test_options(), {});
  never.stop();
  never.stop();
  EXPECT_TRUE(never.drain(1ms));
}

}  // namespace
}  // namespace evhost::http
