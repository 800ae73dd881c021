// Processes that share a database tell each other that there is something new.
#include "postgres_fixture.hpp"

#include <atomic>
#include <thread>

namespace store_tests {
namespace {

class PostgresRing : public PostgresStore {
 protected:
  bool wait_for(const std::atomic<int>& count, int above) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (count <= above) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(5ms);  // polls, with the deadline above
    }
    return true;
  }
  // Another process's store, as far as the server can tell.
  std::unique_ptr<io::store> other(std::atomic<int>& heard) {
    auto made = make();
    EXPECT_TRUE(made) << made.error().message;
    made.value()->on_ring([&heard] { ++heard; });
    EXPECT_TRUE(made.value()->start());
    EXPECT_TRUE(wait_for(heard, 0)) << "it looks once when it begins to listen";
    return std::move(made).value();
  }
};

TEST_F(PostgresRing, IsHeardByOthersAndNotByItself) {
  std::atomic<int> here{0}, there{0};
  const auto a = other(here), b = other(there);
  const int before = here, before_there = there;
  a->ring();
  EXPECT_TRUE(wait_for(there, before_there));
  b->ring();
  EXPECT_TRUE(wait_for(here, before));
  EXPECT_EQ(there, before_there + 1) << "its own ring came back";
  for (auto* one : {a.get(), b.get()}) one->stop(std::chrono::steady_clock::now() + patience);
}

TEST_F(PostgresRing, GoesOnAfterTheConnectionWasCut) {
  std::atomic<int> here{0}, there{0};
  const auto a = other(here), b = other(there);
  const int before = there;
  server().ask(database_, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database_ + "' AND pid <> pg_backend_pid()");
  ASSERT_TRUE(wait_for(there, before)) << "whoever listens again looks once";
  const int after = there;
  a->ring();
  EXPECT_TRUE(wait_for(there, after));
  for (auto* one : {a.get(), b.get()}) one->stop(std::chrono::steady_clock::now() + patience);
}

TEST_F(PostgresRing, WhoDoesNotListenAnyMoreIsNotCalled) {
  std::atomic<int> here{0}, there{0};
  const auto a = other(here), b = other(there);
  b->on_ring({});
  const int before = there;
  a->ring();
  b->ring();
  ASSERT_TRUE(wait_for(here, 1));  // so the other one was through, too
  EXPECT_EQ(there, before);
  for (auto* one : {a.get(), b.get()}) one->stop(std::chrono::steady_clock::now() + patience);
}

}  // namespace
}  // namespace store_tests
