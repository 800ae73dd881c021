// Parameters of statements from the house's types, without copies.
#pragma once
#include <evh/abi/store.h>

#include <cstdint>
#include <string_view>

namespace evhost::log {

inline evh_value null_value() { return {}; }

inline evh_value integer_value(std::int64_t i) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = i;
  return v;
}

inline evh_value text_value(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = {s.data() ? s.data() : "", s.size()};
  return v;
}

// NULL when the view is absent.
inline evh_value bytes_value(evh_sv s) {
  evh_value v{};
  if (!s.ptr) return v;
  v.type = EVH_BLOB;
  v.as.bytes = s;
  return v;
}

}  // namespace evhost::log
