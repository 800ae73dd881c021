// seal = version | bytes | BLAKE2b-128(key(purpose), version | bytes).
#include "host/security/mac_token.hpp"

#include <sodium.h>

#include "host/security/base64url.hpp"
#include "host/security/sodium.hpp"

namespace evhost::security {
namespace {

constexpr char version = 1;
constexpr std::size_t tag_bytes = 16;

std::string tag_of(const io::secret& key, std::string_view message) {
  std::string tag(tag_bytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(tag.data()), tag.size(),
                     reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                     reinterpret_cast<const unsigned char*>(key.reveal().data()), key.size());
  return tag;
}

bool purpose_valid(std::string_view purpose) {
  return !purpose.empty() && purpose.size() <= purpose_bytes_max;
}

}  // namespace

io::secret mac_token::derive(std::string_view purpose) const {
  ensure_sodium();
  io::secret key(std::size_t{crypto_generichash_KEYBYTES});
  crypto_generichash(reinterpret_cast<unsigned char*>(key.writable().data()), key.size(),
                     reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(),
                     reinterpret_cast<const unsigned char*>(root_.reveal().data()), root_.size());
  return key;
}

std::string mac_token::seal(std::string_view purpose, std::string_view bytes) const {
  if (!purpose_valid(purpose) || bytes.size() > sealed_bytes_max) return {};
  std::string message(1, version);
  message += bytes;
  message += tag_of(derive(purpose), message);
  return base64url_encode(message);
}

std::optional<std::string> mac_token::open(std::string_view purpose, std::string_view token) const {
  if (!purpose_valid(purpose) || token.size() > (sealed_bytes_max + 1 + tag_bytes) * 4 / 3 + 3) return std::nullopt;
  auto message = base64url_decode(token);
  if (!message || message->size() < 1 + tag_bytes || message->front() != version) return std::nullopt;
  const std::string tag = message->substr(message->size() - tag_bytes);
  message->resize(message->size() - tag_bytes);
  if (sodium_memcmp(tag.data(), tag_of(derive(purpose), *message).data(), tag_bytes) != 0) return std::nullopt;
  return message->substr(1);
}

}  // namespace evhost::security
