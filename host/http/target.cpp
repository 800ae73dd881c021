// Decoding rules follow research/security.md section 6, rows 18, 22 and 24.
#include "host/http/target.hpp"

#include "host/http/chars.hpp"

namespace evhost::http {
namespace {

// The byte an escape at in[i] stands for, or -1.
int escape_at(std::string_view in, std::size_t i) noexcept {
  if (i + 2 >= in.size()) return -1;
  const int high = hex_value(in[i + 1]), low = hex_value(in[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::size_t utf8_length(unsigned char first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if ((first & 0xF0) == 0xE0) return 3;
  return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

bool only_plain_segments(std::string_view path) noexcept {
  for (std::size_t begin = 1; begin <= path.size();) {
    auto end = path.find('/', begin);
    const bool last = end == std::string_view::npos;
    if (last) end = path.size();
    const auto segment = path.substr(begin, end - begin);
    if (segment == "." || segment == ".." || (segment.empty() && !last)) return false;
    begin = end + 1;
  }
  return true;
}

bool hex_bytes(std::string_view in, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i + 1 < in.size(); i += 2) {
    const auto digit = [](char c) { return c >= 'A' && c <= 'F' ? -1 : hex_value(c); };  // lower case only
    const int high = digit(in[i]), low = digit(in[i + 1]);
    if (high < 0 || low < 0) return false;
    out[i / 2] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace

bool valid_utf8(std::string_view s) noexcept {
  for (std::size_t i = 0; i < s.size();) {
    const auto first = static_cast<unsigned char>(s[i]);
    const auto length = utf8_length(first);
    if (length == 0 || i + length > s.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xC0) != 0x80) return false;
    if (length > 2) {
      const auto second = static_cast<unsigned char>(s[i + 1]);
      if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return false;
      if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return false;
    }
    i += length;
  }
  return true;
}

bool decode_path(std::string_view in, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '%') {
      out += in[i];
      continue;
    }
    const int byte = escape_at(in, i);
    if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\' || byte == '%') return false;
    out += static_cast<char>(byte);
    i += 2;
  }
  return valid_utf8(out) && only_plain_segments(out);
}

bool valid_query(std::string_view query) {
  if (query.find('%') == std::string_view::npos) return true;  // the target's own alphabet is ASCII
  std::string decoded;
  decoded.reserve(query.size());
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (query[i] != '%') {
      decoded += query[i];
      continue;
    }
    const int byte = escape_at(query, i);
    if (byte <= 0) return false;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return valid_utf8(decoded);
}

void decode_query(std::string_view query, std::string& storage, std::vector<io::http_field>& out) {
  storage.clear();
  storage.reserve(query.size());  // decoding only shrinks: views stay valid
  out.clear();
  const auto decode = [&](std::string_view part) {
    const auto begin = storage.size();
    for (std::size_t i = 0; i < part.size(); ++i) {
      const int byte = part[i] == '%' ? escape_at(part, i) : -1;
      if (byte >= 0) i += 2;
      storage += byte >= 0 ? static_cast<char>(byte) : part[i] == '+' ? ' ' : part[i];
    }
    return std::string_view(storage.data() + begin, storage.size() - begin);
  };
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (!pair.empty()) {
      const auto name = decode(pair.substr(0, equals));
      out.push_back({name, equals == std::string_view::npos ? std::string_view() : decode(pair.substr(equals + 1))});
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
}

std::string_view host_name(std::string_view host) noexcept {
  return host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
}

bool valid_host(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  if (host[0] == '[') {
    const auto end = host.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    for (char c : host.substr(1, end - 1))
      if (hex_value(c) < 0 && c != ':' && c != '.') return false;
  } else {
    const auto name = host_name(host);
    if (name.empty()) return false;
    for (char c : name)
      if (!(is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_')) return false;
  }
  auto port = host.substr(host_name(host).size());
  if (port.empty()) return true;
  if (port[0] != ':' || port.size() < 2 || port.size() > 6) return false;
  unsigned value = 0;
  for (char c : port.substr(1)) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value > 0 && value <= 65535;
}

io::trace_context parse_traceparent(std::string_view v) noexcept {
  io::trace_context out;
  std::uint8_t version = 0;
  if (v.size() < 55 || v[2] != '-' || v[35] != '-' || v[52] != '-' || !hex_bytes(v.substr(0, 2), &version)) return {};
  if (version == 0xff || (version == 0 && v.size() != 55) || (v.size() > 55 && v[55] != '-')) return {};
  if (!hex_bytes(v.substr(3, 32), out.trace_id.data()) || !hex_bytes(v.substr(36, 16), out.span_id.data()) ||
      !hex_bytes(v.substr(53, 2), &out.flags))
    return {};
  out.present = out.trace_id != decltype(out.trace_id){} && out.span_id != decltype(out.span_id){};
  return out;
}

}  // namespace evhost::http
