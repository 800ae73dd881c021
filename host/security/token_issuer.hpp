// Signs access tokens (EdDSA) and publishes the key that verifies them.
//
// Threading: any; replace_keys may come at any time. Ownership: the clock must outlive it. The shape is Better Auth's
// plus nbf, jti, sid and roles, so that a client of either issuer reads the other's tokens.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/core/result.hpp"
#include "host/io/clock.hpp"
#include "host/io/tokens.hpp"
#include "host/security/jws.hpp"
#include "host/security/token_verifier.hpp"

namespace evhost::security {

using io::token_request;  // subject_of_name() gives the subject of a bare name

/// Newest first: the first one signs, all of them verify. Never empty.
using signing_keys = std::shared_ptr<const std::vector<signing_key>>;

class token_issuer final : public io::access_tokens {
 public:
  token_issuer(signing_keys keys, std::string issuer, std::string audience, const io::clock& clock,
               std::chrono::seconds default_lifetime = std::chrono::seconds(900))
      : issuer_(std::move(issuer)),
        audience_(std::move(audience)),
        clock_(clock),
        default_lifetime_(default_lifetime),
        keys_(std::move(keys)) {}
  token_issuer(signing_key key, std::string issuer, std::string audience, const io::clock& clock)
      : token_issuer(only(std::move(key)), std::move(issuer), std::move(audience), clock) {}

  /// errc::invalid when the verifier would refuse the result.
  [[nodiscard]] core::result<std::string> issue(const token_request& request) const override;
  [[nodiscard]] std::string jwks() const override;
  [[nodiscard]] const std::string& issuer() const noexcept override { return issuer_; }
  [[nodiscard]] std::chrono::seconds default_lifetime() const noexcept override { return default_lifetime_; }
  /// What token_verifier::set_keys takes to accept these tokens.
  [[nodiscard]] issuer_keys verifying_keys() const;
  /// False when they are those of before.
  bool replace_keys(signing_keys keys);

 private:
  static signing_keys only(signing_key key);
  [[nodiscard]] signing_keys keys() const;

  const std::string issuer_;
  const std::string audience_;
  const io::clock& clock_;
  const std::chrono::seconds default_lifetime_;
  mutable std::mutex mutex_;  // keys_ only
  signing_keys keys_;
};

}  // namespace evhost::security
