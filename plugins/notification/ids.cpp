// UUIDs, base64, HMAC: OpenSSL does the arithmetic.
#include "plugins/notification/ids.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include <array>
#include <stdexcept>

namespace notification {

namespace {

using bytes16 = std::array<std::uint8_t, 16>;
constexpr std::string_view secret_prefix = "whsec_";

std::string uuid_text(const bytes16& id) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += hex[id[i] >> 4];
    out += hex[id[i] & 15];
  }
  return out;
}

std::string timed_uuid(std::int64_t ms, std::uint8_t version, const unsigned char* rest) {
  bytes16 id{};
  for (std::size_t i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(ms) >> (40 - 8 * i));
  for (std::size_t i = 6; i < 16; ++i) id[i] = rest[i - 6];
  id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | version << 4);
  id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
  return uuid_text(id);
}

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string notification_id(std::string_view task_id, std::string_view reminder_id, std::int64_t fire_ms) {
  std::string all(task_id);
  all += '\0';
  all += reminder_id;
  all += '\0';
  all += std::to_string(fire_ms);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(raw(all), all.size(), digest.data());
  return timed_uuid(fire_ms, 8, digest.data());
}

std::string new_id(std::int64_t now_ms) {
  const auto random = random_bytes(10);
  return timed_uuid(now_ms, 7, raw(random));
}

bool looks_like_id(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (getrandom(out.data(), count, 0) != static_cast<ssize_t>(count)) throw std::runtime_error("no random numbers from the system");
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), raw(bytes), static_cast<int>(bytes.size()))));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), raw(text), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  const auto padding = text.ends_with("==") ? 2u : text.ends_with("=") ? 1u : 0u;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

std::string new_webhook_secret() { return std::string(secret_prefix) + base64(random_bytes(24)); }

std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp_s, std::string_view body) {
  const auto key = secret.starts_with(secret_prefix) ? from_base64(secret.substr(secret_prefix.size())) : std::nullopt;
  if (!key) throw std::invalid_argument("a webhook secret must be whsec_ followed by base64");
  std::string signed_text(id);
  signed_text += '.';
  signed_text += std::to_string(timestamp_s);
  signed_text += '.';
  signed_text += body;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()), raw(signed_text), signed_text.size(), mac.data(), &length);
  return "v1," + base64({reinterpret_cast<const char*>(mac.data()), length});
}

}  // namespace notification
