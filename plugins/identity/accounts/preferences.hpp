// Are these preferences ones the other plugins can live by?
//
// Pure; any thread (zones are read once per process).
#pragma once

#include <string>
#include <vector>

#include "schemas/events/user_events.hpp"

namespace identity {

struct field_fault {
  std::string pointer;   // JSON pointer
  std::string code;      // invalid | unknown-field
  std::string message;
};

// Reads the text of a request. Throws evh_schemas::payload_error when it is no object of the right types.
evh_schemas::user_preferences read_preferences(std::string_view json, std::vector<field_fault>& faults);
void check_preferences(const evh_schemas::user_preferences& preferences, std::vector<field_fault>& faults);

}  // namespace identity
