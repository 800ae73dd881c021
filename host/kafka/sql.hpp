// Parameters of statements from the house's types, without copies.
#pragma once
#include "host/core/views.hpp"

#include <evh/abi/store.h>

#include <cstdint>
#include <string_view>

namespace evhost::kafka {

inline evh_value sql_integer(std::int64_t i) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = i;
  return v;
}
inline evh_value sql_text(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = core::view(s);
  return v;
}
// NULL when the view is absent.
inline evh_value sql_bytes(evh_sv s) {
  evh_value v{};
  if (!s.ptr) return v;
  v.type = EVH_BLOB;
  v.as.bytes = s;
  return v;
}

}  // namespace evhost::kafka
