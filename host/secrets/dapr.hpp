// Secrets from a Dapr sidecar: GET /v1.0/secrets/<store>/<name>, as Dapr's secrets API describes it.
//
// Threading: get() from any thread that may block; one request each, nothing is cached. Bounds: io::secret_bytes_max.
// Errors: not_found when the store does not know the name (the next source is asked), denied when Dapr forbids it,
//   again while the sidecar is away, invalid for an answer without exactly one candidate. Never the value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "host/io/secrets.hpp"

namespace evhost::secrets {

struct dapr_options {
  std::string address = "127.0.0.1";
  std::uint16_t http_port = 3500;
  std::string api_token;  // empty: the sidecar asks for none
  std::string store;      // the name of the component
  std::chrono::milliseconds deadline{5'000};
};

class dapr_provider final : public io::secret_provider {
 public:
  explicit dapr_provider(dapr_options options) : options_(std::move(options)) {}
  core::result<io::secret> get(std::string_view name) override;

  /// Asks once whether the sidecar is healthy. again: not yet; anything else: it never will be with these options.
  [[nodiscard]] core::result<> look_at_sidecar() const;

 private:
  dapr_options options_;
};

}  // namespace evhost::secrets
