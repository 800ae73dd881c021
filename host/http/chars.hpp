// Character classes of RFC 9110/9112 and UTF-8, as tables and small pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace evhost::http {

namespace detail {
constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> t{};
  for (int c = '0'; c <= '9'; ++c) t[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) t[static_cast<std::size_t>(c)] = t[static_cast<std::size_t>(c - 32)] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) t[static_cast<unsigned char>(c)] = true;
  return t;
}
// What may stand in a request target: visible ASCII without delimiters that other software reads differently.
constexpr std::array<bool, 256> target_table() {
  std::array<bool, 256> t{};
  for (int c = 0x21; c < 0x7f; ++c) t[static_cast<std::size_t>(c)] = true;
  for (char c : std::string_view("\"<>\\^`{|}#")) t[static_cast<unsigned char>(c)] = false;
  return t;
}
inline constexpr auto token_chars = token_table();
inline constexpr auto target_chars = target_table();
}  // namespace detail

inline bool is_tchar(char c) noexcept { return detail::token_chars[static_cast<unsigned char>(c)]; }
inline bool is_target_char(char c) noexcept { return detail::target_chars[static_cast<unsigned char>(c)]; }
inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
// Everything but controls; TAB counts as text.
inline bool is_field_char(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  return (u >= 0x20 && u != 0x7f) || c == '\t';
}
inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

inline bool same_text(std::string_view a, std::string_view b) noexcept {  // ASCII, case-insensitive
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

inline std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Calls fn with every trimmed, non-empty element of a comma-separated list.
template <class Fn>
void for_each_element(std::string_view list, Fn&& fn) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto element = trim(list.substr(0, comma));
    if (!element.empty()) fn(element);
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
}

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view s) noexcept;

}  // namespace evhost::http
