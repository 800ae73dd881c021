// What a loader hands to the runtime: one plugin of one library, checked and ready to be created, or why not.
//
// Ownership: factory and descriptor point into a library that is never unloaded. Values otherwise; any thread.
#pragma once
#include <evh/abi/entry.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace evhost::io {

struct plugin_candidate {
  std::string id, version, name;
  std::filesystem::path file;  // absolute
  std::uint32_t abi_minor_built = 0;
  const evh_factory* factory = nullptr;
  const evh_descriptor* descriptor = nullptr;
};

}  // namespace evhost::io
