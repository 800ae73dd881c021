// Signatures over compact JWS tokens: EdDSA (Ed25519 through libsodium), ES256 and RS256 (through OpenSSL).
//
// Threading: keys are immutable and shared; every function may be called from any thread.
// Errors: closed enum `refusal`, the order of the checks of the verifier. Sources: RFC 7515, 7518, 8037, 8725.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/io/secrets.hpp"

namespace evhost::security {

enum class algorithm : unsigned char { eddsa, es256, rs256 };
[[nodiscard]] std::string_view algorithm_name(algorithm a) noexcept;
[[nodiscard]] std::optional<algorithm> algorithm_of(std::string_view name) noexcept;  // never none, never HS*

/// Why a token is refused. Shown to nobody but the operator: the client reads "invalid-token" or "token-expired".
enum class refusal : unsigned char {
  none,
  malformed,      // not three canonical base64url parts, or too long
  bad_header,     // not JSON, duplicate or foreign members, wrong typ
  bad_algorithm,  // not in the issuer's list, or not the key's
  unknown_key,    // no key of that issuer has that kid
  bad_signature,
  bad_claims,  // not JSON, wrong types, missing what is required
  wrong_issuer,
  wrong_audience,
  expired,
  not_yet_valid,  // nbf or iat in the future, or exp absurdly far
  revoked,        // user disabled, session ended, signed before the user's auth epoch
};
[[nodiscard]] std::string_view refusal_name(refusal why) noexcept;

inline constexpr std::size_t token_bytes_max = 4096;

/// The parts of a token; views into it. header and payload are decoded.
struct compact_token {
  std::string header;
  std::string payload;
  std::string signature;
  std::string_view signing_input;
};
/// Exactly three non-empty canonical parts within token_bytes_max, or nothing.
[[nodiscard]] std::optional<compact_token> split_compact(std::string_view token);

/// A public key for exactly one algorithm.
class verifying_key {
 public:
  virtual ~verifying_key() = default;
  [[nodiscard]] virtual algorithm used_for() const noexcept = 0;
  [[nodiscard]] virtual bool verify(std::string_view signing_input, std::string_view signature) const = 0;
};
using verifying_key_ptr = std::shared_ptr<const verifying_key>;

/// nullptr: not 32 bytes, not on the curve, or of small order.
[[nodiscard]] verifying_key_ptr make_ed25519_key(std::string_view public_key);
/// nullptr: coordinates not 32 bytes each, or not a point of P-256.
[[nodiscard]] verifying_key_ptr make_es256_key(std::string_view x, std::string_view y);
/// nullptr: modulus outside 2048..8192 bits, even exponent or one below 3 or above 32 bits.
[[nodiscard]] verifying_key_ptr make_rs256_key(std::string_view modulus, std::string_view exponent);

/// An Ed25519 private key. Wiped at its end.
class signing_key {
 public:
  /// seed: 32 secret bytes.
  explicit signing_key(const io::secret& seed);

  [[nodiscard]] std::string sign(std::string_view bytes) const;  // 64 bytes
  [[nodiscard]] const std::string& public_key() const noexcept { return public_key_; }
  /// The JWK thumbprint of RFC 7638 in base64url: the same key has the same kid everywhere.
  [[nodiscard]] const std::string& kid() const noexcept { return kid_; }

 private:
  io::secret secret_key_;  // libsodium's 64 bytes: seed and public key
  std::string public_key_;
  std::string kid_;
};

}  // namespace evhost::security
