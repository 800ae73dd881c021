// Puts the configuration together: command line over environment over file over default, every mistake collected.
//
// Threading: load() is called once at start (or for a check); the result is immutable and may be shared.
// Errors: config_error carries every problem found; its what() is the text to print once, one line per problem, each
//   naming source, key, value and remedy. Exit code of the process: config_exit_code.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/config/option.hpp"

namespace evhost::config {

inline constexpr int config_exit_code = 78;  // EX_CONFIG of sysexits.h

class config_error : public std::runtime_error {
 public:
  explicit config_error(std::vector<problem> problems);
  [[nodiscard]] std::span<const problem> problems() const noexcept { return problems_; }

 private:
  std::vector<problem> problems_;
};

/// Everything load() looks at. Nothing else is read: no global environment, no default file.
struct inputs {
  std::optional<std::filesystem::path> file;                     // --config; else EVH_CONFIG of the environment
  std::vector<std::pair<std::string, std::string>> environment;  // process_environment() in production
  std::vector<std::string> assignments;                          // of --set: "section.key=value"
};

/// A checked configuration with the source of each key.
struct loaded {
  settings values;
  std::map<std::string, source, std::less<>> sources;  // keys that are not defaults
  std::filesystem::path file;                          // empty: none was read
};

/// Throws config_error.
[[nodiscard]] loaded load(const inputs& from);

/// The environment of this process, as load() takes it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> process_environment();

}  // namespace evhost::config
