// io::authenticator over the token verifier: reads "Bearer <token>" and gives the front its verdict.
//
// Threading: any, concurrently; one uncached EdDSA check costs about 0.1 ms of the calling thread, no waiting.
// Ownership: verifier and clock must outlive it.
#pragma once

#include <array>

#include "host/io/clock.hpp"
#include "host/io/http.hpp"
#include "host/io/observe.hpp"
#include "host/security/token_verifier.hpp"

namespace evhost::security {

class bearer_authenticator final : public io::authenticator {
 public:
  bearer_authenticator(token_verifier& verifier, const io::clock& clock, io::metric_registry& metrics);

  /// authorization: the field's value. The scheme is case-insensitive (RFC 9110 section 11.1), one space, then the
  /// token.
  io::auth_verdict verify(std::string_view authorization) noexcept override;
  /// The same for a bare token (the WebSocket's first frame).
  io::auth_verdict verify_token(std::string_view token) noexcept;

 private:
  token_verifier& verifier_;
  const io::clock& clock_;
  io::counter accepted_, cached_;
  std::array<io::counter, 12> refused_;
};

}  // namespace evhost::security
