// Small words for the runtime's own SQL: parameter values, and a unit that the caller waits for.
#pragma once
#include "host/core/result.hpp"
#include "host/io/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
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

// Queues a unit and blocks until its fate is known. body: as io::unit::run, re-runnable; an error rolls back and is
// returned. timeout when the store did not settle it in time: the unit may still commit later, so body must tolerate
// being repeated by a later attempt. Never on the store's thread. [task/control]
core::result<void> run_unit(io::store& store, std::function<core::result<void>(io::transaction&)> body,
                            std::chrono::milliseconds patience = std::chrono::seconds(30));

}  // namespace evhost::runtime
