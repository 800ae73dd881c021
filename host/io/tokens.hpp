// The ports behind evh.secret/1 seal and open (bytes to a URL-safe token nobody else can make, and back) and behind
// evh.issuer/1 (access tokens).
//
// Threading: any thread, must not block. The MAC covers the plugin and the purpose, so a token of one plugin or purpose
// is refused by every other. Not encryption: whoever holds a token can read its bytes.
// Bounds: token_bytes_max of payload.
#pragma once
#include "host/core/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::io {

inline constexpr std::size_t token_bytes_max = 16 * 1024;

class token_sealer {
 public:
  virtual ~token_sealer() = default;
  [[nodiscard]] virtual core::result<std::string> seal(std::string_view plugin, std::string_view purpose,
                                                       std::string_view bytes) = 0;
  // denied: not sealed by this key for this plugin and purpose, or altered.
  [[nodiscard]] virtual core::result<std::string> open(std::string_view plugin, std::string_view purpose,
                                                       std::string_view token) = 0;
};

struct token_request {
  std::string subject{};  // required
  std::string name{};     // may be empty
  std::vector<std::string> roles{};
  std::string session_id{};            // may be empty
  std::chrono::seconds lifetime{900};  // 1 s .. 24 h
  std::string claims{};                // further claims, one JSON object as text; empty: none
  std::int64_t issued_from = 0;        // Unix seconds: iat is not before this; at most 2 s ahead
};

class access_tokens {
 public:
  virtual ~access_tokens() = default;
  // invalid: the host's own verifier would refuse the result; the sentence says why.
  [[nodiscard]] virtual core::result<std::string> issue(const token_request& request) const = 0;
  [[nodiscard]] virtual std::string jwks() const = 0;
  [[nodiscard]] virtual const std::string& issuer() const noexcept = 0;
  [[nodiscard]] virtual std::chrono::seconds default_lifetime() const noexcept = 0;
};

}  // namespace evhost::io
