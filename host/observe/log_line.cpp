// Escaping and layout of log lines.
#include "host/observe/log_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace evhost::observe {
namespace {

constexpr std::array<std::string_view, 7> level_names{"trace", "debug", "info", "warning", "error", "critical", "off"};
// Whoever logs one of these by mistake must not leak it (research/security.md, row 83).
constexpr std::array<std::string_view, 9> credential_words{
    "password", "passwd", "secret", "token", "authorization", "cookie", "ticket", "private_key", "api_key"};
constexpr std::array<std::string_view, 4> own_names{"time", "level", "component", "message"};

bool names_credential(std::string_view name) {
  return std::ranges::any_of(credential_words,
                             [&](std::string_view word) { return name.find(word) != std::string_view::npos; });
}

// Length of the well-formed UTF-8 sequence at the front of text, 0 when there is none (RFC 3629, table 3-7 of Unicode).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (at(i) & 0xC0) == 0x80; };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    const bool overlong = first == 0xE0 && at(1) < 0xA0;
    const bool surrogate = first == 0xED && at(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    const bool overlong = first == 0xF0 && at(1) < 0x90;
    const bool too_high = first == 0xF4 && at(1) > 0x8F;
    return overlong || too_high ? 0 : 4;
  }
  return 0;
}

// Escapes what would break the line, the terminal or JSON; `quotes` also escapes " and \.
void append_escaped(std::string& out, std::string_view text, std::size_t bytes_max, bool quotes) {
  const bool cut = text.size() > bytes_max;
  if (cut) text = text.substr(0, bytes_max);
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    const bool c1 = length == 2 && c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;  // C1 controls, e.g. CSI
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c < 0x20 || c == 0x7F || c1) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", c1 ? static_cast<unsigned char>(text[1]) : c);
      out += escape.data();
    } else if (quotes && (c == '"' || c == '\\')) {
      (out += '\\') += static_cast<char>(c);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (cut) out += "...";
}

void append_number(std::string& out, const io::log_field::value_type& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    out += std::to_string(*whole);
  else if (const auto* natural = std::get_if<std::uint64_t>(&value))
    out += std::to_string(*natural);
  else if (const auto* truth = std::get_if<bool>(&value))
    out += *truth ? "true" : "false";
  else if (const auto* real = std::get_if<double>(&value)) {
    if (!std::isfinite(*real)) {
      out += "null";  // JSON has no word for it
      return;
    }
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.6g", *real);
    out += buffer.data();
  }
}

void append_json_field(std::string& out, const io::log_field& field) {
  out += ",\"";
  if (std::ranges::find(own_names, field.name) != own_names.end()) out += "field_";
  append_escaped(out, field.name, 64, true);
  out += "\":";
  const auto* text = std::get_if<std::string_view>(&field.value);
  if (names_credential(field.name))
    out += "\"***\"";
  else if (!text)
    append_number(out, field.value);
  else {
    out += '"';
    append_escaped(out, *text, value_bytes_max, true);
    out += '"';
  }
}

void append_text_field(std::string& out, const io::log_field& field) {
  out += ' ';
  append_escaped(out, field.name, 64, true);
  out += '=';
  const auto* text = std::get_if<std::string_view>(&field.value);
  if (names_credential(field.name)) {
    out += "***";
  } else if (!text) {
    append_number(out, field.value);
  } else {
    const auto plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != '\\'; };
    const bool bare = !text->empty() && std::ranges::all_of(*text, plain);
    if (!bare) out += '"';
    append_escaped(out, *text, value_bytes_max, true);
    if (!bare) out += '"';
  }
}

}  // namespace

std::string_view level_name(io::log_level level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::string utc_text(std::chrono::system_clock::time_point time) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = since / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 96> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(since % 1000));
  return buffer.data();
}

std::string format_line(log_format format, const io::log_record& record, std::chrono::system_clock::time_point time) {
  std::string out;
  out.reserve(160 + record.message.size());
  if (format == log_format::json) {
    out += "{\"time\":\"" + utc_text(time) + "\",\"level\":\"";
    out += level_name(record.level);
    out += "\",\"component\":\"";
    append_escaped(out, record.component, 64, true);
    out += "\",\"message\":\"";
    append_escaped(out, record.message, message_bytes_max, true);
    out += '"';
    for (const auto& field : record.fields) append_json_field(out, field);
    return out += '}';
  }
  out += utc_text(time) + " ";
  out += level_name(record.level);
  out.append(level_name(record.level).size() < 8 ? 8 - level_name(record.level).size() : 0, ' ');
  out += ' ';
  append_escaped(out, record.component, 64, false);
  out += ": ";
  append_escaped(out, record.message, message_bytes_max, false);
  for (const auto& field : record.fields) append_text_field(out, field);
  return out;
}

}  // namespace evhost::observe
