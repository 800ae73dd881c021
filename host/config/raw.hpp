// Values as they were written, before a type is known, each with the place it came from.
//
// Threading: plain values. Bounds: a file of at most file_bytes_max, raw_depth_max levels, raw_nodes_max values.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace evhost::config {

inline constexpr std::size_t file_bytes_max = 1 << 20;
inline constexpr std::size_t raw_depth_max = 16;
inline constexpr std::size_t raw_nodes_max = 10'000;

/// Where a value was written; order is precedence, later wins.
enum class layer { defaults, file, environment, command_line };

struct source {
  layer from = layer::defaults;
  std::string where = "default";  // "evhost.yaml:12", "environment EVH_HTTP__PORT", "--set http.port"
};

struct raw_value;
using raw_map = std::map<std::string, raw_value, std::less<>>;

struct raw_value {
  enum class shape { scalar, list, map };

  shape kind = shape::scalar;
  std::string text;                // scalar, as written
  bool quoted = false;             // "8080" against 8080: only plugins see the difference
  std::vector<raw_value> items{};  // list
  raw_map entries{};               // map
  source from{};
};

/// One thing that is wrong with the configuration, as the sentence the operator reads.
struct problem {
  std::string where;    // source::where
  std::string path;     // "http.port"; empty when the whole source is meant
  std::string message;  // what is wrong and what to do

  [[nodiscard]] std::string text() const { return where + ": " + (path.empty() ? "" : path + ": ") + message; }
};

}  // namespace evhost::config
