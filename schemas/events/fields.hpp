// How an event struct lists its fields once, so that JSON writing, JSON reading and the compact codec all follow.
//
//   struct actor {
//     std::string id, kind;
//     template <class Visit> static void fields(Visit&& visit, auto& self) {
//       visit.required("id", self.id);
//       visit.optional("kind", self.kind);
//     }
//   };
//
// required: must stand in JSON, always written. optional: left out of JSON when empty (empty text, empty list, no value).
// The order is part of the compact codec: add at the end, never remove or reorder (that is what `floor` is for).
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace evh_schemas {

struct no_visit {
  template <class T> void required(std::string_view, T&) {}
  template <class T> void optional(std::string_view, T&) {}
};

template <class T>
concept described = requires(T& value, no_visit visit) { T::fields(visit, value); };

// An enum with names: specialise with `static constexpr std::array<std::string_view, N> names`, in the enum's order.
template <class Enum> struct enum_names;
template <class Enum>
concept named_enum = std::is_enum_v<Enum> && requires { enum_names<Enum>::names; };

template <named_enum Enum> constexpr std::string_view to_text(Enum value) {
  return enum_names<Enum>::names[static_cast<std::size_t>(value)];
}
template <named_enum Enum> constexpr std::optional<Enum> from_text(std::string_view text) {
  for (std::size_t i = 0; i < enum_names<Enum>::names.size(); ++i)
    if (enum_names<Enum>::names[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

// A point in time, milliseconds since 1970 UTC. In JSON "2026-08-18T17:30:00.000Z".
struct instant_ms {
  std::int64_t value = 0;
  auto operator<=>(const instant_ms&) const = default;
};

// A JSON value kept as its text, for parts that belong to somebody else. Empty: absent.
struct json_text {
  std::string text;
  bool operator==(const json_text&) const = default;
};

// What is wrong with a payload: the path of the field and a sentence.
class payload_error : public std::runtime_error {
 public:
  payload_error(std::string path, const std::string& what)
      : std::runtime_error((path.empty() ? std::string("payload") : path) + ": " + what), path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <class T> bool is_empty(const T&) { return false; }
inline bool is_empty(const std::string& value) { return value.empty(); }
inline bool is_empty(const json_text& value) { return value.text.empty(); }
template <class T> bool is_empty(const std::optional<T>& value) { return !value.has_value(); }
template <class T> bool is_empty(const std::vector<T>& value) { return value.empty(); }

}  // namespace evh_schemas
