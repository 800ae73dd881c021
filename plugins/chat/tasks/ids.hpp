// Identifiers: UUIDs as values, their text, and new UUIDv7s that grow with time down to a quarter of a microsecond.
//
// Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/uuid/uuid.hpp>

namespace chat {

using uuid = boost::uuids::uuid;

std::string to_text(const uuid& id);                          // lower case
std::optional<uuid> parse_uuid(std::string_view text);        // the 36-character form, any case
uuid new_uuid(std::int64_t unix_ns);                          // RFC 9562 version 7, method 3

}  // namespace chat
