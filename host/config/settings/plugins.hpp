// Settings of plugins: where they are looked for, and each one's own subtree as raw values with their sources.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/config/raw.hpp"

namespace evhost::config {

/// `plugins.<id>`. The keys enabled and grants are the host's, every other key is the plugin's own and is checked
/// against the table in its descriptor (plugin_config.hpp) once the plugin is known.
struct plugin_entry {
  bool enabled = true;
  std::optional<std::vector<std::string>> grants;  // absent: every extension the plugin asks for
  raw_map values;
};

struct plugins_settings {
  std::vector<std::string> directories;  // empty: the plugins directory beside the binary
  std::map<std::string, plugin_entry, std::less<>> entries;
};

}  // namespace evhost::config
