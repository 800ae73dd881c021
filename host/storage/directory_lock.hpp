// One host per database: an flock on <database>.lock, which names the holder. Held until destroyed or the process dies.
#pragma once
#include "host/core/result.hpp"

#include <filesystem>

namespace evhost::storage {

class directory_lock {
 public:
  // conflict: another process holds it; the sentence names its pid. The file stays behind, the lock does not.
  static core::result<directory_lock> take(const std::filesystem::path& database);

  directory_lock(directory_lock&& other) noexcept;
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;
  directory_lock& operator=(directory_lock&&) = delete;
  ~directory_lock();

 private:
  explicit directory_lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace evhost::storage
