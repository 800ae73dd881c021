// Opaque tokens nobody can forge: cursors, confirmations, undo, tickets. Readable by who holds them (not encrypted).
//
// Threading: any; the object is immutable. Errors: open() gives nothing for a token that was not sealed here, was
// sealed for another purpose, or was altered. Bounds: sealed_bytes_max. Source: keyed BLAKE2b (RFC 7693) as MAC and for
// subkeys.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "host/io/secrets.hpp"

namespace evhost::security {

inline constexpr std::size_t sealed_bytes_max = 8 * 1024;
inline constexpr std::size_t purpose_bytes_max = 128;

class mac_token {
 public:
  /// root: 32 secret bytes (key_store::load_mac_key). Each purpose has its own key derived from it.
  explicit mac_token(io::secret root) : root_(std::move(root)) {}

  /// base64url(version 1, bytes, tag of 16 bytes). Empty when bytes or purpose are too long or purpose is empty.
  [[nodiscard]] std::string seal(std::string_view purpose, std::string_view bytes) const;
  [[nodiscard]] std::optional<std::string> open(std::string_view purpose, std::string_view token) const;
  /// A further key from the same root, e.g. for another process's use.
  [[nodiscard]] io::secret derive(std::string_view purpose) const;

 private:
  io::secret root_;
};

}  // namespace evhost::security
