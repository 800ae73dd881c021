// What the PostgreSQL tests share: a store on a database of its own in the real server.
#pragma once
#include "host/storage/postgres_store.hpp"
#include "tests/support/postgres_under_test.hpp"
#include "tests/unit/host/storage/store_fixture.hpp"

#include <cstdlib>
#include <string>

namespace store_tests {

inline evhost::test::postgres_under_test& server() {
  return evhost::test::postgres_under_test::instance();
}

// In a test's SetUp: no server, no test; with EVH_REQUIRE_ALL=1 a missing server is a failure.
#define EVH_NEEDS_POSTGRES()                                                                   \
  if (!store_tests::server().available()) {                                                    \
    if (const char* all = std::getenv("EVH_REQUIRE_ALL"); all && std::string_view(all) == "1") \
      FAIL() << store_tests::server().why();                                                   \
    GTEST_SKIP() << store_tests::server().why();                                               \
  }

// A store with one table t(id BIGINT PRIMARY KEY, v TEXT).
class PostgresStore : public ::testing::Test {
 protected:
  void SetUp() override {
    EVH_NEEDS_POSTGRES();
    database_ = server().make_database();
    options_.url = server().url(database_);
    options_.committers = 1;
    options_.look_interval = 50ms;
    options_.outage_patience = 10s;
  }
  void TearDown() override {
    if (store_) store_->stop(std::chrono::steady_clock::now() + patience);
  }
  core::result<std::unique_ptr<io::store>> make() {
    return storage::make_postgres_store(options_, clock_, log_, metrics_);
  }
  void start(const char* schema = "CREATE TABLE t(id BIGINT PRIMARY KEY, v TEXT)") {
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    store_ = std::move(made).value();
    const std::array steps{io::migration{1, "t", schema}};
    auto migrated = store_->migrate("test", steps);
    ASSERT_TRUE(migrated) << migrated.error().message;
    ASSERT_TRUE(store_->start());
  }
  void submit(lambda_unit::work fn, io::unit_class kind = io::unit_class::request, std::function<void()> undone = {}) {
    auto queued = store_->submit(std::make_unique<lambda_unit>(std::move(fn), endings_, kind, std::move(undone)));
    ASSERT_TRUE(queued) << queued.error().message;
  }
  // Holds the only committer inside a unit until gate_.open(): what is submitted meanwhile shares the next group.
  void hold_committer() {
    submit([this](io::transaction&, auto) {
      held_.open();
      gate_.pass();
      return true;
    });
    held_.pass();
  }
  core::result<void> run(std::function<core::result<void>(io::transaction&)> fn) {
    return io::run_in_unit(*store_, std::move(fn));
  }
  std::int64_t count(const std::string& sql = "SELECT count(*) FROM t") {
    return std::stoll(server().ask(database_, sql));
  }

  std::string database_;
  storage::postgres_options options_;
  io::system_clock clock_;
  io::null_log_sink log_;
  io::null_metric_registry metrics_;
  gate held_, gate_;
  endings endings_;
  std::unique_ptr<io::store> store_;
};

}  // namespace store_tests
