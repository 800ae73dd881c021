// A real PostgreSQL for tests: Debian's server in a private folder, on a loopback port the system chose, one per test
// process and gone with it.
//
// initdb refuses root, so as root the server runs as the user postgres. Absent packages: available() is false and says
// why; tests skip, or fail with EVH_REQUIRE_ALL=1.
#pragma once
#include "tests/support/certificates.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include <sys/types.h>

namespace evhost::test {

class postgres_under_test {
 public:
  // The one of this process; started on first use.
  static postgres_under_test& instance();
  ~postgres_under_test();

  [[nodiscard]] bool available() const { return why_.empty(); }
  [[nodiscard]] const std::string& why() const { return why_; }  // why it is not
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // A new, empty database; its URL over TCP, to this port or to a proxy's.
  std::string make_database();
  [[nodiscard]] std::string url(const std::string& database, std::uint16_t port = 0) const;
  [[nodiscard]] std::string program(const char* name) const { return programs_ / name; }  // pgbench, psql, ...

  // Statements by the superuser, in the given database; the first cell of the last result.
  std::string ask(const std::string& database, const std::string& sql);
  // Speaks TLS with that certificate from now on, also after a restart; role `secure` is let in by TLS and password only.
  void speak_tls(const authority::pair& certificate, const std::string& password);
  // SIGINT (fast shutdown) or SIGKILL to the postmaster, then wait for its end.
  void stop(bool by_kill = false);
  // From a thread that outlives the server: it dies with the thread that started it.
  void start();

 private:
  postgres_under_test();
  std::string run(const char* program, std::initializer_list<std::string> arguments, const char* log);
  pid_t spawn_server();
  pid_t spawn(const std::string& program, std::initializer_list<std::string> arguments, const std::string& log);

  std::filesystem::path folder_, programs_;
  std::string why_;
  std::uint16_t port_ = 0;
  pid_t server_ = -1;
  int databases_ = 0;
};

}  // namespace evhost::test
