// Base64url without padding (RFC 4648 section 5), canonical in both directions: one byte string, one text.
//
// Threading: pure functions. Errors: std::nullopt for any other alphabet, padding, whitespace, an impossible length, or
// unused bits that are not zero, so that nobody can write one token in two ways.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evhost::security {

[[nodiscard]] std::string base64url_encode(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace evhost::security
