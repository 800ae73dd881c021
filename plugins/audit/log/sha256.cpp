// The low-level functions: the EVP interface of OpenSSL 3 costs more than hashing a leaf does.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "plugins/audit/log/sha256.hpp"

#include <openssl/sha.h>

#include <cstring>
#include <stdexcept>

namespace audit {

hash sha256(std::initializer_list<std::string_view> pieces) {
  SHA256_CTX state;
  SHA256_Init(&state);
  for (const auto piece : pieces) SHA256_Update(&state, piece.data(), piece.size());
  hash out;
  SHA256_Final(out.data(), &state);
  return out;
}

hash hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::size_t block = 64;
  if (key.size() > block) throw std::invalid_argument("hmac_sha256: the key has more than 64 bytes");
  std::string inner(block, '\x36'), outer(block, '\x5c');
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  return sha256({outer, bytes_of(sha256({inner, message}))});
}

hash hash_of(std::string_view bytes) {
  if (bytes.size() != hash_bytes) throw std::invalid_argument("a hash has 32 bytes, not " + std::to_string(bytes.size()));
  hash out;
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

}  // namespace audit
