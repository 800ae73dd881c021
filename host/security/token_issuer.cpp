// Header and claims as JSON, signed.
#include "host/security/token_issuer.hpp"

#include <algorithm>
#include <array>

#include <sodium.h>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "host/security/base64url.hpp"
#include "host/security/sodium.hpp"
#include "host/security/strict_json.hpp"

namespace evhost::security {
namespace {

namespace json = boost::json;

std::string random_id() {
  std::array<char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return base64url_encode({bytes.data(), bytes.size()});
}

// Claims the host alone writes.
constexpr std::array<std::string_view, 11> reserved{"iss", "aud", "sub",  "iat",  "nbf",  "exp",
                                                    "jti", "sid", "name", "role", "roles"};
constexpr std::int64_t issued_ahead_max = 2;

core::result<json::object> further_claims(const std::string& text) {
  if (text.empty()) return json::object{};
  auto claims = parse_strict_object(text);
  if (!claims) return core::fail(core::errc::invalid, "the further claims are not one JSON object");
  for (const auto name : reserved) {
    if (claims->contains(name))
      return core::fail(core::errc::invalid, "the claim " + std::string(name) + " is written by the host; leave it out");
  }
  return *std::move(claims);
}

void add_claims(json::object& claims, const token_request& request, std::string_view issuer, std::string_view audience,
                std::int64_t issued) {
  claims["iss"] = issuer;
  claims["aud"] = audience;
  claims["sub"] = request.subject;
  claims["iat"] = issued;
  claims["nbf"] = issued;
  claims["exp"] = issued + request.lifetime.count();
  claims["jti"] = random_id();
  if (!request.session_id.empty()) claims["sid"] = request.session_id;
  if (!request.name.empty()) claims["name"] = request.name;
  if (request.roles.empty()) return;
  std::string joined;
  json::array roles;
  for (const auto& role : request.roles) {
    joined += (joined.empty() ? "" : ",") + role;
    roles.emplace_back(role);
  }
  claims["role"] = joined;
  claims["roles"] = std::move(roles);
}

}  // namespace

core::result<std::string> token_issuer::issue(const token_request& request) const {
  ensure_sodium();
  if (request.lifetime < std::chrono::seconds(1) || request.lifetime > std::chrono::hours(24)) {
    return core::fail(core::errc::invalid, "a token's lifetime of " + std::to_string(request.lifetime.count()) +
                                               " s is outside 1 s..24 h; choose one inside");
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch().count();
  const auto issued = std::clamp(request.issued_from, now, now + issued_ahead_max);
  EVH_TRY(auto claims, further_claims(request.claims));
  add_claims(claims, request, issuer_, audience_, issued);
  if (!read_claims(claims)) {
    return core::fail(core::errc::invalid,
                      "the token's user, name or role is not acceptable; a user has 1..255 bytes without control "
                      "characters, a role 1..64 of [A-Za-z0-9._:-], at most 16 roles");
  }
  const auto held = keys();
  const signing_key& key = held->front();
  const std::string header = R"({"alg":"EdDSA","kid":")" + key.kid() + R"(","typ":"JWT"})";
  std::string token = base64url_encode(header) + "." + base64url_encode(json::serialize(claims));
  token += "." + base64url_encode(key.sign(token));
  if (token.size() > token_bytes_max)
    return core::fail(core::errc::invalid, "the token would be longer than 4096 bytes; shorten the name or the roles");
  return token;
}

signing_keys token_issuer::only(signing_key key) {
  auto made = std::make_shared<std::vector<signing_key>>();
  made->push_back(std::move(key));
  return made;
}

signing_keys token_issuer::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

bool token_issuer::replace_keys(signing_keys keys) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::equal(*keys_, *keys, {}, &signing_key::kid, &signing_key::kid)) return false;
  keys_ = std::move(keys);
  return true;
}

std::string token_issuer::jwks() const {
  return write_jwks(*keys());
}

issuer_keys token_issuer::verifying_keys() const {
  issuer_keys out;
  for (const auto& key : *keys()) out.keys.emplace(key.kid(), make_ed25519_key(key.public_key()));
  return out;
}

}  // namespace evhost::security
