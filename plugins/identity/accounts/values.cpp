// Roles, ids, tokens.
#include "plugins/identity/accounts/values.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <sodium.h>

namespace identity {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t session_token_chars = 32;
constexpr std::string_view hex = "0123456789abcdef";

std::string to_hex(const unsigned char* bytes, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += hex[bytes[i] >> 4];
    out += hex[bytes[i] & 15];
  }
  return out;
}

}  // namespace

bool account::has_role(std::string_view role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

bool role_known(std::string_view role) { return role == role_user || role == role_admin || role == role_auditor; }

std::vector<std::string> tidy_roles(const std::vector<std::string>& roles) {
  std::vector<std::string> out{std::string(role_user)};
  for (const auto role : {role_admin, role_auditor})
    if (std::find(roles.begin(), roles.end(), role) != roles.end()) out.emplace_back(role);
  return out;
}

std::string join_roles(const std::vector<std::string>& roles) {
  std::string out;
  for (const auto& role : tidy_roles(roles)) out += (out.empty() ? "" : ",") + role;
  return out;
}

std::vector<std::string> split_roles(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
  }
  return out;
}

std::string new_id(std::int64_t at_ms) {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  for (int i = 0; i < 6; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<unsigned char>(at_ms >> (8 * (5 - i)));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x70);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string out = to_hex(bytes.data(), bytes.size());
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) out.insert(dash, 1, '-');
  return out;
}

std::string new_session_token() {
  std::string out;
  for (std::size_t i = 0; i < session_token_chars; ++i) out += alphabet[randombytes_uniform(alphabet.size())];
  return out;
}

bool session_token_shaped(std::string_view token) {
  return token.size() == session_token_chars && token.find_first_not_of(alphabet) == token.npos;
}

std::string hash_of_token(std::string_view token) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(token.data()), token.size());
  return to_hex(digest.data(), digest.size());
}

}  // namespace identity
