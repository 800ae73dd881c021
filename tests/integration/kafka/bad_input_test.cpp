// What is absent, wrong or strange on the brokers' side: the host says so, loses nothing, and goes on where it may.
//
// The fault plugin passes each numbered event on once: as many rows of stage 2 as events, whatever stood between them.
#include "tests/integration/kafka/kafka_fixture.hpp"
#include "tests/integration/kafka/stranger.hpp"

#include <memory>
#include <random>

namespace evhost {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using environment = std::map<std::string, std::string>;

class KafkaBadInput : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = test::kafka_under_test::missing(); !why.empty()) GTEST_SKIP() << why;
    broker_ = std::make_unique<test::kafka_under_test>();
    host_ = std::make_unique<test::host_under_test>(
        test::host_setup{.plugin_directories = {EVH_TEST_FIXTURES, EVH_TEST_FAULT},
                         .environment = {{"KAFKA_BOOTSTRAP_SERVERS", broker_->servers()}, {"EVH_KAFKA__PARTITIONS", "2"}, {"EVH_KAFKA__SESSION_TIMEOUT", "6s"},
                                         {"EVH_RUNTIME__RETRY_ATTEMPTS", "2"}},
                         .arguments = {}});
  }
  test::http_answer put(const std::string& key, int seq, const std::string& words = {}) {
    test::http_client http(test::port_of(*host_), 10s);
    return http.post("/p/fault/put", key + " " + std::to_string(seq) + " " + words);
  }
  std::int64_t effects(int stage = 2) { return test::number_in(host_->database(), "SELECT count(*) FROM fault_effect WHERE stage = " + std::to_string(stage)); }
  void wait_for_effects(std::int64_t count) {
    try {
      test::wait_until([&] { return effects() >= count; }, 40s, std::to_string(count) + " effects");
    } catch (const std::runtime_error& e) {
      throw std::runtime_error(std::string(e.what()) + ", there are " + std::to_string(effects()) + "\n" + host_->log());
    }
  }
  // The log is written by a thread of its own: words may come after the answer they belong to.
  bool said(const std::string& words) const {
    const auto until = std::chrono::steady_clock::now() + 5s;
    while (host_->log().find(words) == std::string::npos)
      if (std::chrono::steady_clock::now() > until) return false;
      else std::this_thread::sleep_for(20ms);
    return true;
  }

  std::unique_ptr<test::kafka_under_test> broker_;
  std::unique_ptr<test::host_under_test> host_;
};

TEST_F(KafkaBadInput, ABrokerThatIsNotThereYetIsWaitedFor) {
  host_->launch();
  test::wait_for_reason(*host_, "no broker answers at " + broker_->servers());
  EXPECT_EQ(test::http_client(test::port_of(*host_), 2s).get("/livez").status, 200);
  EXPECT_EQ(put("k", 1).status, 503) << "there is no plugin yet";
  EXPECT_EQ(host_->stop(), 0) << "SIGTERM is heard while it waits\n" << host_->log();
  host_->launch();
  test::wait_for_reason(*host_, "no broker answers at " + broker_->servers());
  broker_->start();
  host_->wait_ready(40s);
  EXPECT_EQ(put("k", 1).status, 201);
  wait_for_effects(1);
  EXPECT_EQ(host_->stop(), 0) << host_->log();
}

TEST_F(KafkaBadInput, TopicsAreCheckedAndNotMadeWhenThatIsForbidden) {
  broker_->start();
  host_->launch({{"EVH_KAFKA__CREATE_TOPICS", "false"}});
  EXPECT_EQ(host_->wait_exit(), 78);
  EXPECT_TRUE(said("topic audit-events is not on the brokers and kafka.create_topics is false: make it with 2 partitions and retention.ms=604800000")) << host_->log();

  test::stranger other(broker_->servers());
  other.make_topic("fault-in", 1);
  other.make_topic("task-events", 2, {{"retention.ms", "60000"}});
  host_->launch();
  test::wait_for_reason(*host_, "topic fault-in has 1 partitions on the brokers and kafka.partitions wants 2: add partitions before its first use, or set kafka.partitions to 1");
  EXPECT_NE(test::readyz(*host_).body.find("topic task-events keeps records for 60000 ms on the brokers and log.retention wants 604800000 ms: raise retention.ms"), std::string::npos)
      << test::readyz(*host_).body;
  EXPECT_EQ(host_->stop(), 0) << host_->log();
}

TEST_F(KafkaBadInput, StrangersRecordsHurtOnlyThemselves) {
  broker_->start();
  host_->start();
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(put("before", i).status, 201);
  test::stranger other(broker_->servers());
  const std::string bytes("\xff\xfe\x00 nonsense", 12);
  for (int partition = 0; partition < 2; ++partition) {
    other.write("fault-in", partition, "k", bytes);                                                          // undecodable
    other.write("fault-in", partition, "k", std::nullopt);                                                   // a tombstone
    other.write("fault-in", partition, std::nullopt, std::nullopt);                                          // nothing at all
    other.write("fault-in", partition, "k", "{}", {{"ce_type", "nobody.knows.v9"}});                         // a type and version nobody knows
    other.write("fault-in", partition, std::nullopt, "free" + std::to_string(partition) + " 1 no key");      // good, without key and headers
    other.write("fault-in", partition, "odd", "odd" + std::to_string(partition) + " 1 ",
                {{"ce_time", "yesterday"}, {"ce_id", ""}, {"traceparent", "00-zz"}, {"evh-stamp", "no stamp"}, {"content-type", std::string("\0\xff", 2)}});
  }
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(put("after", i).status, 201);
  wait_for_effects(3 + 2 * 2 + 3);
  std::vector<json::value> letters;
  test::wait_until([&] {
    letters.clear();
    std::istringstream lines(host_->command({"dlq", "fault-first"}).out);
    for (std::string line; std::getline(lines, line);) letters.push_back(json::parse(line));
    return letters.size() >= 8;
  }, 60s, "eight dead letters");
  EXPECT_EQ(letters.size(), 8u);
  EXPECT_EQ(effects(), 10);
  int empty = 0;
  for (const auto& letter : letters) {
    EXPECT_EQ(letter.at("topic").as_string(), "fault-in");
    EXPECT_EQ(letter.at("error").as_string(), "not a numbered event");
    empty += letter.at("payload").is_null();
  }
  EXPECT_EQ(empty, 4);
  const auto tail = host_->command({"topics", "tail", "fault-in", "--from", "earliest"});
  EXPECT_EQ(tail.exit, 0) << tail.err;
  EXPECT_NE(tail.out.find(R"("payload":{"base64url":")"), std::string::npos) << "bytes that are no text\n" << tail.out;

  const auto first = std::to_string(letters[0].at("id").as_int64());
  EXPECT_EQ(host_->command({"dlq", "fault-first", "--discard", first}).out, "{\"discarded\":1}\n");
  EXPECT_EQ(host_->command({"replay", "fault-first", first}).exit, 65) << "it is dealt with";
  EXPECT_EQ(host_->command({"replay", "fault-first", "--all"}).out, "{\"replayed\":7}\n");
  EXPECT_EQ(host_->stop(), 0) << host_->log();
}

// Text that does not compress.
std::string noise(std::size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, ' ');
  for (auto& c : text) c = static_cast<char>('!' + random() % 90);
  return text;
}

TEST_F(KafkaBadInput, ARecordTooLargeForTheTopicIsRefusedWhenItIsPublished) {
  broker_->start();
  test::stranger(broker_->servers()).make_topic("fault-in", 2, {{"max.message.bytes", "20000"}});
  host_->start();
  EXPECT_EQ(put("k", 1).status, 201);
  EXPECT_GE(put("k", 2, noise(30'000)).status, 400);
  EXPECT_TRUE(said("is over the limit of 17952 (max.message.bytes of the topic)")) << host_->log();
  EXPECT_EQ(put("k", 3).status, 201);
  wait_for_effects(2);
  EXPECT_EQ(test::number_in(host_->database(), "SELECT count(*) FROM fault_put"), 2) << "the refused one left no trace";
  EXPECT_EQ(host_->stop(), 0) << host_->log();
}

TEST_F(KafkaBadInput, ARecordThatTheBrokersRefuseLaterIsSetAsideAndHoldsUpNobody) {
  broker_->start();
  host_->start();
  EXPECT_EQ(put("k", 0).status, 201);
  wait_for_effects(1);
  test::stranger(broker_->servers()).change_topic("fault-in", "max.message.bytes", "3000");
  broker_->kill();  // so that all of them stand in the outbox together, in one batch
  for (int i = 1; i <= 20; ++i) EXPECT_EQ(put("k", i, i == 10 ? noise(50'000) : "").status, 201);
  broker_->start();
  wait_for_effects(20);
  test::wait_until([&] { return test::number_in(host_->database(), "SELECT count(*) FROM evh_outbox") == 0; }, 20s, "an empty outbox");
  EXPECT_EQ(effects(), 20);
  EXPECT_EQ(test::number_in(host_->database(), "SELECT count(*) FROM evh_outbox_refused"), 1);
  EXPECT_EQ(test::number_in(host_->database(), "SELECT count(*) FROM evh_outbox_refused WHERE event_id = 'k-10' AND length(payload) > 50000 AND reason <> ''"), 1);
  EXPECT_EQ(test::number_in(host_->database(), "SELECT count(*) FROM fault_effect a, fault_effect b WHERE a.stage = 1 AND b.stage = 1 AND a.row < b.row AND a.seq > b.seq"), 0)
      << "the order of the key";
  EXPECT_EQ(test::metric(*host_, "evhost_relay_records_total{outcome=\"refused\"}"), 1);
  EXPECT_TRUE(said("set aside in evh_outbox_refused"));
  EXPECT_EQ(host_->stop(), 0) << host_->log();
}

TEST_F(KafkaBadInput, LostRecordsStopTheirLaneUntilSomebodyDecides) {
  broker_->start();
  host_->start();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(put("key" + std::to_string(i), 1).status, 201);  // both partitions have records
  wait_for_effects(8);
  const auto at = test::number_in(host_->database(), "SELECT next_off FROM evh_kafka_positions WHERE grp = 'fault-first' AND topic = 'fault-in' AND part = 0");
  EXPECT_GE(test::metric(*host_, R"(evhost_consumer_lag_records{group="fault-first",topic="fault-in",partition="0"})"), 0);
  EXPECT_EQ(host_->stop(), 0) << host_->log();
  test::stranger other(broker_->servers());
  for (int i = 1; i <= 10; ++i) other.write("fault-in", 0, "late", "late " + std::to_string(i) + " ");
  for (int i = 1; i <= 4; ++i) other.write("fault-in", 1, "other", "other " + std::to_string(i) + " ");
  other.remove_records("fault-in", 0, at + 6);
  host_->start();
  wait_for_effects(8 + 4);
  const auto lost = "records " + std::to_string(at) + " to " + std::to_string(at + 5) + " of partition 0 of topic fault-in (6) were removed by retention";
  test::wait_until([&] { return host_->log().find(lost) != std::string::npos; }, 30s, "the alarm");
  EXPECT_EQ(test::metric(*host_, R"(evhost_lane_stopped{group="fault-first",topic="fault-in",partition="0"})"), 1);
  EXPECT_EQ(test::metric(*host_, R"(evhost_consumer_lag_records{group="fault-first",topic="fault-in",partition="0"})"), 10);
  EXPECT_EQ(effects(), 12) << "nothing was skipped by itself";
  EXPECT_EQ(put("key0", 2).status, 201) << "and everything else goes on";
  const auto moved = host_->command({"replay", "fault-first", "--topic", "fault-in", "--from", "earliest", "--partition", "0"});
  EXPECT_EQ(moved.out, "[{\"partition\":0,\"offset\":" + std::to_string(at + 6) + "}]\n") << moved.err;
  wait_for_effects(8 + 4 + 4 + 1);
  EXPECT_EQ(effects(), 17);
  test::wait_until([&] { return test::metric(*host_, R"(evhost_lane_stopped{group="fault-first",topic="fault-in",partition="0"})") == 0; }, 20s, "the end of the alarm");
  EXPECT_EQ(host_->stop(), 0) << host_->log();
}

TEST_F(KafkaBadInput, AGroupReadsAgainFromATimeOrAnOffset) {
  broker_->start();
  host_->start();
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(put("k", i).status, 201);
  wait_for_effects(3);
  const auto between = std::chrono::system_clock::now() + 5ms;
  test::wait_until([&] { return std::chrono::system_clock::now() > between + 5ms; }, 1s, "a moment");
  for (int i = 4; i <= 5; ++i) EXPECT_EQ(put("k", i).status, 201);
  wait_for_effects(5);
  EXPECT_EQ(host_->stop(), 0) << host_->log();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(between.time_since_epoch()).count();
  const auto second = static_cast<std::time_t>(ms / 1000);
  char text[40], whole[48];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", std::gmtime(&second));
  std::snprintf(whole, sizeof whole, "%s.%03dZ", text, static_cast<int>(ms % 1000));
  EXPECT_EQ(host_->command({"replay", "fault-first", "--topic", "fault-in", "--from", "half past nine"}).exit, 65);
  const auto moved = host_->command({"replay", "fault-first", "--topic", "fault-in", "--from", whole});
  EXPECT_EQ(moved.exit, 0) << moved.err;
  host_->start();
  wait_for_effects(7);
  EXPECT_EQ(test::number_in(host_->database(), "SELECT count(*) FROM fault_effect WHERE stage = 1 AND seq >= 4"), 4) << "4 and 5 twice, as asked";
  EXPECT_EQ(test::number_in(host_->database(), "SELECT count(*) FROM fault_effect WHERE stage = 1"), 7);
  EXPECT_EQ(host_->stop(), 0) << host_->log();
}

}  // namespace
}  // namespace evhost
