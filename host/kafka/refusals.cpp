// From librdkafka's words to ours.
#include "host/kafka/refusals.hpp"

#include <openssl/x509_vfy.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace evhost::kafka {
namespace {

using core::errc;

constexpr int scram_repaired = 0x020601ff;  // before, the client repeated its nonce, which brokers since 4.0 refuse

// "sasl_ssl://localhost:9093/bootstrap: SSL handshake failed: ..." -> "localhost:9093"
std::string broker_in(std::string_view said, const kafka_options& options) {
  const auto scheme = said.find("://");
  if (scheme == said.npos || scheme > 16) return options.bootstrap_servers;
  said.remove_prefix(scheme + 3);
  return std::string(said.substr(0, said.find_first_of("/ ")));
}

core::error certificate(int x509, const std::string& broker, const kafka_options& options) {
  switch (x509) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return core::fail(errc::denied, "the broker at " + broker + " shows a certificate that is not for that name: put a name of the certificate into "
                                      "kafka.bootstrap_servers (and into the brokers' advertised.listeners), or issue it for " + broker.substr(0, broker.rfind(':')));
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return core::fail(errc::denied, "the certificate of the broker at " + broker + " has expired: renew it, or look at this machine's clock");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return core::fail(errc::denied, "the certificate of the broker at " + broker + " is not valid yet: look at this machine's clock");
    default:
      return core::fail(errc::denied, "the certificate of the broker at " + broker + " is not signed by an authority in " +
                                          (options.ssl_ca.empty() ? std::string("the system's store") : options.ssl_ca) +
                                          ": name the brokers' authority in kafka.ssl_ca" +
                                          (x509 ? std::string(" (") + X509_verify_cert_error_string(x509) + ")" : std::string()));
  }
}

core::error sasl(std::string_view said, const std::string& broker, const kafka_options& options) {
  const auto says = [&](std::string_view words) { return said.find(words) != said.npos; };
  if (says("Unsupported SASL mechanism") || says("UNSUPPORTED_SASL_MECHANISM") || says("mechanism handshake failed"))
    return core::fail(errc::denied, "the broker at " + broker + " does not offer " + options.sasl_mechanism + ": set kafka.sasl_mechanism to one it has (" + std::string(said) + ")");
  return core::fail(errc::denied, "the broker at " + broker + " does not know user " + options.sasl_username + " with that password by " + options.sasl_mechanism +
                                      ": check kafka.sasl_username, kafka.sasl_password and kafka.sasl_mechanism" +
                                      (options.sasl_mechanism.starts_with("SCRAM") && rd_kafka_version() < scram_repaired
                                           ? std::string(". librdkafka ") + rd_kafka_version_str() + " cannot do SCRAM with brokers of Kafka 4 (it can since 2.6.1): "
                                             "there use PLAIN over sasl_ssl, or kafka.ssl_certificate"
                                           : std::string()));
}

bool loopback(std::string_view host) { return host == "localhost" || host == "[::1]" || host == "::1" || host.substr(0, 4) == "127."; }

}  // namespace

core::error explain(rd_kafka_resp_err_t code, std::string_view said, int x509, const kafka_options& options) {
  const auto says = [&](std::string_view words) { return said.find(words) != said.npos; };
  const std::string broker = broker_in(said, options);
  if (says("certificate verify failed")) return certificate(x509, broker, options);
  if (says("SASL authentication error") || (says("SASL ") && code == RD_KAFKA_RESP_ERR__AUTHENTICATION)) return sasl(said, broker, options);
  if (says("connecting to a PLAINTEXT broker listener") || says("wrong version number") || says("unexpected eof while reading"))
    return core::fail(errc::denied, "the broker at " + broker + " does not speak TLS on that port, or hangs up on it: use its TLS listener, or set kafka.security_protocol to what the port speaks (now " +
                                        options.security_protocol + ")");
  if (says("connecting to a SSL listener") || says("connecting to a SASL listener") || says("incorrect security.protocol"))
    return core::fail(errc::denied, "the broker at " + broker + " hangs up on " + options.security_protocol +
                                        ", as one does that wants TLS or a user: set kafka.security_protocol (ssl, sasl_ssl) to what that port speaks");
  if (says("certificate required") || says("bad certificate"))
    return core::fail(errc::denied, "the broker at " + broker + " wants a certificate of its clients: set kafka.ssl_certificate and kafka.ssl_key");
  if (code == RD_KAFKA_RESP_ERR__RESOLVE)
    return core::fail(errc::timeout, "the name of the broker in " + broker + " cannot be resolved: check kafka.bootstrap_servers and the name service");
  if (code == RD_KAFKA_RESP_ERR__SSL) return core::fail(errc::denied, "TLS with the broker at " + broker + " fails: " + std::string(said));
  if (says("Connection refused") || says("timed out") || says("No route to host") || says("Network is unreachable"))
    return core::fail(errc::timeout, "no broker answers at " + broker + ": start it, or check kafka.bootstrap_servers (KAFKA_BOOTSTRAP_SERVERS)");
  return core::fail(errc::timeout, "the brokers at " + options.bootstrap_servers + " cannot be used: " + std::string(said));
}

void brokers_voice::heard(rd_kafka_resp_err_t code, std::string_view said) {
  // These only repeat in general what another error said exactly.
  const bool vague = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  const std::lock_guard lock(mutex_);
  if (vague && last_) return;
  auto meant = explain(code, said, x509_, options_);
  // A broker that hangs up after it refused says less than its refusal.
  if (last_ && last_->code == errc::denied && meant.code != errc::denied && said.find("Connection refused") == said.npos) return;
  last_ = std::move(meant);
}

void brokers_voice::doubted_certificate(int x509) {
  const std::lock_guard lock(mutex_);
  x509_ = x509;
}

void brokers_voice::answered() {
  const std::lock_guard lock(mutex_);
  last_.reset();
  x509_ = 0;
}

std::optional<core::error> brokers_voice::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

core::result<void> check_files(const kafka_options& options) {
  if (!options.security_protocol.ends_with("ssl")) return core::success();
  const std::pair<const char*, const std::string*> files[] = {
      {"kafka.ssl_ca", &options.ssl_ca}, {"kafka.ssl_certificate", &options.ssl_certificate}, {"kafka.ssl_key", &options.ssl_key}};
  for (const auto& [key, path] : files)
    if (!path->empty() && !std::ifstream(*path))
      return core::fail(errc::denied, std::string(key) + ": " + *path + " cannot be read: " + std::error_code(errno, std::generic_category()).message());
  if (options.ssl_certificate.empty() != options.ssl_key.empty())
    return core::fail(errc::denied, "kafka.ssl_certificate and kafka.ssl_key go together: set both, or none");
  return core::success();
}

core::error not_permitted(const kafka_options& options, std::string_view what) {
  const std::string who = options.security_protocol.starts_with("sasl") ? "user " + options.sasl_username : std::string("this host");
  return core::fail(errc::denied, who + " may not " + std::string(what) + " on the brokers at " + options.bootstrap_servers +
                                      ": grant it by an ACL (kafka-acls), or make the topics beforehand and set kafka.create_topics to false");
}

std::string refused_plaintext(const kafka_options& options) {
  if (options.allow_plaintext || options.security_protocol.ends_with("ssl")) return {};
  const std::string_view all = options.bootstrap_servers;
  for (std::size_t at = 0; at <= all.size();) {
    const auto comma = std::min(all.find(',', at), all.size());
    auto server = all.substr(at, comma - at);
    while (server.starts_with(' ')) server.remove_prefix(1);
    if (const auto scheme = server.find("://"); scheme != server.npos) server.remove_prefix(scheme + 3);
    const auto host = server.substr(0, server.rfind(':'));
    if (!server.empty() && !loopback(host))
      return "kafka.bootstrap_servers: the connection to " + std::string(server) + " would not be encrypted (kafka.security_protocol is " + options.security_protocol +
             "): set kafka.security_protocol to ssl or sasl_ssl, or kafka.allow_plaintext if that network is private";
    at = comma + 1;
  }
  return {};
}

}  // namespace evhost::kafka
