// Writing by appending, reading through the JSON parser.
#include "plugins/audit/leaves/leaf.hpp"

#include "plugins/audit/log/note.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"

#include <algorithm>

namespace audit {
namespace {

constexpr std::size_t text_bytes_max = 512;  // each of id and type; six times that, escaped, still fits a leaf

}  // namespace

// RFC 3629: shortest forms only, no surrogates.
bool valid_utf8(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto c = static_cast<unsigned char>(s[i]);
    const std::size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 9;
    if (more == 9 || i + more >= s.size()) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((static_cast<unsigned char>(s[i + k]) & 0xc0) != 0x80) return false;
    const auto second = more != 0 ? static_cast<unsigned char>(s[i + 1]) : 0;
    if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f)) return false;
    i += more + 1;
  }
  return true;
}

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

hash commitment(std::string_view salt, std::string_view payload) { return sha256({"\x02", salt, payload}); }

std::string presentable(std::string_view text) {
  const bool controls = std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.size() <= text_bytes_max && !controls && valid_utf8(text)) return std::string(text);
  return "sha256:" + hex(bytes_of(sha256({text})));
}

std::string source_name(std::string_view topic, std::int32_t partition, std::int64_t offset) {
  std::string out(topic);
  out += '/';
  out += std::to_string(partition);
  out += '@';
  return out += std::to_string(offset);
}

void append_leaf(std::string& out, std::string_view id, std::int64_t time_ms, std::string_view source, std::string_view type,
                 std::string_view actor, std::string_view resource, const hash& commitment) {
  out += R"({"v":1,"id":)";
  evh_schemas::append_json_string(out, id);
  out += R"(,"t":)";
  evh_schemas::append_number(out, time_ms);
  out += R"(,"src":)";
  evh_schemas::append_json_string(out, source);
  out += R"(,"type":)";
  evh_schemas::append_json_string(out, type);
  out += R"(,"actor":")";
  out += actor;
  out += R"(","res":)";
  evh_schemas::append_json_string(out, resource);
  out += R"(,"pc":")";
  out += base64(bytes_of(commitment));
  out += "\"}";
}

namespace {
struct leaf_fields : leaf {
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("t", self.time_ms);
    visit.required("src", self.source);
    visit.required("type", self.type);
    visit.required("actor", self.actor);
    visit.required("res", self.resource);
    visit.required("pc", self.commitment);
  }
};
}  // namespace

std::optional<leaf> parse_leaf(std::string_view bytes) {
  try {
    return static_cast<leaf>(evh_schemas::from_json<leaf_fields>(bytes));
  } catch (const evh_schemas::payload_error&) {
    return std::nullopt;
  }
}

}  // namespace audit
