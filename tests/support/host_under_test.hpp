// The real evhost binary as a child process with a data directory of its own: start, kill, stop, look inside afterwards.
//
// Ports are the system's choice and read from host.json. Every wait has a deadline and throws std::runtime_error with the
// host's own words. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace evhost::test {

struct host_setup {
  std::vector<std::filesystem::path> plugin_directories;  // empty: the build's plugins
  std::map<std::string, std::string> environment;         // added to a clean one
  std::vector<std::string> arguments;                     // after "run"
};

class host_under_test {
 public:
  explicit host_under_test(host_setup setup = {});
  ~host_under_test();  // kills it and removes the directory
  host_under_test(const host_under_test&) = delete;
  host_under_test& operator=(const host_under_test&) = delete;

  // Starts and waits until /readyz answers 200; extra environment for this run only.
  void start(const std::map<std::string, std::string>& environment = {});
  // Starts without waiting.
  void launch(const std::map<std::string, std::string>& environment = {});
  void wait_ready(std::chrono::milliseconds within = std::chrono::seconds(20));
  // SIGTERM and wait; the exit code, or 128 + signal.
  int stop();
  void kill(int signal);
  // Waits for the end; the exit code, or 128 + signal.
  int wait_exit(std::chrono::milliseconds within = std::chrono::seconds(30));
  [[nodiscard]] bool running();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::filesystem::path& data() const { return data_; }
  [[nodiscard]] std::filesystem::path database() const { return data_ / "evhost.db"; }
  [[nodiscard]] std::string log() const;  // stdout and stderr of all runs

  struct output {
    int exit = 0;
    std::string out, err;
  };
  // Another evhost command on the same data directory.
  output command(const std::vector<std::string>& arguments, const std::string& input = {}) const;
  // An access token; one line.
  [[nodiscard]] std::string token(const std::string& user, const std::string& role = {}) const;

 private:
  [[nodiscard]] std::map<std::string, std::string> base_environment() const;

  host_setup setup_;
  std::filesystem::path data_;
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
};

// Runs a program; used by command().
host_under_test::output run_program(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                                    const std::string& input);

}  // namespace evhost::test
