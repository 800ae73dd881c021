// Parameter values for the runtime's own SQL.
#pragma once
#include <evh/abi/store.h>

#include <cstdint>
#include <string_view>

namespace evhost::runtime {

inline evh_value sql_integer(std::int64_t v) {
  evh_value value{};
  value.type = EVH_INTEGER;
  value.as.integer = v;
  return value;
}

inline evh_value sql_text(std::string_view v) {
  evh_value value{};
  value.type = EVH_TEXT;
  value.as.bytes = {v.data() ? v.data() : "", v.size()};
  return value;
}

}  // namespace evhost::runtime
