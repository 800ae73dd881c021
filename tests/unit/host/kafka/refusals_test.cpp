// What librdkafka 2.0.2 says, and what an operator reads instead.
#include "host/kafka/refusals.hpp"

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

namespace evhost::kafka {
namespace {

kafka_options by_password() {
  kafka_options o;
  o.bootstrap_servers = "broker:9093";
  o.security_protocol = "sasl_ssl";
  o.sasl_mechanism = "PLAIN";
  o.sasl_username = "ana";
  o.ssl_ca = "/etc/ca.pem";
  return o;
}

TEST(Refusals, CertificatesAreToldApartByOpenSslsVerdict) {
  const char* said = "sasl_ssl://broker:9093/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified";
  const auto name = explain(RD_KAFKA_RESP_ERR__SSL, said, X509_V_ERR_HOSTNAME_MISMATCH, by_password());
  const auto authority = explain(RD_KAFKA_RESP_ERR__SSL, said, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, by_password());
  const auto old = explain(RD_KAFKA_RESP_ERR__SSL, said, X509_V_ERR_CERT_HAS_EXPIRED, by_password());
  EXPECT_NE(name.message.find("the broker at broker:9093 shows a certificate that is not for that name"), std::string::npos) << name.message;
  EXPECT_NE(authority.message.find("not signed by an authority in /etc/ca.pem: name the brokers' authority in kafka.ssl_ca"), std::string::npos) << authority.message;
  EXPECT_NE(old.message.find("has expired"), std::string::npos) << old.message;
  for (const auto& one : {name, authority, old}) EXPECT_EQ(one.code, core::errc::denied);
}

TEST(Refusals, ARefusalOutlivesTheHangUpThatFollowsItButNotAnAnswer) {
  io::null_log_sink log;
  brokers_voice voice(by_password(), log);
  EXPECT_FALSE(voice.last());
  voice.heard(RD_KAFKA_RESP_ERR__AUTHENTICATION, "sasl_ssl://broker:9093/bootstrap: SASL PLAIN authentication failed: Invalid username or password");
  voice.heard(RD_KAFKA_RESP_ERR__TRANSPORT, "sasl_ssl://broker:9093/bootstrap: Disconnected");
  voice.heard(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
  ASSERT_TRUE(voice.last());
  EXPECT_NE(voice.last()->message.find("does not know user ana with that password by PLAIN"), std::string::npos) << voice.last()->message;
  voice.heard(RD_KAFKA_RESP_ERR__TRANSPORT, "sasl_ssl://broker:9093/bootstrap: Connect to ipv4#10.0.0.1:9093 failed: Connection refused");
  EXPECT_EQ(voice.last()->code, core::errc::timeout) << "it went away since";
  voice.answered();
  EXPECT_FALSE(voice.last());
}

TEST(Refusals, OnlyThisMachineIsSpokenToInTheClear) {
  kafka_options o;
  for (const auto* here : {"localhost:9092", "127.0.0.1:9092, [::1]:9092", "PLAINTEXT://localhost:9092"}) {
    o.bootstrap_servers = here;
    EXPECT_EQ(refused_plaintext(o), "") << here;
  }
  o.bootstrap_servers = "localhost:9092,kafka.example.org:9092";
  EXPECT_NE(refused_plaintext(o).find("kafka.example.org:9092"), std::string::npos);
  o.security_protocol = "sasl_plaintext";
  EXPECT_NE(refused_plaintext(o), "");
  o.allow_plaintext = true;
  EXPECT_EQ(refused_plaintext(o), "");
  o.allow_plaintext = false;
  o.security_protocol = "ssl";
  EXPECT_EQ(refused_plaintext(o), "");
}

}  // namespace
}  // namespace evhost::kafka
