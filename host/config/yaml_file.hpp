// Reads a YAML file into raw values with file and line; the only place that knows yaml-cpp.
//
// Threading: pure function of the file. Errors: problems are appended; what could be read is returned all the same.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/raw.hpp"

namespace evhost::config {

/// The file's top level: section name -> map. Refuses duplicate keys, aliases' explosion, several documents, and
/// everything beyond the bounds of raw.hpp.
[[nodiscard]] raw_map read_yaml_file(const std::filesystem::path& path, std::vector<problem>& problems);
/// The same from text; `name` stands for the file in messages.
[[nodiscard]] raw_map read_yaml(const std::string& text, std::string_view name, std::vector<problem>& problems);

}  // namespace evhost::config
