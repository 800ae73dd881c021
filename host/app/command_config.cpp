// config, and reading the configuration for every other command.
#include "host/app/commands.hpp"
#include "host/app/exit_codes.hpp"
#include "host/config/describe.hpp"

#include <cstdio>

namespace evhost::app {

config::loaded load_config(const command_line& line) {
  config::inputs from;
  if (line.config_file) from.file = *line.config_file;
  from.environment = config::process_environment();
  from.assignments = line.assignments;
  auto loaded = config::load(from);
  if (!line.plugin_directories.empty()) loaded.values.plugins.directories = line.plugin_directories;
  return loaded;
}

int show_config(const command_line& line) {
  if (line.action == "schema") {
    std::fputs(config::config_schema().c_str(), stdout);
  } else if (line.action == "docs") {
    std::fputs(config::config_docs().c_str(), stdout);
  } else {
    const auto loaded = load_config(line);
    if (line.action == "print") std::fputs(config::print_config(loaded).c_str(), stdout);
    else std::puts("the configuration is valid");
  }
  return exit_ok;
}

}  // namespace evhost::app
