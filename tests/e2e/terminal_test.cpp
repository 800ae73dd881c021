// A host somebody started in a terminal: Ctrl-C and a terminal that closes drain and end it, with and without a supervisor.
#include <gtest/gtest.h>

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class Terminal : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      ::setenv("EVH_DATA_DIR", data_.c_str(), 1);
      ::setenv("EVH_PLUGINS", EVH_TEST_PLUGINS, 1);
      ::setenv("EVH_HTTP_PORT", "0", 1);
      ::execl(EVH_TEST_HOST, EVH_TEST_HOST, "run", GetParam() ? "--supervise" : nullptr, nullptr);
      ::_exit(127);
    }
    ASSERT_GT(pid_, 0);
    ASSERT_TRUE(reads("serving")) << shown_;
  }
  void TearDown() override {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (terminal_ >= 0) ::close(terminal_);
    std::filesystem::remove_all(data_);
  }
  bool reads(const std::string& words) {
    const auto until = steady_clock::now() + 20s;
    while (shown_.find(words) == std::string::npos && steady_clock::now() < until) {
      pollfd one{terminal_, POLLIN, 0};
      char buffer[4096];
      if (::poll(&one, 1, 100) <= 0) continue;
      const auto n = ::read(terminal_, buffer, sizeof buffer);
      if (n <= 0) break;
      shown_.append(buffer, static_cast<std::size_t>(n));
    }
    return shown_.find(words) != std::string::npos;
  }
  // The exit status, or -1 when it did not end.
  int ends() {
    const auto until = steady_clock::now() + 20s;
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) != pid_) {
      if (steady_clock::now() > until) return -1;
      ::poll(nullptr, 0, 20);  // polling another process
    }
    pid_ = 0;
    return status;
  }

  const std::filesystem::path data_ = std::filesystem::temp_directory_path() / ("evhost-terminal-" + std::to_string(::getpid()));
  pid_t pid_ = 0;
  int terminal_ = -1;
  std::string shown_;
};

TEST_P(Terminal, CtrlCDrainsAndEnds) {
  ASSERT_EQ(::write(terminal_, "\x03", 1), 1);
  EXPECT_TRUE(reads("draining")) << shown_;
  EXPECT_EQ(ends(), 0) << "one Ctrl-C is one wish, however many processes the terminal tells";
}

TEST_P(Terminal, ClosingItEnds) {
  ::close(std::exchange(terminal_, -1));
  EXPECT_EQ(ends(), 0);
}

TEST_P(Terminal, WhatAWholeGroupIsSentCountsOnce) {
  ASSERT_EQ(::kill(-pid_, SIGTERM), 0);
  EXPECT_TRUE(reads("draining")) << shown_;
  EXPECT_EQ(ends(), 0);
}

INSTANTIATE_TEST_SUITE_P(Supervised, Terminal, testing::Bool());

}  // namespace
}  // namespace evhost::e2e
