// The account id of a user name, for tokens made before the account exists.
//
// Threading: pure functions. `evhost token --user NAME` and the identity plugin both use this mapping, so that the
// account made later has the id its tokens already carried.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace evhost::security {

inline constexpr std::size_t user_name_bytes_max = 200;

/// UUIDv8 (RFC 9562 section 5.8): the first 16 bytes of SHA-256("evhost user name v1" NUL name) with version 8 and
/// variant 10 set, as lower-case text. ASCII letters of the name are lowered first: Alice and alice are one person.
/// Nothing for an empty name, one above user_name_bytes_max, or one with control characters.
[[nodiscard]] std::optional<std::string> subject_of_name(std::string_view name);

}  // namespace evhost::security
