// Checks what a library says about itself against the ABI, before anything of it is created. Pure functions over the C
// structs; a refusal is a sentence with both versions, the differing field and the remedy.
#pragma once
#include "host/core/result.hpp"

#include <evh/abi/entry.h>

#include <filesystem>
#include <string_view>

namespace evhost::loader {

core::result<void> check_entry(const evh_entry* entry, const std::filesystem::path& file);
core::result<void> check_factory(const evh_factory* factory, const std::filesystem::path& file);
core::result<void> check_descriptor(const evh_descriptor* descriptor, const std::filesystem::path& file);

bool is_plugin_id(std::string_view text);  // [a-z0-9.-]{1,64}, no empty label
bool is_semver(std::string_view text);     // semver.org 2.0.0
bool is_utf8(std::string_view text);

}  // namespace evhost::loader
