// Reads described structs from JSON. Unknown members are skipped (additive change keeps the type); a missing required
// member or a wrong type throws payload_error with the member's path, e.g. "task.due.date: expected text".
//
// Any thread; pure.
#pragma once

#include <boost/json/value.hpp>

#include "schemas/events/fields.hpp"

namespace evh_schemas {

// At most 32 levels, valid UTF-8, nothing after the value. Of two members with one name the last counts.
boost::json::value parse_json(std::string_view text);
// The same for text from strangers: a member that stands twice is refused as well.
boost::json::value parse_untrusted_json(std::string_view text);
std::optional<instant_ms> parse_instant_text(std::string_view text);

namespace json_in {

[[noreturn]] void wrong_type(const std::string& path, std::string_view wanted);
std::string_view text_of(const boost::json::value& from, const std::string& path);
std::int64_t integer_of(const boost::json::value& from, const std::string& path);
bool boolean_of(const boost::json::value& from, const std::string& path);
const boost::json::object& object_of(const boost::json::value& from, const std::string& path);
const boost::json::array& array_of(const boost::json::value& from, const std::string& path);
std::string serialize(const boost::json::value& from);

template <class T> void read(T& into, const boost::json::value& from, const std::string& path);

class members {
 public:
  members(const boost::json::object& from, const std::string& path) : from_(from), path_(path) {}
  template <class T> void required(std::string_view name, T& into) {
    const auto* found = from_.if_contains(name);
    if (found == nullptr) throw payload_error(at(name), "missing");
    read(into, *found, at(name));
  }
  template <class T> void optional(std::string_view name, T& into) {
    const auto* found = from_.if_contains(name);
    if (found != nullptr && !found->is_null()) read(into, *found, at(name));
  }

 private:
  std::string at(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }
  const boost::json::object& from_;
  const std::string& path_;
};

inline void read_value(std::string& into, const boost::json::value& from, const std::string& path) {
  into = text_of(from, path);
}
inline void read_value(bool& into, const boost::json::value& from, const std::string& path) { into = boolean_of(from, path); }
inline void read_value(json_text& into, const boost::json::value& from, const std::string&) { into.text = json_in::serialize(from); }
inline void read_value(instant_ms& into, const boost::json::value& from, const std::string& path) {
  const auto parsed = parse_instant_text(text_of(from, path));
  if (!parsed) throw payload_error(path, "expected a time such as 2026-08-18T17:30:00.000Z");
  into = *parsed;
}
template <std::integral Int> requires(!std::same_as<Int, bool>)
void read_value(Int& into, const boost::json::value& from, const std::string& path) {
  into = static_cast<Int>(integer_of(from, path));
}
template <named_enum Enum> void read_value(Enum& into, const boost::json::value& from, const std::string& path) {
  const auto parsed = from_text<Enum>(text_of(from, path));
  if (!parsed) throw payload_error(path, "not one of the known names");
  into = *parsed;
}
template <class T> void read_value(std::optional<T>& into, const boost::json::value& from, const std::string& path) {
  if (from.is_null()) into.reset();
  else read(into.emplace(), from, path);
}
template <class T> void read_value(std::vector<T>& into, const boost::json::value& from, const std::string& path) {
  into.clear();
  for (const auto& each : array_of(from, path)) {
    const std::string at = path + "[" + std::to_string(into.size()) + "]";
    read(into.emplace_back(), each, at);
  }
}
template <described T> void read_value(T& into, const boost::json::value& from, const std::string& path) {
  members fields(object_of(from, path), path);
  T::fields(fields, into);
}
template <class T> void read(T& into, const boost::json::value& from, const std::string& path) { read_value(into, from, path); }

}  // namespace json_in

template <described T> T from_json(const boost::json::value& from) {
  T out;
  json_in::read(out, from, "");
  return out;
}
template <described T> T from_json(std::string_view text) { return from_json<T>(parse_json(text)); }

}  // namespace evh_schemas
