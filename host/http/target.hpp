// The request target and Host, decoded and checked exactly once. Pure functions over text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/http.hpp"

namespace evhost::http {

// Percent-decodes a path into out. False for bad escapes, encoded separators, controls, '%', dot segments, empty segments
// ("//") and what is not UTF-8: whoever decodes a second time or normalises must find nothing left to change.
bool decode_path(std::string_view in, std::string& out);

// True when every escape of the query is whole, no NUL is hidden and the decoded bytes are UTF-8.
bool valid_query(std::string_view query);

// Splits and decodes a query that valid_query() accepted. The views point into storage.
void decode_query(std::string_view query, std::string& storage, std::vector<io::http_field>& out);

// host [ ":" port ] of RFC 9110 section 7.2; port 1..65535.
bool valid_host(std::string_view host);
// "[::1]:80" -> "[::1]", "a:80" -> "a".
std::string_view host_name(std::string_view host) noexcept;

// W3C Trace Context level 1, version 00 (later versions are read as 00). present = false when malformed.
io::trace_context parse_traceparent(std::string_view value) noexcept;

}  // namespace evhost::http
