// The compact codec: cereal's portable binary archive over the same field lists as JSON, in an envelope that lets old
// readers take new records and refuse only those they must.
//
//   envelope  u16 schema | u16 version | u16 floor | u32 length | length bytes of body       (little endian)
//   body      the struct; every struct is u32 length + its fields in order
//
// cereal alone cannot skip what it does not know, hence the lengths: a reader stops at the fields it knows and skips the
// rest (newer writer), and leaves fields beyond the end at their defaults (older writer). floor is the oldest version that
// still reads the record correctly; a reader below it refuses with a sentence instead of guessing.
//
// Errors: payload_error. Any thread. Bounds: lengths are checked against what is left, so damage costs no memory.
#pragma once

#include <memory>

#include "schemas/events/fields.hpp"

namespace evh_schemas {

// What a topic's compact records say about themselves.
struct compact_schema {
  std::uint16_t schema;    // which struct: unique number, never reused
  std::uint16_t version;   // counted up with every appended field
  std::uint16_t floor;     // oldest reader version that may read it
};

// Structs that may travel compactly on their own carry `static constexpr compact_schema compact`.
template <class T>
concept compactable = described<T> && requires { { T::compact } -> std::convertible_to<compact_schema>; };

class compact_out {
 public:
  explicit compact_out(std::string& out);
  ~compact_out();
  template <class T> void required(std::string_view, const T& value) { put(value); }
  template <class T> void optional(std::string_view, const T& value) { put(value); }

  void put(const std::string& value) { bytes(value); }
  void put(const json_text& value) { bytes(value.text); }
  void put(bool value) { byte(value ? 1 : 0); }
  void put(instant_ms value) { number(value.value); }
  template <std::integral Int> requires(!std::same_as<Int, bool>) void put(Int value) { number(static_cast<std::int64_t>(value)); }
  template <named_enum Enum> void put(Enum value) { byte(static_cast<std::uint8_t>(value)); }
  template <class T> void put(const std::optional<T>& value) {
    byte(value ? 1 : 0);
    if (value) put(*value);
  }
  template <class T> void put(const std::vector<T>& values) {
    size(values.size());
    for (const auto& each : values) put(each);
  }
  template <described T> void put(const T& value) {
    const std::size_t at = begin_struct();
    T::fields(*this, value);
    end_struct(at);
  }
  void header(const compact_schema& schema);   // envelope without its length: the struct that follows brings it

 private:
  void bytes(std::string_view value);
  void byte(std::uint8_t value);
  void number(std::int64_t value);
  void size(std::size_t value);
  std::size_t begin_struct();
  void end_struct(std::size_t at);
  struct stream;
  std::unique_ptr<stream> stream_;
};

class compact_in {
 public:
  explicit compact_in(std::string_view bytes);
  ~compact_in();
  template <class T> void required(std::string_view name, T& into) { field(name, into); }
  template <class T> void optional(std::string_view name, T& into) { field(name, into); }

  void get(std::string& into) { bytes(into); }
  void get(json_text& into) { bytes(into.text); }
  void get(bool& into) { into = byte() != 0; }
  void get(instant_ms& into) { into.value = number(); }
  template <std::integral Int> requires(!std::same_as<Int, bool>) void get(Int& into) { into = static_cast<Int>(number()); }
  template <named_enum Enum> void get(Enum& into) {
    const std::uint8_t value = byte();
    if (value >= enum_names<Enum>::names.size()) fail("a name this version does not know");
    into = static_cast<Enum>(value);
  }
  template <class T> void get(std::optional<T>& into) {
    if (byte() == 0) into.reset();
    else get(into.emplace());
  }
  template <class T> void get(std::vector<T>& into) {
    into.clear();
    for (std::size_t left = size(); left != 0; --left) get(into.emplace_back());
  }
  template <described T> void get(T& into) {
    const std::size_t outer = begin_struct();
    T::fields(*this, into);
    end_struct(outer);
  }
  // Checks the envelope; `mine` is the reader's own schema. Returns the writer's version.
  std::uint16_t header(const compact_schema& mine);

 private:
  template <class T> void field(std::string_view, T& into) {
    if (!at_end()) get(into);   // an older writer stopped before this field
  }
  [[noreturn]] void fail(const char* what) const;
  bool at_end() const;
  void bytes(std::string& into);
  std::uint8_t byte();
  std::int64_t number();
  std::size_t size();
  std::size_t begin_struct();
  void end_struct(std::size_t outer);
  struct stream;
  std::string backing_;   // the record behind the byte cereal wants in front
  std::unique_ptr<stream> stream_;
};

template <compactable T> std::string to_compact(const T& value) {
  std::string out;
  out.reserve(256);
  compact_out writer(out);
  writer.header(T::compact);
  writer.put(value);
  return out;
}

template <compactable T> T from_compact(std::string_view bytes) {
  compact_in reader(bytes);
  reader.header(T::compact);
  T out;
  reader.get(out);
  return out;
}

}  // namespace evh_schemas
