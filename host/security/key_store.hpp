// Keys of this host as files in <data>/keys: made at the first start, readable by their owner alone.
//
// Threading: start-up code; two processes (a host and `evhost token`) may race for the first start, exactly one key
// wins. Errors: result with a sentence: which file, what is wrong, what to do. A key that others may read is refused.
#pragma once

#include <filesystem>
#include <string_view>

#include "host/core/result.hpp"
#include "host/io/secrets.hpp"
#include "host/security/jws.hpp"

namespace evhost::security {

class key_store {
 public:
  /// directory: <data>/keys; made with mode 0700 when absent (its parent must exist or can be made).
  explicit key_store(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// The Ed25519 signing key in signing.pem (PKCS #8, as `openssl genpkey -algorithm ed25519` writes it).
  [[nodiscard]] core::result<signing_key> load_signing_key() const;
  /// 32 random bytes in <name>.key (base64url), the root of MAC keys.
  [[nodiscard]] core::result<io::secret> load_mac_key(std::string_view name = "mac") const;

 private:
  // A file's text, made by `make` when the file is absent.
  [[nodiscard]] core::result<io::secret> load_or_create(const std::filesystem::path& file, io::secret (*make)()) const;

  std::filesystem::path directory_;
};

}  // namespace evhost::security
