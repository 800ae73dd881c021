// UUIDv7 from the clock and a per-thread generator seeded by the kernel.
#include "host/core/ids.hpp"

#include <sys/random.h>

#include <chrono>
#include <cstring>

namespace evhost::core {
namespace {

// xoshiro256** (Blackman, Vigna 2018): unguessability is not needed here, uniqueness is.
class generator {
 public:
  generator() {
    if (::getrandom(state_, sizeof state_, 0) != sizeof state_) __builtin_trap();
  }
  std::uint64_t next() {
    const auto rotl = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
    const std::uint64_t value = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return value;
  }

  std::uint64_t last_ms = 0;
  std::uint32_t counter = 0;

 private:
  std::uint64_t state_[4];
};

constexpr char digits[] = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

uuid new_uuid_v7() {
  thread_local generator random;
  using namespace std::chrono;
  auto ms = static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
  if (ms <= random.last_ms) {  // same millisecond, or the clock went back: keep the order with the counter
    ms = random.last_ms;
    if (++random.counter > 0xfff) {
      ++ms;
      random.counter = 0;
    }
  } else {
    random.counter = static_cast<std::uint32_t>(random.next() & 0x7ff);
  }
  random.last_ms = ms;
  const std::uint64_t tail = random.next();
  uuid id;
  for (int i = 0; i < 6; ++i) id[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  id[6] = static_cast<std::uint8_t>(0x70 | (random.counter >> 8));
  id[7] = static_cast<std::uint8_t>(random.counter);
  for (int i = 0; i < 8; ++i) id[8 + i] = static_cast<std::uint8_t>(tail >> (56 - 8 * i));
  id[8] = static_cast<std::uint8_t>(0x80 | (id[8] & 0x3f));
  return id;
}

void write_uuid(const uuid& id, char* out) {
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = digits[id[i] >> 4];
    *out++ = digits[id[i] & 15];
  }
}

std::string to_string(const uuid& id) {
  std::string text(36, '\0');
  write_uuid(id, text.data());
  return text;
}

std::optional<uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uuid id;
  std::size_t at = 0;
  for (int i = 0; i < 16; ++i) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at++] != '-') return std::nullopt;
    }
    const int high = hex_value(text[at]), low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::uint64_t key_hash(std::string_view key) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : key) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ULL;
  return hash ^ (hash >> 32);
}

}  // namespace evhost::core
