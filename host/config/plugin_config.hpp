// Checks a plugin's subtree of the configuration against the table in its descriptor and makes the JSON snapshot that
// `configure` receives.
//
// Threading: pure functions. Errors: problems with source, key, value and remedy; a faulty table in the descriptor is
// reported the same way, with the plugin as the source. Bounds: plugin_keys_max keys.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <evh/abi/entry.h>

#include "host/config/load.hpp"

namespace evhost::config {

inline constexpr std::size_t plugin_keys_max = 256;

/// One row of a descriptor's table, as C++ sees it. Views into the descriptor.
struct plugin_key {
  std::string_view name;
  std::int32_t type = 0;  // EVH_CONFIG_STRING, ...
  bool secret = false;
  bool required = false;
  std::string_view default_json;  // empty: none
  double min = 0, max = 0;        // both 0: unbounded
  std::string_view text;
};

/// Walks the table by the stride of the plugin's build; reads no field its struct_size does not cover.
[[nodiscard]] std::vector<plugin_key> plugin_keys(const evh_descriptor& descriptor);

/// The host's own part of `plugins.<id>` merged from file, environment and command line; a default entry when absent.
[[nodiscard]] plugin_entry plugin_entry_of(const settings& all, std::string_view id);

/// The snapshot of `plugins.<id>` as a JSON object with defaults filled in; problems are appended.
[[nodiscard]] std::string plugin_snapshot(const settings& all, std::string_view id, std::span<const plugin_key> keys,
                                          std::vector<problem>& problems);

/// The table as Markdown rows, for `evhost plugins`.
[[nodiscard]] std::string plugin_docs(std::span<const plugin_key> keys);

}  // namespace evhost::config
