// A real Apache Kafka broker (KRaft, one node) as a child process on loopback with a folder of its own.
//
// Ports are free ones of the system and stay the same over a restart. Every wait has a deadline and throws with the broker's
// own words. missing() says why there is no broker here. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evhost::test {

// A further listener whose address clients are told is a proxy's: every connection of theirs goes through it.
struct proxied_door {
  std::uint16_t listens = 0, advertised = 0;  // 0: no such door
};

// Besides the plain listener: SASL_SSL for `user` (SCRAM-SHA-512 and PLAIN), SSL that asks for a client's certificate, and rights.
// `user` may do everything, `stranger` (same password) nothing.
struct broker_security {
  std::string user = "evhost", password = "good-password", stranger = "stranger";
  std::string names = "DNS:localhost";  // in the broker's certificate
};

class kafka_under_test {
 public:
  explicit kafka_under_test(proxied_door door = {});
  explicit kafka_under_test(const broker_security& security);
  ~kafka_under_test();  // kills it and removes the folder
  kafka_under_test(const kafka_under_test&) = delete;
  kafka_under_test& operator=(const kafka_under_test&) = delete;

  // Empty when a broker can be started.
  static std::string missing();

  void start();
  void kill();  // SIGKILL, no word to anybody
  void signal(int number) const;  // SIGSTOP, SIGCONT
  [[nodiscard]] pid_t pid() const { return pid_; }  // 0 while it is down
  [[nodiscard]] std::string servers() const { return "127.0.0.1:" + std::to_string(port_); }
  // With security only.
  [[nodiscard]] std::string sasl_servers(const std::string& host = "localhost") const { return host + ":" + std::to_string(sasl_port_); }
  [[nodiscard]] std::string tls_servers(const std::string& host = "localhost") const { return host + ":" + std::to_string(tls_port_); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::filesystem::path authority() const { return folder_ / "authority.pem"; }
  [[nodiscard]] std::filesystem::path client_certificate() const { return folder_ / "client.pem"; }
  [[nodiscard]] std::filesystem::path client_key() const { return folder_ / "client.key"; }

 private:
  struct properties {
    std::string listeners, advertised, protocols;  // each begins with a comma
    std::string rest;                              // whole lines
  };
  void make_folder();
  properties secure(const broker_security& security);
  void format(const properties& more, const std::vector<std::string>& arguments);
  std::filesystem::path folder_;
  std::uint16_t port_ = 0, controller_ = 0, sasl_port_ = 0, tls_port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace evhost::test
