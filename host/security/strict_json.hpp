// JSON from strangers: RFC 8259 without leniency, no duplicate keys anywhere, bounded depth.
//
// Threading: pure function. Errors: std::nullopt. Bounds: depth_max levels, json_bytes_max bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <boost/json/object.hpp>

namespace evhost::security {

inline constexpr std::size_t json_depth_max = 8;
inline constexpr std::size_t json_bytes_max = 64 * 1024;

/// The object `text` holds. Refused: everything that is not one object, duplicate keys (also spelt with escapes),
/// nesting beyond json_depth_max, invalid UTF-8, trailing bytes.
[[nodiscard]] std::optional<boost::json::object> parse_strict_object(std::string_view text);

}  // namespace evhost::security
