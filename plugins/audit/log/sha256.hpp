// SHA-256 of a few pieces, with the processor's SHA instructions where it has them (OpenSSL): the one hash of the log.
//
// Any thread, pure. hash is the 32 bytes; they travel as base64 in every text format.
#pragma once
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace audit {

using hash = std::array<unsigned char, 32>;
inline constexpr std::size_t hash_bytes = 32;

hash sha256(std::initializer_list<std::string_view> pieces);
// RFC 2104 over SHA-256. The key is at most 64 bytes.
hash hmac_sha256(std::string_view key, std::string_view message);

inline std::string_view bytes_of(const hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }
hash hash_of(std::string_view bytes);  // of exactly 32 bytes; anything else throws std::invalid_argument

}  // namespace audit
