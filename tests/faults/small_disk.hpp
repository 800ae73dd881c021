// A disk of a few megabytes under one database, to be filled and freed: a tmpfs in a mount namespace of this process,
// gone with it whatever happens.
//
// enter() comes first in main, before threads and servers: they live in the namespace, too. Needs root. Errors throw
// std::runtime_error. One thread.
#pragma once

#include <filesystem>
#include <string>

namespace evhost::test {
class postgres_under_test;
}

namespace evhost::faults {

class small_disk {
 public:
  static void enter();
  static std::string missing();  // why there can be none; empty: there can

  // Moves the database, which nobody is connected to, onto a new disk.
  small_disk(test::postgres_under_test& server, const std::string& database);
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  void fill();
  void free();
  // Moves the database back. Without this the disk stays until the process ends: the server uses it.
  void give_back();

 private:
  test::postgres_under_test& server_;
  const std::string database_;
  std::string space_;
  std::filesystem::path folder_;
};

}  // namespace evhost::faults
