// Settings of the process as a whole: where data lives, how it stops.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace evhost::config {

struct host_settings {
  std::filesystem::path data_dir = "data";
  std::uint32_t threads = 0;  // event threads; 0: one per core
  std::chrono::milliseconds drain_timeout{20'000};
};

}  // namespace evhost::config
