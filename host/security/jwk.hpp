// JSON Web Key Sets: read from strangers, written for them.
//
// Threading: pure functions. Bounds: json_bytes_max, jwks_keys_max. Sources: RFC 7517, 7518 section 6, 8037.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "host/security/jws.hpp"

namespace evhost::security {

inline constexpr std::size_t jwks_keys_max = 32;

using key_map = std::map<std::string, verifying_key_ptr, std::less<>>;  // by kid

/// `^[A-Za-z0-9._-]{1,128}$`: a kid is only ever a map key.
[[nodiscard]] bool kid_valid(std::string_view kid) noexcept;

/// The usable keys. Left out: symmetric and unknown types, weak RSA, keys for encryption, keys whose `alg` does not
/// fit, private keys, keys without a kid, and every key whose kid stands there twice. Empty when the text is no key
/// set.
[[nodiscard]] key_map parse_jwks(std::string_view text);

/// The key set document with the public halves of `keys`.
[[nodiscard]] std::string write_jwks(std::span<const signing_key> keys);
[[nodiscard]] inline std::string write_jwks(const signing_key& key) { return write_jwks({&key, 1}); }

}  // namespace evhost::security
