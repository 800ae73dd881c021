// What an access token says, after its types were checked: no coercion, integers are integers.
//
// Threading: pure function. Errors: std::nullopt when a claim we read is missing or has another type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace evhost::security {

inline constexpr std::size_t claim_bytes_max = 255;  // sub, jti, sid
inline constexpr std::size_t audiences_max = 16;
inline constexpr std::size_t roles_max = 16;

struct token_claims {
  std::string issuer;
  std::vector<std::string> audience;
  std::string subject;         // 1..255 bytes without control characters
  std::int64_t issued_at = 0;  // seconds of Unix time, all three
  std::int64_t expires = 0;
  std::optional<std::int64_t> not_before;
  std::string token_id;    // jti, may be empty
  std::string session_id;  // sid, may be empty
  std::string name;
  std::vector<std::string> roles;  // of "role" (names separated by commas) and "roles" (an array)
};

/// Reads iss, aud, sub, iat, exp (all required), nbf, jti, sid, name, role, roles. Other claims are ignored.
[[nodiscard]] std::optional<token_claims> read_claims(const boost::json::object& payload);

}  // namespace evhost::security
