// Fills and reads evh_error, and maps core::error to the C codes. No allocation; any thread.
#pragma once
#include "host/core/result.hpp"

#include <evh/abi/base.h>

#include <string>
#include <string_view>

namespace evhost::runtime {

evh_error make_error() noexcept;

// Writes code and text (cut at a whole UTF-8 character) and returns the code. error may be null or older and smaller.
evh_status say(evh_error* error, evh_status code, std::string_view text, bool retryable = false) noexcept;
evh_status say(evh_error* error, const core::error& why) noexcept;

// What a plugin wrote, with control characters blanked; empty when nothing.
std::string said(const evh_error& error);

const char* status_name(evh_status status) noexcept;

}  // namespace evhost::runtime
