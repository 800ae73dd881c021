// A database as the oracle reads it: either engine, every cell as text, nothing of the host's code.
//
// One thread. Errors throw std::runtime_error with the engine's words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace evhost::faults {

class sql {
 public:
  using rows = std::vector<std::vector<std::string>>;
  virtual ~sql() = default;
  virtual rows query(const std::string& text) = 0;
  std::int64_t number(const std::string& text) {
    const auto all = query(text);
    return all.empty() || all[0][0].empty() ? 0 : std::stoll(all[0][0]);
  }
};

std::unique_ptr<sql> open_postgres(const std::string& url);
std::unique_ptr<sql> open_sqlite(const std::filesystem::path& file);

}  // namespace evhost::faults
