// The leaves of JSON writing: strings, numbers, instants.
#include "schemas/events/json_write.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace evh_schemas {

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;   // start of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (byte) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out += hex[byte >> 4];
        out += hex[byte & 15];
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void append_number(std::string& out, std::int64_t value) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

namespace {
char* put(char* at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
  return at + digits;
}
}  // namespace

std::string instant_text(instant_ms value) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds{value.value}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  auto rest = static_cast<unsigned>((at - day).count());
  std::array<char, 24> text;
  char* p = put(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  *p++ = '-';
  p = put(p, static_cast<unsigned>(date.month()), 2);
  *p++ = '-';
  p = put(p, static_cast<unsigned>(date.day()), 2);
  *p++ = 'T';
  p = put(p, rest / 3'600'000, 2);
  *p++ = ':';
  p = put(p, rest / 60'000 % 60, 2);
  *p++ = ':';
  p = put(p, rest / 1'000 % 60, 2);
  *p++ = '.';
  p = put(p, rest % 1'000, 3);
  *p++ = 'Z';
  return std::string(text.data(), p);
}

void append_instant(std::string& out, instant_ms value) {
  out += '"';
  out += instant_text(value);
  out += '"';
}

}  // namespace evh_schemas
