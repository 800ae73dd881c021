// Identifiers: UUIDv7 (RFC 9562 section 5.7) made without a lock, UUID text, and lowercase hex.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evhost::core {

using uuid = std::array<std::uint8_t, 16>;

// A new UUIDv7: Unix milliseconds, then a per-thread counter and random bits. Monotonic per thread. Any thread.
uuid new_uuid_v7();
// 36 characters, lowercase.
std::string to_string(const uuid& id);
// Writes 36 characters to out, no terminator.
void write_uuid(const uuid& id, char* out);
std::optional<uuid> parse_uuid(std::string_view text);

std::string to_hex(std::span<const std::uint8_t> bytes);

// A 64-bit FNV-1a of bytes: what maps a key to its partition. Stable for ever (it decides where data lies).
std::uint64_t key_hash(std::string_view key);

}  // namespace evhost::core
