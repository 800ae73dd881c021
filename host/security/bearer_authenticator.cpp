// From refusals to what a client may learn: that its token is invalid or expired, never which check it failed.
#include "host/security/bearer_authenticator.hpp"

#include <algorithm>

#include "host/io/metrics/http.hpp"

namespace evhost::security {

bearer_authenticator::bearer_authenticator(token_verifier& verifier, const io::clock& clock,
                                           io::metric_registry& metrics)
    : verifier_(verifier),
      clock_(clock),
      accepted_(metrics.get_counter(io::metrics::auth_checks_total, {"ok"})),
      cached_(metrics.get_counter(io::metrics::auth_checks_total, {"cached"})) {
  for (std::size_t i = 1; i < refused_.size(); ++i) {
    refused_[i] = metrics.get_counter(io::metrics::auth_checks_total, {refusal_name(static_cast<refusal>(i))});
  }
}

io::auth_verdict bearer_authenticator::verify(std::string_view authorization) noexcept {
  constexpr std::string_view scheme = "bearer ";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  if (authorization.size() <= scheme.size() ||
      !std::ranges::equal(authorization.substr(0, scheme.size()), scheme, same)) {
    return {.who = nullptr,
            .code = "authentication-required",
            .detail = "Send the field Authorization: Bearer with an access token."};
  }
  return verify_token(authorization.substr(scheme.size()));
}

io::auth_verdict bearer_authenticator::verify_token(std::string_view token) noexcept {
  try {
    auto [who, why, cached] = verifier_.verify(token, clock_.wall());
    if (who) {
      (cached ? cached_ : accepted_).add();
      return {.who = std::move(who), .code = {}, .detail = {}};
    }
    refused_[static_cast<std::size_t>(why)].add();
    if (why == refusal::expired)
      return {.who = nullptr, .code = "token-expired", .detail = "The access token has expired; get a new one."};
  } catch (...) {
    // Out of memory: refuse, as for everything that is not proved.
  }
  return {.who = nullptr, .code = "invalid-token", .detail = "The access token is not valid here."};
}

}  // namespace evhost::security
