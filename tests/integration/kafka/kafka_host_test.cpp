// A whole host on a real broker: every acknowledged change takes effect once, whatever dies.
//
// The oracle is the ledger plugin's journal in the host's own database: one line per event that took effect, with the
// event's id, written in the unit of work. Tasks stand at versions 1..n, so the versions' sum is the number of events.
#include "host/core/failpoint.hpp"
#include "host/core/ids.hpp"
#include "host/kafka/client.hpp"
#include "tests/support/host_under_test.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/kafka_under_test.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

namespace evhost {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

class sql {
 public:
  explicit sql(const std::filesystem::path& path) {
    if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK) throw std::runtime_error("cannot open " + path.string());
    sqlite3_busy_timeout(handle_, 10'000);
  }
  ~sql() { sqlite3_close(handle_); }
  sql(const sql&) = delete;
  sql& operator=(const sql&) = delete;
  std::int64_t number(const std::string& text) {
    sqlite3_stmt* st = nullptr;
    if (sqlite3_prepare_v2(handle_, text.c_str(), -1, &st, nullptr) != SQLITE_OK) throw std::runtime_error(text + ": " + sqlite3_errmsg(handle_));
    const auto n = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return n;
  }

 private:
  sqlite3* handle_ = nullptr;
};

void wait_until(const std::function<bool()>& done, std::chrono::milliseconds within, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(what + " took too long");
    std::this_thread::sleep_for(20ms);  // polling another process
  }
}

struct tally {
  std::int64_t versions = 0;   // events that must have taken effect
  std::int64_t effects = 0, distinct = 0, waiting = 0, feed = 0;
};

tally count(const std::filesystem::path& database) {
  sql db(database);
  return {db.number("SELECT coalesce(sum(version), 0) FROM chat_task"), db.number("SELECT count(*) FROM ledger_journal"),
          db.number("SELECT count(DISTINCT id) FROM ledger_journal"), db.number("SELECT count(*) FROM evh_outbox"), db.number("SELECT count(*) FROM sync_feed")};
}

class KafkaHost : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = test::kafka_under_test::missing(); !why.empty()) GTEST_SKIP() << why;
    broker_.emplace();
    broker_->start();
    host_.emplace(test::host_setup{.plugin_directories = {EVH_TEST_PLUGINS, EVH_TEST_FIXTURES},
                                   .environment = {{"KAFKA_BOOTSTRAP_SERVERS", broker_->servers()}, {"EVH_KAFKA__PARTITIONS", "4"}, {"EVH_KAFKA__SESSION_TIMEOUT", "6s"}},
                                   .arguments = {}});
  }

  // Writes until `most` acknowledgements or until nothing answers. Tasks are created and changed once.
  void write(std::uint64_t most, unsigned writers = 4) {
    std::vector<std::jthread> threads;
    for (unsigned w = 0; w < writers; ++w)
      threads.emplace_back([this, most, w, port = host_->port(), token = host_->token("user" + std::to_string(w))] {
        try {
          test::http_client http(port, 10s);
          http.bearer(token);
          while (acknowledged_ < most) {
            const auto made = http.post("/api/v1/tasks", R"({"title":"a task"})");
            if (made.status != 201) continue;
            ++acknowledged_;
            ++acknowledged_tasks_;
            const auto id = json::parse(made.body).at("id").as_string();
            const auto changed = http.patch("/api/v1/tasks/" + std::string(id), R"({"title":"changed"})", {{"If-Match", made.field("ETag")}});
            if (changed.status == 200) ++acknowledged_;
          }
        } catch (const std::runtime_error&) {
          // the connection is gone: killed
        }
      });
  }

  void wait_until_settled() {
    wait_until([&] {
      const auto t = count(host_->database());
      return t.waiting == 0 && t.distinct >= t.versions && t.feed >= t.versions;
    }, 40s, "settling");
  }

  void expect_exactly_once() {
    const auto t = count(host_->database());
    EXPECT_EQ(t.effects, t.distinct) << "an event took effect twice";
    EXPECT_EQ(t.distinct, t.versions) << "an event is missing, or one came from nowhere";
    EXPECT_EQ(t.feed, t.versions) << "the feed differs";
    sql db(host_->database());
    EXPECT_GE(db.number("SELECT count(*) FROM chat_task"), static_cast<std::int64_t>(acknowledged_tasks_.load())) << "an acknowledged task is gone";
    EXPECT_GE(t.versions, static_cast<std::int64_t>(acknowledged_.load())) << "an acknowledged change is gone";
  }

  // Writes, is killed at the failpoint, starts again and settles.
  void survive(const std::string& failpoint, const std::string& unprotected = {}) {
    std::mt19937_64 random(seed_);
    const auto arm = host_->data() / "arm";
    std::map<std::string, std::string> killing{{"EVH_FAILPOINT", failpoint + ":" + std::to_string(1 + random() % 60)},
                                               {"EVH_FAILPOINT_ARM", arm.string()},
                                               {"EVH_FAILPOINT_LOG", (host_->data() / "hits").string()}};
    std::map<std::string, std::string> living;
    if (!unprotected.empty()) killing["EVH_FAULT_UNPROTECTED"] = living["EVH_FAULT_UNPROTECTED"] = unprotected;
    host_->start(killing);
    std::jthread arming([&] {
      while (acknowledged_ < 100 && host_->running()) std::this_thread::sleep_for(2ms);  // polling the writers
      std::ofstream(arm.string()) << "armed\n";
    });
    write(20'000);
    EXPECT_EQ(host_->wait_exit(), 128 + SIGKILL) << "seed " << seed_ << "\n" << host_->log();
    host_->start(living);
    wait_until_settled();
  }

  std::optional<test::kafka_under_test> broker_;
  std::optional<test::host_under_test> host_;
  std::atomic<std::uint64_t> acknowledged_{0}, acknowledged_tasks_{0};
  const std::uint64_t seed_ = [] {
    const char* given = std::getenv("EVH_FAULT_SEED");
    const auto seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("replay with EVH_FAULT_SEED=%llu\n", static_cast<unsigned long long>(seed));
    return seed;
  }();
};

class KafkaCrash : public KafkaHost, public testing::WithParamInterface<const char*> {};

TEST_P(KafkaCrash, LosesNothingDoublesNothing) {
  survive(GetParam());
  EXPECT_EQ(host_->stop(), 0) << host_->log();
  expect_exactly_once();
}

INSTANTIATE_TEST_SUITE_P(At, KafkaCrash,
                         testing::Values(core::failpoints::fetched, core::failpoints::in_handler, core::failpoints::before_commit, core::failpoints::after_commit,
                                         core::failpoints::outbox_numbered, core::failpoints::outbox_produced, core::failpoints::outbox_confirmed),
                         [](const auto& of) { return std::string(of.param); });

// The same harness without the stamps must see records that were published twice; otherwise it proves nothing.
TEST_F(KafkaHost, WithoutStampsTheOracleGoesRed) {
  bool red = false;
  for (int attempt = 0; attempt < 5 && !red; ++attempt) {
    acknowledged_ = 0;
    std::filesystem::remove(host_->data() / "arm");
    survive(core::failpoints::outbox_confirmed, "stamps");
    EXPECT_EQ(host_->stop(), 0) << host_->log();
    const auto t = count(host_->database());
    red = t.effects > t.versions;
  }
  EXPECT_TRUE(red) << "records went out twice and nobody saw it";
}

TEST_F(KafkaHost, GoesOnWritingWhileTheBrokerIsDead) {
  host_->start();
  write(100);
  broker_->kill();
  write(200);  // the outbox takes it
  EXPECT_GE(acknowledged_.load(), 200u);
  EXPECT_GT(count(host_->database()).waiting, 0);
  broker_->start();
  write(300);
  wait_until_settled();
  test::http_client http(host_->port(), 10s);
  wait_until([&] { return http.get("/readyz").status == 200; }, 30s, "being ready again");
  EXPECT_EQ(host_->stop(), 0) << host_->log();
  expect_exactly_once();
}

TEST_F(KafkaHost, SetsAPoisonedRecordAsideAndReplaysIt) {
  host_->start();
  EXPECT_EQ(host_->command({"topics", "put", "task-events", R"({"text":"please throw"})", "--key", "k", "--type", "todo.test.v1"}).exit, 0);
  write(20);
  wait_until([&] { return host_->command({"dlq", "ledger"}).out.find("please throw") != std::string::npos; }, 60s, "setting aside");
  wait_until_settled();
  const auto replayed = host_->command({"replay", "ledger", "--all"});
  EXPECT_EQ(replayed.exit, 0) << replayed.err;
  EXPECT_EQ(host_->stop(), 0) << host_->log();
  expect_exactly_once();
}

TEST_F(KafkaHost, RefusesATopicWhoseSingleOrderIsGone) {
  std::array<char, 256> why{};
  auto conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", broker_->servers().c_str(), why.data(), why.size());
  const kafka::client_ptr admin(rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size()));
  auto* wrong = rd_kafka_NewTopic_new("ledger.dlq", 3, 1, why.data(), why.size());
  const kafka::queue_ptr queue(rd_kafka_queue_new(admin.get()));
  rd_kafka_CreateTopics(admin.get(), &wrong, 1, nullptr, queue.get());
  rd_kafka_event_destroy(rd_kafka_queue_poll(queue.get(), 20'000));
  rd_kafka_NewTopic_destroy(wrong);
  EXPECT_THROW(host_->start(), std::runtime_error) << "ready, though its dead letters would lose their order";
  EXPECT_NE(host_->log().find("topic ledger.dlq has 3 partitions and must have one"), std::string::npos) << host_->log();
}

}  // namespace
}  // namespace evhost
