// What a process has used: CPU seconds and resident memory, from /proc. Any process of this user; zeros when it is gone.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace evhost::bench {

inline double cpu_seconds(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return 0;
  std::istringstream rest(text.substr(name_end + 2));
  std::string skip;
  for (int i = 0; i < 11; ++i) rest >> skip;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// The process, its children that ended and those that live: a PostgreSQL server with all its backends.
inline double tree_cpu_seconds(pid_t pid) {
  double ticks = 0;
  const auto add = [&ticks](const std::string& folder, pid_t parent) {
    std::ifstream in(folder + "/stat");
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto name_end = text.rfind(')');
    if (name_end == text.npos) return;
    std::istringstream rest(text.substr(name_end + 2));
    std::string skip;
    pid_t of = 0;
    rest >> skip >> of;
    if (parent != 0 && of != parent) return;
    for (int i = 0; i < 9; ++i) rest >> skip;
    for (int i = 0; i < 4; ++i) {
      double n = 0;
      rest >> n;
      ticks += n;
    }
  };
  add("/proc/" + std::to_string(pid), 0);
  std::error_code ignored;
  for (const auto& one : std::filesystem::directory_iterator("/proc", ignored))
    if (const auto name = one.path().filename().string(); name.find_first_not_of("0123456789") == name.npos) add(one.path().string(), pid);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// "VmRSS" or "VmHWM" (the most it ever was), in MiB.
inline double memory_mib(pid_t pid, const std::string& field = "VmRSS") {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(field + ":")) return std::stod(line.substr(field.size() + 1)) / 1024;
  return 0;
}

}  // namespace evhost::bench
