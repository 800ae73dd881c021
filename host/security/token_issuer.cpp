// Header and claims as JSON, signed.
#include "host/security/token_issuer.hpp"

#include <array>

#include <sodium.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "host/security/base64url.hpp"
#include "host/security/sodium.hpp"

namespace evhost::security {
namespace {

namespace json = boost::json;

std::string random_id() {
  std::array<char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return base64url_encode({bytes.data(), bytes.size()});
}

json::object claims_of(const token_request& request, std::string_view issuer, std::string_view audience,
                       std::int64_t now) {
  json::object claims{{"iss", issuer},     {"aud", audience}, {"sub", request.subject},
                      {"iat", now},        {"nbf", now},      {"exp", now + request.lifetime.count()},
                      {"jti", random_id()}};
  if (!request.session_id.empty()) claims["sid"] = request.session_id;
  if (!request.name.empty()) claims["name"] = request.name;
  if (request.roles.empty()) return claims;
  std::string joined;
  json::array roles;
  for (const auto& role : request.roles) {
    joined += (joined.empty() ? "" : ",") + role;
    roles.emplace_back(role);
  }
  claims["role"] = joined;
  claims["roles"] = std::move(roles);
  return claims;
}

}  // namespace

core::result<std::string> token_issuer::issue(const token_request& request) const {
  ensure_sodium();
  if (request.lifetime < std::chrono::seconds(1) || request.lifetime > std::chrono::hours(24)) {
    return core::fail(core::errc::invalid, "a token's lifetime of " + std::to_string(request.lifetime.count()) +
                                               " s is outside 1 s..24 h; choose one inside");
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch().count();
  const json::object claims = claims_of(request, issuer_, audience_, now);
  if (!read_claims(claims)) {
    return core::fail(core::errc::invalid,
                      "the token's user, name or role is not acceptable; a user has 1..255 bytes without control "
                      "characters, a role 1..64 of [A-Za-z0-9._:-], at most 16 roles");
  }
  const std::string header = R"({"alg":"EdDSA","kid":")" + key_.kid() + R"(","typ":"JWT"})";
  std::string token = base64url_encode(header) + "." + base64url_encode(json::serialize(claims));
  token += "." + base64url_encode(key_.sign(token));
  if (token.size() > token_bytes_max)
    return core::fail(core::errc::invalid, "the token would be longer than 4096 bytes; shorten the name or the roles");
  return token;
}

std::string token_issuer::jwks() const {
  return write_jwks(key_);
}

issuer_keys token_issuer::verifying_keys() const {
  issuer_keys out;
  out.keys.emplace(key_.kid(), make_ed25519_key(key_.public_key()));
  return out;
}

}  // namespace evhost::security
