// The host and a broker with TLS and users: what is right works, what is wrong is refused with the sentence that helps.
#include "tests/integration/kafka/kafka_fixture.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/postgres_under_test.hpp"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <vector>

namespace evhost {
namespace {

using namespace std::chrono_literals;
using environment = std::map<std::string, std::string>;

class KafkaSecurity : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = test::kafka_under_test::missing(); !why.empty()) GTEST_SKIP() << why;
    broker_ = std::make_unique<test::kafka_under_test>(test::broker_security{});
    other_ = broker_->folder() / "other";
    std::filesystem::create_directory(other_);
    broker_->start();
  }
  // A user with a password over TLS, plus `more`.
  environment good(const environment& more = {}, const char* patience = "5s") const {
    environment all{{"KAFKA_BOOTSTRAP_SERVERS", broker_->sasl_servers()}, {"EVH_KAFKA__SECURITY_PROTOCOL", "sasl_ssl"}, {"EVH_KAFKA__SASL_USERNAME", "evhost"}, {"EVH_KAFKA__SASL_MECHANISM", "PLAIN"},
                    {"EVH_KAFKA__SASL_PASSWORD", "good-password"},      {"EVH_KAFKA__SSL_CA", broker_->authority().string()}, {"EVH_KAFKA__PARTITIONS", "2"},
                    {"EVH_KAFKA__SESSION_TIMEOUT", "6s"},                 {"EVH_KAFKA__START_TIMEOUT", patience}};
    for (const auto& [name, content] : more) all[name] = content;
    return all;
  }
  static std::unique_ptr<test::host_under_test> make_host(const environment& all) {
    return std::make_unique<test::host_under_test>(test::host_setup{.plugin_directories = {EVH_TEST_PLUGINS, EVH_TEST_FIXTURES}, .environment = all, .arguments = {}});
  }
  // One change from the request to its effect behind the broker.
  static void expect_work(test::host_under_test& host) {
    test::http_client http(host.port(), 10s);
    http.bearer(host.token("ana"));
    EXPECT_EQ(http.post("/api/v1/tasks", R"({"title":"over TLS"})").status, 201);
    test::wait_until([&] { return test::number_in(host.database(), "SELECT count(*) FROM ledger_journal") >= 1; }, 30s, "the effect");
  }

  std::unique_ptr<test::kafka_under_test> broker_;
  std::filesystem::path other_;
};

TEST_F(KafkaSecurity, WorksByPasswordAndByCertificate) {
  const environment by_certificate{{"KAFKA_BOOTSTRAP_SERVERS", broker_->tls_servers()},
                                   {"EVH_KAFKA__SECURITY_PROTOCOL", "ssl"},
                                   {"EVH_KAFKA__SSL_CERTIFICATE", broker_->client_certificate().string()},
                                   {"EVH_KAFKA__SSL_KEY", broker_->client_key().string()}};
  std::vector<environment> ways{{}, by_certificate};
  if (rd_kafka_version() >= 0x020601ff) ways.push_back({{"EVH_KAFKA__SASL_MECHANISM", "SCRAM-SHA-512"}});
  for (const auto& how : ways) {
    const auto host = make_host(good(how));
    host->start();
    expect_work(*host);
    EXPECT_EQ(host->stop(), 0) << host->log();
  }
}

struct refusal {
  const char* name;
  environment change;
  std::vector<std::string> words{};  // all stand in the reason and in the last sentence
  int exit = 78;
};

TEST_F(KafkaSecurity, EachRefusalNamesTheThingAndTheRemedy) {
  const test::authority stranger(other_, "other");
  const auto wrong_address = broker_->sasl_servers("127.0.0.1");
  const std::vector<refusal> table{
      {"an authority that did not sign", {{"EVH_KAFKA__SSL_CA", stranger.certificate().string()}}, {"is not signed by an authority in", "kafka.ssl_ca", broker_->sasl_servers()}},
      {"a name that is not in the certificate", {{"KAFKA_BOOTSTRAP_SERVERS", wrong_address}}, {wrong_address, "not for that name", "kafka.bootstrap_servers"}},
      {"no TLS where TLS is spoken", {{"EVH_KAFKA__SECURITY_PROTOCOL", "plaintext"}}, {broker_->sasl_servers(), "kafka.security_protocol"}},
      {"a password without TLS", {{"EVH_KAFKA__SECURITY_PROTOCOL", "sasl_plaintext"}}, {broker_->sasl_servers(), "kafka.security_protocol"}},
      {"TLS where none is spoken", {{"KAFKA_BOOTSTRAP_SERVERS", broker_->servers()}}, {broker_->servers(), "does not speak TLS", "kafka.security_protocol"}},
      {"a wrong password", {{"EVH_KAFKA__SASL_PASSWORD", "a bad one"}}, {"user evhost", "kafka.sasl_password"}},
      {"a user nobody knows", {{"EVH_KAFKA__SASL_USERNAME", "nobody"}}, {"user nobody", "kafka.sasl_username"}},
      {"a mechanism that is off", {{"EVH_KAFKA__SASL_MECHANISM", "SCRAM-SHA-256"}}, {"does not offer SCRAM-SHA-256", "kafka.sasl_mechanism", "SCRAM-SHA-512"}},
      {"no certificate of its own",
       {{"KAFKA_BOOTSTRAP_SERVERS", broker_->tls_servers()}, {"EVH_KAFKA__SECURITY_PROTOCOL", "ssl"}},
       {broker_->tls_servers(), "kafka.ssl_certificate"}},
      {"nobody there", {{"KAFKA_BOOTSTRAP_SERVERS", "localhost:1"}}, {"localhost:1", "kafka.bootstrap_servers"}, 69},
      {"no such name", {{"KAFKA_BOOTSTRAP_SERVERS", "no.such.host.invalid:9092"}}, {"no.such.host.invalid", "kafka.bootstrap_servers"}, 69}};
  std::vector<std::unique_ptr<test::host_under_test>> hosts;
  for (const auto& one : table) hosts.push_back(make_host(good(one.change, "15s"))), hosts.back()->launch();
  // All at once: each waits for its own start_timeout only.
  std::vector<bool> shown(table.size());
  const auto all_shown_or_over = [&] {
    bool over = true;
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (!shown[i]) shown[i] = test::readyz(*hosts[i]).body.find(table[i].words.front()) != std::string::npos;
      over = over && (shown[i] || !hosts[i]->running());
    }
    return over;
  };
  test::wait_until(all_shown_or_over, 60s, "eleven reasons");
  for (std::size_t i = 0; i < table.size(); ++i) EXPECT_TRUE(shown[i]) << "/readyz never told of " << table[i].name;
  for (std::size_t i = 0; i < table.size(); ++i) {
    SCOPED_TRACE(table[i].name);
    EXPECT_EQ(hosts[i]->wait_exit(), table[i].exit);
    const auto log = hosts[i]->log();
    const auto last = log.substr(log.rfind("evhost: "));
    for (const auto& words : table[i].words) EXPECT_NE(last.find(words), last.npos) << words << " not in: " << last;
    EXPECT_NE(last.find("kafka.start_timeout"), last.npos) << last;
    EXPECT_EQ(log.find("good-password"), log.npos) << "a password in the log";
  }
}

TEST_F(KafkaSecurity, AnOldLibraryIsToldApartFromAWrongPassword) {
  if (rd_kafka_version() >= 0x020601ff) GTEST_SKIP() << "this librdkafka can do SCRAM with brokers of Kafka 4";
  const auto host = make_host(good({{"EVH_KAFKA__SASL_MECHANISM", "SCRAM-SHA-512"}}));
  host->launch();
  EXPECT_EQ(host->wait_exit(), 78);
  EXPECT_NE(host->log().find("cannot do SCRAM with brokers of Kafka 4 (it can since 2.6.1)"), std::string::npos) << host->log();
}

// The whole way with nothing in the clear: SASL_SSL to the broker, verify-full to the database; and a database that is
// absent at start, or later, is waited for.
TEST_F(KafkaSecurity, GoesTogetherWithVerifyFullToPostgres) {
  auto& server = test::postgres_under_test::instance();
  if (!server.available()) GTEST_SKIP() << server.why();
  const test::authority ca(other_, "database");
  server.speak_tls(ca.issue("server", "DNS:localhost"), "word");
  const auto database = server.make_database();
  const auto url = [&](const std::filesystem::path& root) {
    return "postgresql://secure:word@localhost:" + std::to_string(server.port()) + "/" + database + "?sslmode=verify-full&sslrootcert=" + root.string();
  };
  const auto number = [&](const std::string& sql) { return std::stoll(server.ask(database, sql)); };
  test::host_under_test host({.plugin_directories = {EVH_TEST_FAULT},
                              .environment = good({{"DATABASE_URL", url(ca.certificate())}, {"EVH_KAFKA__START_TIMEOUT", "60s"}}),
                              .arguments = {}});
  host.launch({{"DATABASE_URL", url(broker_->authority())}});
  EXPECT_EQ(host.wait_exit(), 78) << host.log();
  EXPECT_NE(host.log().find("certificate verify failed: name the authority that signed the server's certificate as sslrootcert"), std::string::npos) << host.log();

  server.stop();
  host.launch();
  test::wait_for_reason(host, "cannot connect to the database");
  server.start();
  host.wait_ready(60s);
  const auto put = [&](int seq) { return test::http_client(test::port_of(host), 10s).post("/p/fault/put", "k " + std::to_string(seq) + " ").status; };
  const auto settled = [&](int count) {
    test::wait_until([&] { return number("SELECT count(*) FROM fault_effect WHERE stage = 2") >= count; }, 40s, std::to_string(count) + " effects");
    EXPECT_EQ(number("SELECT count(*) FROM fault_effect WHERE stage = 2"), count);
  };
  for (int i = 1; i <= 20; ++i) EXPECT_EQ(put(i), 201);
  settled(20);
  EXPECT_EQ(server.ask(database, "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'secure' AND NOT ssl"), "0");

  server.stop(true);
  test::wait_for_reason(host, "database");
  server.start();
  test::wait_until([&] { return test::readyz(host).status == 200; }, 40s, "being ready again");
  for (int i = 21; i <= 30; ++i) EXPECT_EQ(put(i), 201);
  settled(30);
  EXPECT_EQ(host.stop(), 0) << host.log();
}

TEST_F(KafkaSecurity, RefusesToSendEventsInTheClearToAnotherMachine) {
  const auto host = make_host({{"KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092,kafka.example.org:9092"}});
  host->launch();
  EXPECT_EQ(host->wait_exit(), 78);
  EXPECT_NE(host->log().find("the connection to kafka.example.org:9092 would not be encrypted"), std::string::npos) << host->log();
  EXPECT_NE(host->log().find("kafka.allow_plaintext"), std::string::npos);
}

TEST_F(KafkaSecurity, WhoMayNothingIsToldWhichRightsAreMissing) {
  const auto host = make_host(good({{"EVH_KAFKA__SASL_USERNAME", "stranger"}}));
  host->launch();
  EXPECT_EQ(host->wait_exit(), 78) << host->log();
  EXPECT_NE(host->log().find("user stranger may not"), std::string::npos) << host->log();
}

TEST_F(KafkaSecurity, AFileThatIsNotThereIsNamed) {
  const auto host = make_host(good({{"EVH_KAFKA__SSL_CA", "/no/such/ca.pem"}}));
  host->launch();
  EXPECT_EQ(host->wait_exit(), 78) << host->log();
  EXPECT_NE(host->log().find("kafka.ssl_ca: /no/such/ca.pem cannot be read"), std::string::npos) << host->log();
}

}  // namespace
}  // namespace evhost
