// What the configuration tests share: inputs from text, and the problems load() finds.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "host/config/load.hpp"

namespace evhost::config::testing {

/// A YAML file that lives as long as this object.
class yaml_file {
 public:
  explicit yaml_file(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("evh-config-" + std::to_string(::getpid()) + "-" + std::to_string(next()++) + ".yaml")) {
    std::ofstream(path_) << text;
  }
  ~yaml_file() { std::filesystem::remove(path_); }
  yaml_file(const yaml_file&) = delete;
  yaml_file& operator=(const yaml_file&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  static int& next() {
    static int number = 0;
    return number;
  }
  std::filesystem::path path_;
};

using environment = std::vector<std::pair<std::string, std::string>>;

inline loaded load_yaml(const std::string& text, environment env = {}, std::vector<std::string> set = {}) {
  const yaml_file file(text);
  return load({.file = file.path(), .environment = std::move(env), .assignments = std::move(set)});
}

/// The message of the refusal, "" when the configuration was taken.
inline std::string refusal(const inputs& from) {
  try {
    (void)load(from);
  } catch (const config_error& error) {
    return error.what();
  }
  return "";
}

inline std::string refusal_of_yaml(const std::string& text) {
  const yaml_file file(text);
  return refusal({.file = file.path(), .environment = {}, .assignments = {}});
}

}  // namespace evhost::config::testing
