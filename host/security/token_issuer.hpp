// Signs access tokens (EdDSA) and publishes the key that verifies them.
//
// Threading: any; immutable. Ownership: the clock must outlive it. The shape is Better Auth's plus nbf, jti, sid and
// roles, so that a client of either issuer reads the other's tokens.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "host/core/result.hpp"
#include "host/io/clock.hpp"
#include "host/security/jws.hpp"
#include "host/security/token_verifier.hpp"

namespace evhost::security {

struct token_request {
  std::string subject;  // required; subject_of_name() for a bare name
  std::string name;     // may be empty
  std::vector<std::string> roles;
  std::string session_id;              // may be empty
  std::chrono::seconds lifetime{900};  // 1 s .. 24 h
};

class token_issuer {
 public:
  token_issuer(signing_key key, std::string issuer, std::string audience, const io::clock& clock)
      : key_(std::move(key)), issuer_(std::move(issuer)), audience_(std::move(audience)), clock_(clock) {}

  /// errc::invalid when the verifier would refuse the result.
  [[nodiscard]] core::result<std::string> issue(const token_request& request) const;
  [[nodiscard]] std::string jwks() const;
  [[nodiscard]] const std::string& issuer() const noexcept { return issuer_; }
  /// What token_verifier::set_keys takes to accept these tokens.
  [[nodiscard]] issuer_keys verifying_keys() const;

 private:
  signing_key key_;
  std::string issuer_;
  std::string audience_;
  const io::clock& clock_;
};

}  // namespace evhost::security
