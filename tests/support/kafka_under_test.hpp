// A real Apache Kafka broker (KRaft, one node) as a child process on loopback with a folder of its own.
//
// Ports are free ones of the system and stay the same over a restart. Every wait has a deadline and throws with the broker's
// own words. missing() says why there is no broker here. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace evhost::test {

// A further listener whose address clients are told is a proxy's: every connection of theirs goes through it.
struct proxied_door {
  std::uint16_t listens = 0, advertised = 0;  // 0: no such door
};

class kafka_under_test {
 public:
  explicit kafka_under_test(proxied_door door = {});
  ~kafka_under_test();  // kills it and removes the folder
  kafka_under_test(const kafka_under_test&) = delete;
  kafka_under_test& operator=(const kafka_under_test&) = delete;

  // Empty when a broker can be started.
  static std::string missing();

  void start();
  void kill();  // SIGKILL, no word to anybody
  void signal(int number) const;  // SIGSTOP, SIGCONT
  [[nodiscard]] std::string servers() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0, controller_ = 0;
  pid_t pid_ = 0;
};

}  // namespace evhost::test
