// libsodium's Argon2id.
#include "plugins/identity/accounts/password.hpp"

#include <array>
#include <new>
#include <stdexcept>

#include <sodium.h>

#include "plugins/identity/accounts/text.hpp"
#include "plugins/identity/accounts/values.hpp"

namespace identity {
namespace {

constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = std::size_t{19456} * 1024;

void ensure_sodium() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium finds no randomness on this machine");
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

std::optional<password_fault> fault_of(std::string_view password) {
  if (!valid_utf8(password) || password.find('\0') != password.npos) return password_fault::not_text;
  const auto length = characters(password);
  if (length < password_chars_min) return password_fault::too_short;
  if (length > password_chars_max) return password_fault::too_long;
  if (common_password(password)) return password_fault::too_common;
  return std::nullopt;
}

std::string hash_password(std::string_view password) {
  ensure_sodium();
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), passes, memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
    throw std::bad_alloc();
  return out.data();
}

bool verify_password(std::string_view hash, std::string_view password) {
  ensure_sodium();
  const std::string text(hash);
  return crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
}

bool hash_outdated(const std::string& hash) { return crypto_pwhash_str_needs_rehash(hash.c_str(), passes, memory_bytes) != 0; }

const std::string& nobodys_hash() {
  static const std::string hash = hash_password(new_session_token());
  return hash;
}

}  // namespace identity
