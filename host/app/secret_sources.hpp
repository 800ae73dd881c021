// The sources of secrets this process has, in the order they are asked: Dapr when a store is named, files, environment.
//
// Threading: constructed and destroyed on the main thread; the provider from any thread. Ownership: borrows the log sink.
#pragma once

#include <optional>
#include <vector>

#include "host/config/settings.hpp"
#include "host/secrets/dapr.hpp"
#include "host/secrets/providers.hpp"

namespace evhost::app {

class secret_sources {
 public:
  secret_sources(const config::settings& settings, io::log_sink& log);

  io::secret_provider& provider() { return *chain_; }
  /// Waits for the sidecar where one is needed. Throws failure(exit_unavailable).
  void await() const;
  /// Replaces `secret:NAME` in the keys that hold a secret (storage.database_url, kafka.sasl_password) by the secret of
  /// that name. Throws failure(exit_config) naming key and secret.
  void fill(config::settings& settings);

 private:
  std::optional<secrets::dapr_provider> dapr_;
  secrets::file_provider files_;
  secrets::environment_provider environment_;
  std::optional<secrets::provider_chain> chain_;
  std::chrono::milliseconds start_timeout_;
};

/// The same for a command that serves nothing: asks the sources only when a key names a secret. Throws failure.
[[nodiscard]] config::settings with_secrets(config::settings settings);

}  // namespace evhost::app
