// Opens plugin libraries and keeps them open for the life of the process. The only place that knows Boost.DLL's loader.
#pragma once
#include "host/core/result.hpp"

#include <evh/abi/entry.h>

#include <cstddef>
#include <filesystem>

namespace evhost::loader {

// Opens the library (every symbol resolved now, nothing shared with other libraries) and finds its entry function.
// A path opened before gives the same library again. Runs the library's static constructors. [control]
core::result<evh_plugin_entry_fn> open_library(const std::filesystem::path& file);

std::size_t open_libraries();

}  // namespace evhost::loader
