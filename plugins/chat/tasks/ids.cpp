// UUID text and UUIDv7.
#include "plugins/chat/tasks/ids.hpp"

#include <sys/random.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace chat {

std::string to_text(const uuid& id) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += hex[id.data[i] >> 4];
    out += hex[id.data[i] & 15];
  }
  return out;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid out{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int value = -1;
    if (c >= '0' && c <= '9') value = c - '0';
    else if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
    if (value < 0) return std::nullopt;
    auto& byte = out.data[nibble / 2];
    byte = static_cast<std::uint8_t>(nibble % 2 == 0 ? value << 4 : byte | value);
    ++nibble;
  }
  return out;
}

namespace {

// Randomness in blocks: one system call for many ids.
std::array<std::uint8_t, 8> random_eight() {
  thread_local std::array<std::uint8_t, 512> pool;
  thread_local std::size_t used = pool.size();
  if (used == pool.size()) {
    if (getrandom(pool.data(), pool.size(), 0) != static_cast<ssize_t>(pool.size())) throw std::runtime_error("no random numbers from the system");
    used = 0;
  }
  std::array<std::uint8_t, 8> out;
  std::memcpy(out.data(), pool.data() + used, out.size());
  used += out.size();
  return out;
}

}  // namespace

uuid new_uuid(std::int64_t unix_ns) {
  const auto ms = static_cast<std::uint64_t>(unix_ns / 1'000'000);
  const auto fraction = static_cast<std::uint64_t>(unix_ns % 1'000'000) * 4096 / 1'000'000;   // 12 bits of the millisecond
  uuid out{};
  for (int i = 0; i < 6; ++i) out.data[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  out.data[6] = static_cast<std::uint8_t>(0x70 | fraction >> 8);
  out.data[7] = static_cast<std::uint8_t>(fraction);
  const auto random = random_eight();
  std::memcpy(out.data + 8, random.data(), random.size());
  out.data[8] = static_cast<std::uint8_t>((out.data[8] & 0x3f) | 0x80);
  return out;
}

}  // namespace chat
