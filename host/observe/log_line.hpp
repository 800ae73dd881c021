// Turns a log record into exactly one line, as JSON or as text for people.
//
// Threading: pure functions. Bounds: a message is cut at message_bytes_max, a value at value_bytes_max, so a line has a
// bound too. Control characters, line breaks and broken UTF-8 never reach the output as they are. Values of fields that
// are named like credentials are replaced.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "host/io/observe.hpp"

namespace evhost::observe {

inline constexpr std::size_t message_bytes_max = 8 * 1024;
inline constexpr std::size_t value_bytes_max = 4 * 1024;

enum class log_format : unsigned char { text, json };

[[nodiscard]] std::string_view level_name(io::log_level level) noexcept;
/// "2026-11-23T16:28:59.123Z"
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point time);
/// One line without its line break.
[[nodiscard]] std::string format_line(log_format format, const io::log_record& record,
                                      std::chrono::system_clock::time_point time);

}  // namespace evhost::observe
