// Signing, encoding, reading.
#include "plugins/identity/accounts/cookie.hpp"

#include <algorithm>
#include <cstring>

#include <sodium.h>

#include "plugins/identity/accounts/values.hpp"

namespace identity {
namespace {

constexpr std::string_view plain_name = "better-auth.session_token";

std::string percent_encoded(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (keep) {
      out += c;
    } else {
      out += '%';
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

int digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

}  // namespace

cookie_jar::cookie_jar(std::string_view secret, bool secure)
    : name_((secure ? "__Secure-" : "") + std::string(plain_name)), secure_(secure) {
  crypto_hash_sha256(key_.data(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
}

std::string cookie_jar::sign(std::string_view token) const {
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256(mac.data(), reinterpret_cast<const unsigned char*>(token.data()), token.size(), key_.data());
  std::string out(sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), mac.data(), mac.size(), sodium_base64_VARIANT_ORIGINAL);
  out.resize(std::strlen(out.c_str()));
  return out;
}

std::string cookie_jar::set(std::string_view token, std::int64_t max_age_s) const {
  std::string out = name_ + "=" + percent_encoded(std::string(token) + "." + sign(token)) + "; Path=/; HttpOnly; SameSite=Lax";
  if (max_age_s > 0) out += "; Max-Age=" + std::to_string(max_age_s);
  if (secure_) out += "; Secure";
  return out;
}

std::string cookie_jar::clear() const { return name_ + "=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0" + (secure_ ? "; Secure" : ""); }

std::optional<std::string> cookie_jar::open(std::string_view signed_token) const {
  const auto dot = signed_token.find('.');
  if (dot == signed_token.npos || !session_token_shaped(signed_token.substr(0, dot))) return std::nullopt;
  const auto token = signed_token.substr(0, dot);
  const auto given = signed_token.substr(dot + 1);
  const auto right = sign(token);
  if (given.size() != right.size() || sodium_memcmp(given.data(), right.data(), right.size()) != 0) return std::nullopt;
  return std::string(token);
}

std::optional<std::string> cookie_jar::read(std::string_view header) const {
  while (!header.empty()) {
    const auto end = header.find(';');
    auto pair = header.substr(0, end);
    header = end == header.npos ? std::string_view{} : header.substr(end + 1);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (!pair.starts_with(name_) || pair.size() <= name_.size() || pair[name_.size()] != '=') continue;
    const auto value = percent_decoded(pair.substr(name_.size() + 1));
    if (auto token = value ? open(*value) : std::nullopt) return token;
  }
  return std::nullopt;
}

std::string origin_of(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return {};
  return std::string(url.substr(0, url.find('/', url.find("//") + 2)));
}

bool origin_allowed(std::string_view origin, std::string_view host, std::string_view issuer, std::span<const std::string> trusted) {
  if (!host.empty() && (origin == "http://" + std::string(host) || origin == "https://" + std::string(host))) return true;
  if (origin.empty()) return false;
  return origin == origin_of(issuer) || std::find(trusted.begin(), trusted.end(), origin) != trusted.end();
}

}  // namespace identity
