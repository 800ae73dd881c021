// SHA-256 of a labelled name, cut to a UUID.
#include "host/security/subject.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <sodium.h>

#include "host/security/sodium.hpp"

namespace evhost::security {

std::optional<std::string> subject_of_name(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.empty() || name.size() > user_name_bytes_max || std::ranges::any_of(name, control)) return std::nullopt;
  std::string labelled("evhost user name v1");
  labelled += '\0';
  for (const char c : name) labelled += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  ensure_sodium();
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(labelled.data()), labelled.size());
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0F) | 0x80);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3F) | 0x80);
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += hex[digest[i] >> 4];
    out += hex[digest[i] & 15];
  }
  return out;
}

}  // namespace evhost::security
