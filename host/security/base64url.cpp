// The alphabet as a table; libsodium's decoder tolerates unused bits, so the canonical check would be needed anyway.
#include "host/security/base64url.hpp"

#include <array>
#include <cstdint>

namespace evhost::security {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> out{};
  out.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return out;
}
constexpr auto values = make_values();

}  // namespace

std::string base64url_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char byte : bytes) {
    pending = (pending << 8 | static_cast<unsigned char>(byte)) & 0xFFFFFF;
    for (bits += 8; bits >= 6;) out += alphabet[pending >> (bits -= 6) & 63];
  }
  if (bits > 0) out += alphabet[pending << (6 - bits) & 63];
  return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char c : text) {
    const auto value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    pending = (pending << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    if ((bits += 6) >= 8) out += static_cast<char>(pending >> (bits -= 8) & 0xFF);
  }
  const std::uint32_t unused = pending & ((1U << bits) - 1);
  if (unused != 0) return std::nullopt;
  return out;
}

}  // namespace evhost::security
