// Keys of this host as files in security.keys_directory: made at the first start, readable by their owner alone.
//
// A directory on a read-only mount belongs to whoever mounted it (a Kubernetes Secret): nothing is made there, links are
// followed, the group may read. Threading: start-up code and one chore; processes may race for the first start and for a
// rotation, exactly one key wins. Errors: result with a sentence: which file, what is wrong, what to do. A key that others
// may read is refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "host/core/result.hpp"
#include "host/io/secrets.hpp"
#include "host/security/jws.hpp"

namespace evhost::security {

class key_store {
 public:
  /// directory: made with mode 0700 when absent (its parent must exist or can be made).
  explicit key_store(std::filesystem::path directory) : key_store(directory, on_read_only_mount(directory)) {}
  key_store(std::filesystem::path directory, bool mounted) : directory_(std::move(directory)), mounted_(mounted) {}
  [[nodiscard]] static bool on_read_only_mount(const std::filesystem::path& directory);

  /// An Ed25519 signing key, since when it signs, and where it stands.
  struct dated_key {
    signing_key key;
    std::int64_t since = 0;  // Unix seconds
    std::filesystem::path file;
  };
  /// Every signing key, newest first (PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes it):
  /// signing-<Unix seconds>.pem, and signing.pem, the first one, as old as its file. Made when there is none.
  [[nodiscard]] core::result<std::vector<dated_key>> load_signing_keys() const;
  /// The newest.
  [[nodiscard]] core::result<signing_key> load_signing_key() const;
  /// Makes the key dated `now` (Unix seconds) that follows `newest`. Nothing when another process did or does so.
  [[nodiscard]] core::result<void> follow_signing_key(const std::filesystem::path& newest, std::int64_t now) const;
  /// Deletes a key's file.
  [[nodiscard]] core::result<void> forget(const std::filesystem::path& file) const;
  /// False: keys come and go by somebody else's hand.
  [[nodiscard]] bool writable() const;
  /// 32 random bytes in <name>.key (base64url), the root of MAC keys.
  [[nodiscard]] core::result<io::secret> load_mac_key(std::string_view name = "mac") const;

 private:
  [[nodiscard]] core::result<void> open_directory() const;
  [[nodiscard]] core::result<signing_key> read_signing_key(const std::filesystem::path& file) const;
  // A file's text, made by `make` when the file is absent.
  [[nodiscard]] core::result<io::secret> load_or_create(const std::filesystem::path& file, io::secret (*make)()) const;

  std::filesystem::path directory_;
  bool mounted_;
};

}  // namespace evhost::security
