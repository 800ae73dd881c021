// Fills and reads evh_error, maps core::error to the C codes, and asks how far a plugin's struct reaches. Any thread.
#pragma once
#include "host/core/result.hpp"

#include <evh/abi/base.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace evhost::runtime {

evh_error make_error() noexcept;

// True when the struct a plugin made reaches to the end of that field: the last one of ABI 1.0, or a later one.
template <class Struct, class Field>
bool reaches(const Struct* s, Field Struct::*field) noexcept {
  return s != nullptr && s->struct_size >= static_cast<std::size_t>(reinterpret_cast<const char*>(&(s->*field)) -
                                                                    reinterpret_cast<const char*>(s)) +
                                               sizeof(Field);
}

// Writes code and text (cut at a whole UTF-8 character) and returns the code. error may be null or older and smaller.
evh_status say(evh_error* error, evh_status code, std::string_view text, bool retryable = false) noexcept;
evh_status say(evh_error* error, const core::error& why) noexcept;

// What a plugin wrote, with control characters blanked; empty when nothing.
std::string said(const evh_error& error);

const char* status_name(evh_status status) noexcept;

}  // namespace evhost::runtime
