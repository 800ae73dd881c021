// UUIDv8 of a digest.
#include "plugins/recurring/occurrence_id.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace recurring {

std::string occurrence_id(std::string_view series_id, std::string_view predecessor_id, std::string_view local) {
  std::string text(series_id);
  text += '\n';
  text += predecessor_id;
  if (!local.empty()) {
    text += '\n';
    text += local;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) throw std::runtime_error("SHA-256 is not available");
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0f) | 0x80);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3f) | 0x80);
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += hex[digest[i] >> 4];
    out += hex[digest[i] & 15];
  }
  return out;
}

}  // namespace recurring
