// Parameters of the store's own statements.
#pragma once
#include <evh/abi/store.h>

#include <cstdint>
#include <string_view>

namespace evhost::storage {

// Borrows the text.
inline evh_value text_value(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = {s.data() ? s.data() : "", s.size()};
  return v;
}

inline evh_value integer_value(std::int64_t i) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = i;
  return v;
}

}  // namespace evhost::storage
