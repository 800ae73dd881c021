// Which plugins this configuration means: found, opened, and each with its checked share of the configuration.
#pragma once
#include "host/config/settings.hpp"
#include "host/io/plugin.hpp"
#include "host/loader/loader.hpp"
#include "host/runtime/options.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace evhost::app {

struct chosen_plugin {
  io::plugin_candidate candidate;
  runtime::plugin_settings settings;
};

struct chosen_plugins {
  std::vector<chosen_plugin> plugins;
  std::vector<loader::refusal> refusals;
  std::vector<std::string> disabled, warnings;
};

// The directories of plugins.directories, or "plugins" beside the binary.
std::vector<std::filesystem::path> plugin_directories(const config::settings& settings);

// Throws config::config_error for a bad plugins.<id> subtree, failure when a directory cannot be read.
chosen_plugins choose_plugins(const config::settings& settings);
// The same for given files.
chosen_plugins choose_plugins(const config::settings& settings, const std::vector<std::filesystem::path>& files);

}  // namespace evhost::app
