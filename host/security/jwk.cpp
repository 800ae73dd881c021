// Which keys of a set we are willing to use, and for which algorithm.
#include "host/security/jwk.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "host/security/base64url.hpp"
#include "host/security/strict_json.hpp"

namespace evhost::security {
namespace {

namespace json = boost::json;

std::optional<std::string_view> text_member(const json::object& key, std::string_view name) {
  const auto* value = key.if_contains(name);
  if (!value || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

// A base64url member, decoded; empty when missing or malformed.
std::string bytes_member(const json::object& key, std::string_view name) {
  const auto text = text_member(key, name);
  return text ? base64url_decode(*text).value_or("") : "";
}

bool meant_for_signatures(const json::object& key) {
  if (key.contains("use") && text_member(key, "use") != "sig") return false;
  if (key.contains("d") || key.contains("k")) return false;  // a private or symmetric key that somebody published
  const auto* operations = key.if_contains("key_ops");
  if (!operations) return true;
  return operations->is_array() && std::ranges::any_of(operations->get_array(), [](const json::value& one) {
           return one.is_string() && one.get_string() == "verify";
         });
}

verifying_key_ptr key_of(const json::object& key) {
  const auto type = text_member(key, "kty");
  const auto curve = text_member(key, "crv");
  verifying_key_ptr made;
  if (type == "OKP" && curve == "Ed25519")
    made = make_ed25519_key(bytes_member(key, "x"));
  else if (type == "EC" && curve == "P-256")
    made = make_es256_key(bytes_member(key, "x"), bytes_member(key, "y"));
  else if (type == "RSA")
    made = make_rs256_key(bytes_member(key, "n"), bytes_member(key, "e"));
  if (!made || !meant_for_signatures(key)) return nullptr;
  if (key.contains("alg") && text_member(key, "alg") != algorithm_name(made->used_for())) return nullptr;
  return made;
}

}  // namespace

bool kid_valid(std::string_view kid) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !kid.empty() && kid.size() <= 128 && std::ranges::all_of(kid, allowed);
}

key_map parse_jwks(std::string_view text) {
  const auto document = parse_strict_object(text);
  if (!document) return {};
  const auto* keys = document->if_contains("keys");
  if (!keys || !keys->is_array() || keys->get_array().size() > jwks_keys_max) return {};
  key_map usable;
  std::set<std::string, std::less<>> seen;
  for (const auto& one : keys->get_array()) {
    if (!one.is_object()) continue;
    const auto kid = text_member(one.get_object(), "kid");
    if (!kid || !kid_valid(*kid)) continue;
    if (!seen.insert(std::string(*kid)).second) {
      usable.erase(std::string(*kid));
      continue;
    }
    if (auto key = key_of(one.get_object())) usable.emplace(*kid, std::move(key));
  }
  return usable;
}

std::string write_jwks(std::span<const signing_key> keys) {
  std::string out = R"({"keys":[)";
  for (const auto& key : keys) {
    if (out.back() == '}') out += ',';
    out += R"({"alg":"EdDSA","crv":"Ed25519","kid":")" + key.kid() + R"(","kty":"OKP","use":"sig","x":")" +
           base64url_encode(key.public_key()) + "\"}";
  }
  return out + "]}";
}

}  // namespace evhost::security
