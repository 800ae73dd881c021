// A clock the test turns.
#pragma once

#include "host/io/clock.hpp"

namespace evhost::testing {

class manual_clock final : public io::clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return steady_; }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return wall_; }
  void advance(std::chrono::milliseconds by) {
    steady_ += by;
    wall_ += by;
  }

 private:
  std::chrono::steady_clock::time_point steady_{std::chrono::hours(1)};
  std::chrono::system_clock::time_point wall_{std::chrono::seconds(1'800'000'000)};
};

}  // namespace evhost::testing
