// The strict access token verifier: fails closed, in the order of research/security.md section 3.
//
// Threading: any, concurrently; set_keys may come at any time. Ownership: the revocation list must outlive the
// verifier. Errors: a closed refusal; nothing a token holds is ever used but as data. Bounds: token_bytes_max, the
// cache's capacity, issuers_max issuers with jwks_keys_max keys each. Sources: RFC 7519, RFC 8725 (best current
// practices), RFC 9068 for at+jwt.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/http.hpp"
#include "host/security/jwk.hpp"
#include "host/security/revocation.hpp"
#include "host/security/token_cache.hpp"
#include "host/security/token_claims.hpp"

namespace evhost::security {

inline constexpr std::size_t issuers_max = 16;

struct verifier_options {
  std::string audience;
  std::chrono::seconds clock_skew{60};
  std::chrono::seconds lifetime_max{std::chrono::hours(24)};
  std::size_t cache_tokens = 4096;
  std::chrono::seconds cache_time{60};
};

/// Someone whose tokens we accept. Keys are bound to the issuer: a kid says nothing outside of it.
struct issuer_keys {
  std::vector<algorithm> allowed{algorithm::eddsa};
  key_map keys;
};

class token_verifier {
 public:
  explicit token_verifier(verifier_options options, const revocation_list& revoked);

  /// Adds or replaces an issuer, compared exactly with `iss`. Tokens checked with older keys are checked again.
  void set_keys(std::string_view issuer, issuer_keys keys);

  struct outcome {
    std::shared_ptr<const io::principal> who;  // null: refused
    refusal why = refusal::none;
    bool cached = false;
  };
  [[nodiscard]] outcome verify(std::string_view token, std::chrono::system_clock::time_point now);

 private:
  struct checked {
    token_claims claims;
    refusal why = refusal::none;
  };
  [[nodiscard]] checked check(std::string_view token, std::int64_t now) const;
  [[nodiscard]] refusal check_times(const token_claims& claims, std::int64_t now) const;
  [[nodiscard]] std::shared_ptr<const issuer_keys> find_issuer(std::string_view issuer) const;

  const verifier_options options_;
  const revocation_list& revoked_;
  token_cache cache_;
  std::atomic<std::uint64_t> generation_{1};
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const issuer_keys>, std::less<>> issuers_;
};

}  // namespace evhost::security
