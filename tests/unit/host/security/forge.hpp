// What the token tests share: a fixed clock, keys, and tokens with any header and payload.
#pragma once

#include <string>
#include <string_view>

#include "host/security/base64url.hpp"
#include "host/security/jws.hpp"
#include "host/security/token_verifier.hpp"

namespace evhost::security::testing {

inline constexpr std::int64_t now_s = 1'800'000'000;
inline const std::chrono::system_clock::time_point now{std::chrono::seconds(now_s)};

inline constexpr std::string_view our_issuer = "https://todo.example";
inline constexpr std::string_view other_issuer = "https://other.example";

inline signing_key make_key(char seed) {
  return signing_key(io::secret(std::string_view(std::string(32, seed))));
}

inline std::string compact(std::string_view header, std::string_view payload, std::string_view signature) {
  return base64url_encode(header) + "." + base64url_encode(payload) + "." + base64url_encode(signature);
}

inline std::string signed_token(const signing_key& key, std::string_view header, std::string_view payload) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(key.sign(input));
}

inline std::string header_of(const signing_key& key) {
  return R"({"alg":"EdDSA","kid":")" + key.kid() + "\"}";
}

/// A payload in which one claim may be replaced ("exp", "\"soon\"") or, with an empty value, left out.
inline std::string payload_with(std::string_view claim = {}, std::string_view json = {}) {
  const std::pair<std::string_view, std::string> claims[] = {{"iss", "\"https://todo.example\""},
                                                             {"aud", "\"https://todo.example\""},
                                                             {"sub", "\"user-1\""},
                                                             {"iat", std::to_string(now_s - 10)},
                                                             {"exp", std::to_string(now_s + 900)}};
  std::string out;
  bool replaced = claim.empty();
  for (const auto& [name, value] : claims) {
    const bool this_one = name == claim;
    replaced = replaced || this_one;
    if (this_one && json.empty()) continue;
    out += (out.empty() ? "" : ",") + ("\"" + std::string(name) + "\":") + (this_one ? std::string(json) : value);
  }
  if (!replaced) out += ",\"" + std::string(claim) + "\":" + std::string(json);
  return "{" + out + "}";
}

}  // namespace evhost::security::testing
