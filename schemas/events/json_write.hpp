// Writes described structs as JSON by appending to one string: no tree, no allocation beyond the string's own growth.
//
// Strings must be valid UTF-8 (every door checks that); control characters are escaped. Any thread.
#pragma once

#include "schemas/events/fields.hpp"

namespace evh_schemas {

void append_json_string(std::string& out, std::string_view text);
void append_number(std::string& out, std::int64_t value);
void append_instant(std::string& out, instant_ms value);
std::string instant_text(instant_ms value);

template <class T> void append_json(std::string& out, const T& value);

// Visits the fields of one object and appends them as members.
class json_members {
 public:
  explicit json_members(std::string& out) : out_(out) { out_ += '{'; }
  void close() { out_ += '}'; }

  template <class T> void required(std::string_view name, const T& value) {
    key(name);
    append_json(out_, value);
  }
  template <class T> void optional(std::string_view name, const T& value) {
    if (!is_empty(value)) required(name, value);
  }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  std::string& out_;
  bool first_ = true;
};

inline void append_value(std::string& out, const std::string& value) { append_json_string(out, value); }
inline void append_value(std::string& out, std::string_view value) { append_json_string(out, value); }
inline void append_value(std::string& out, bool value) { out += value ? "true" : "false"; }
inline void append_value(std::string& out, instant_ms value) { append_instant(out, value); }
inline void append_value(std::string& out, const json_text& value) { out += value.text.empty() ? "null" : value.text; }
template <std::integral Int> requires(!std::same_as<Int, bool>) void append_value(std::string& out, Int value) {
  append_number(out, static_cast<std::int64_t>(value));
}
template <named_enum Enum> void append_value(std::string& out, Enum value) {
  out += '"';
  out += to_text(value);
  out += '"';
}
template <class T> void append_value(std::string& out, const std::optional<T>& value) {
  if (value) append_json(out, *value);
  else out += "null";
}
template <class T> void append_value(std::string& out, const std::vector<T>& values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) out += ',';
    append_json(out, values[i]);
  }
  out += ']';
}
template <described T> void append_value(std::string& out, const T& value) {
  json_members members(out);
  T::fields(members, value);
  members.close();
}

template <class T> void append_json(std::string& out, const T& value) { append_value(out, value); }

template <described T> std::string to_json(const T& value) {
  std::string out;
  out.reserve(768);
  append_json(out, value);
  return out;
}

}  // namespace evh_schemas
