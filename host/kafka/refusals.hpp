// What brokers and librdkafka say when they refuse or are not there, as one sentence that names the thing and the remedy.
//
// brokers_voice is the opaque of every client of one log: it logs what the library logs and keeps the last refusal, so that
// whoever waits can say why. Any thread. explain() is pure; source of the texts: librdkafka 2.0.2, the packaged version.
// Codes: denied for what the configuration must change (TLS, SASL, rights), timeout for brokers that are not there.
#pragma once
#include "host/core/result.hpp"
#include "host/io/observe.hpp"
#include "host/kafka/options.hpp"

#include <librdkafka/rdkafka.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace evhost::kafka {

// x509: OpenSSL's reason when a certificate was not believed (X509_V_ERR_*), 0 when none was looked at.
core::error explain(rd_kafka_resp_err_t code, std::string_view said, int x509, const kafka_options& options);

class brokers_voice {
 public:
  brokers_voice(const kafka_options& options, io::log_sink& log) : options_(options), log_(log) {}
  brokers_voice(const brokers_voice&) = delete;
  brokers_voice& operator=(const brokers_voice&) = delete;

  void heard(rd_kafka_resp_err_t code, std::string_view said);
  void doubted_certificate(int x509);
  void answered();  // whatever was said before is over
  [[nodiscard]] std::optional<core::error> last() const;
  [[nodiscard]] io::log_sink& log() const { return log_; }

 private:
  const kafka_options options_;
  io::log_sink& log_;
  mutable std::mutex mutex_;
  int x509_ = 0;
  std::optional<core::error> last_;
};

// The files that `options` names can be read.
core::result<void> check_files(const kafka_options& options);
// denied, with whom to give which right.
core::error not_permitted(const kafka_options& options, std::string_view what);

// A sentence when `options` would send events or passwords unencrypted to another machine; empty when not.
std::string refused_plaintext(const kafka_options& options);

}  // namespace evhost::kafka
