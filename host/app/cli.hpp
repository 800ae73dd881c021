// The command line as plain values.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evhost::app {

struct command_line {
  std::string command;     // "run", "token", "topics", ...
  std::string action;      // "list", "tail", "put", "print", ...
  // Shared by all: where the configuration comes from.
  std::optional<std::string> config_file;
  std::vector<std::string> assignments;  // --set section.key=value
  std::vector<std::string> plugin_directories;

  bool supervise = false;                  // run
  std::vector<std::string> files;          // validate
  std::string name;                        // token --user; topic or group name
  std::vector<std::string> roles;          // token
  std::chrono::seconds lifetime{0};        // token; 0: as configured
  std::string from = "latest";             // topics tail: earliest, latest or an offset
  std::optional<std::int32_t> partition;
  std::uint64_t count = 0;                 // 0: no limit
  bool follow = false;
  bool all = false;                        // replay
  std::vector<std::int64_t> ids;           // replay, dlq --discard: numbers of dead letters
  std::string topic;                       // replay: move the group's position in it
  std::string key, type, id;               // topics put
  bool has_key = false;
  std::optional<std::string> payload;      // topics put; absent: stdin
  bool json = false;
  std::string move_from, move_to;          // migrate
  std::int64_t since = 0;                  // audit export
  std::optional<std::int64_t> until;
};

// Parses, or prints help or a usage error and sets exit. Returns nothing in that case.
std::optional<command_line> parse_command_line(int argc, char** argv, int& exit);

}  // namespace evhost::app
