// librdkafka's configuration and errors.
#include "host/kafka/client.hpp"

#include <openssl/x509_vfy.h>

#include <array>
#include <cstdio>

namespace evhost::kafka {
namespace {

io::log_level level_of(int syslog) {
  if (syslog <= 3) return io::log_level::error;
  return syslog == 4 ? io::log_level::warning : io::log_level::debug;
}

void log_line(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  auto* voice = static_cast<brokers_voice*>(rd_kafka_opaque(client));
  if (voice != nullptr) voice->log().log(level_of(level), "kafka", text, {{"facility", facility}});
}

// Without this callback errors come as events on queues; brokers that are away are told by whoever needed them.
void note_error(rd_kafka_t*, int code, const char* said, void* voice) {
  static_cast<brokers_voice*>(voice)->heard(static_cast<rd_kafka_resp_err_t>(code), said ? said : "");
}

// OpenSSL's verdict stands; it is only remembered, because the library's text does not tell a wrong name from a wrong authority.
int note_certificate(rd_kafka_t*, const char*, std::int32_t, int* verdict, int, const char*, std::size_t, char* why, std::size_t why_size, void* voice) {
  if (*verdict == 0) return 1;
  static_cast<brokers_voice*>(voice)->doubted_certificate(*verdict);
  std::snprintf(why, why_size, "%s", X509_verify_cert_error_string(*verdict));
  return 0;
}

}  // namespace

core::error error_of(rd_kafka_resp_err_t code, const std::string& doing) {
  core::errc kind = core::errc::io;
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: kind = core::errc::not_found; break;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: kind = core::errc::denied; break;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT: kind = core::errc::timeout; break;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG: kind = core::errc::invalid; break;
    default: break;
  }
  return core::fail(kind, doing + ": " + rd_kafka_err2str(code));
}

core::result<conf_ptr> make_conf(const kafka_options& options, const settings& own, brokers_voice& voice) {
  conf_ptr conf(rd_kafka_conf_new());
  std::array<char, 512> why{};
  const auto set = [&](std::string_view name, const std::string& value) -> core::result<void> {
    if (rd_kafka_conf_set(conf.get(), std::string(name).c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK) return core::success();
    return core::fail(core::errc::invalid, "kafka setting " + std::string(name) + ": " + why.data());
  };
  EVH_TRY(set("bootstrap.servers", options.bootstrap_servers));
  EVH_TRY(set("client.id", options.client_id));
  EVH_TRY(set("security.protocol", options.security_protocol));
  EVH_TRY(set("socket.nagle.disable", "true"));
  EVH_TRY(set("reconnect.backoff.max.ms", "2000"));
  if (options.security_protocol.starts_with("sasl")) {
    EVH_TRY(set("sasl.mechanism", options.sasl_mechanism));
    EVH_TRY(set("sasl.username", options.sasl_username));
    EVH_TRY(set("sasl.password", options.sasl_password));
  }
  if (options.security_protocol.ends_with("ssl")) {
    EVH_TRY(set("enable.ssl.certificate.verification", "true"));
    EVH_TRY(set("ssl.endpoint.identification.algorithm", "https"));
    if (!options.ssl_ca.empty()) {
      EVH_TRY(set("ssl.ca.location", options.ssl_ca));
    }
    if (!options.ssl_certificate.empty()) {
      EVH_TRY(set("ssl.certificate.location", options.ssl_certificate));
      EVH_TRY(set("ssl.key.location", options.ssl_key));
    }
    if (!options.ssl_key_password.empty()) {
      EVH_TRY(set("ssl.key.password", options.ssl_key_password));
    }
    rd_kafka_conf_set_ssl_cert_verify_cb(conf.get(), note_certificate);
  }
  for (const auto& [name, value] : own) {
    EVH_TRY(set(name, value));
  }
  rd_kafka_conf_set_opaque(conf.get(), &voice);
  rd_kafka_conf_set_log_cb(conf.get(), log_line);
  rd_kafka_conf_set_error_cb(conf.get(), note_error);
  return conf;
}

core::result<client_ptr> make_client(rd_kafka_type_t kind, conf_ptr conf) {
  std::array<char, 512> why{};
  client_ptr client(rd_kafka_new(kind, conf.get(), why.data(), why.size()));
  if (!client) return core::fail(core::errc::invalid, std::string("the Kafka client cannot start: ") + why.data());
  (void)conf.release();  // the client's now
  return client;
}

}  // namespace evhost::kafka
