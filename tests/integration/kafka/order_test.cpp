// Order per key where several committers of several hosts publish at once: whoever had an answer before asking again sees
// its events in that order, on PostgreSQL and Kafka.
#include "tests/integration/kafka/kafka_fixture.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace evhost {
namespace {

using namespace std::chrono_literals;

TEST(KafkaOrder, OneKeyKeepsItsOrderOverCommittersAndHosts) {
  if (const auto why = test::kafka_under_test::missing(); !why.empty()) GTEST_SKIP() << why;
  auto& server = test::postgres_under_test::instance();
  if (!server.available()) GTEST_SKIP() << server.why();
  const auto database = server.make_database();
  test::kafka_under_test broker;
  broker.start();
  std::vector<std::unique_ptr<test::host_under_test>> hosts;
  for (int i = 0; i < 2; ++i) {
    hosts.push_back(std::make_unique<test::host_under_test>(
        test::host_setup{.plugin_directories = {EVH_TEST_FAULT},
                         .environment = {{"KAFKA_BOOTSTRAP_SERVERS", broker.servers()}, {"DATABASE_URL", server.url(database)}, {"EVH_STORAGE__COMMITTERS", "3"},
                                         {"EVH_KAFKA__PARTITIONS", "4"}, {"EVH_KAFKA__OUTBOX_SHARDS", "2"}, {"EVH_KAFKA__SESSION_TIMEOUT", "6s"},
                                         {"EVH_KEYS", hosts.empty() ? "" : (hosts[0]->data() / "keys").string()}},
                         .arguments = {}}));
    hosts.back()->start();
  }
  constexpr int clients = 6, each = 60;
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> threads;
    for (int c = 1; c <= clients; ++c)
      threads.emplace_back([&, c] {
        test::http_client here(hosts[0]->port(), 10s), there(hosts[1]->port(), 10s);
        for (int i = 0; i < each; ++i) {
          auto& http = (i + c) % 2 ? here : there;
          if (http.post("/p/fault/put", "shared " + std::to_string(c * 1000 + i) + " ").status == 201) ++answered;
        }
      });
  }
  EXPECT_EQ(answered, clients * each);
  const auto number = [&](const std::string& sql) { return std::stoll(server.ask(database, sql)); };
  test::wait_until([&] { return number("SELECT count(*) FROM fault_effect WHERE stage = 2") >= clients * each; }, 60s, "the effects");
  for (const std::string stage : {"1", "2"}) {
    EXPECT_EQ(number("SELECT count(*) FROM fault_effect WHERE stage = " + stage), clients * each);
    EXPECT_EQ(number("SELECT count(DISTINCT part) FROM fault_effect WHERE stage = " + stage), 1);
    EXPECT_EQ(number("SELECT count(*) FROM fault_effect a JOIN fault_effect b ON a.stage = b.stage AND a.seq / 1000 = b.seq / 1000 AND a.off < b.off AND a.seq > b.seq"
                     " WHERE a.stage = " + stage), 0)
        << "stage " << stage << ": a later answer was published first";
  }
  // Both committed, and not one after the other: else this shows nothing.
  EXPECT_GT(number("SELECT count(*) FROM fault_effect a JOIN fault_effect b ON a.stage = 1 AND b.stage = 1 AND b.off = a.off + 1 AND a.seq / 1000 <> b.seq / 1000"), clients);
  for (auto& host : hosts) EXPECT_EQ(host->stop(), 0) << host->log();
}

}  // namespace
}  // namespace evhost
