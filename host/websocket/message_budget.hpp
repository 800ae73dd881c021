// A token bucket for what one peer may send.
#pragma once

#include <algorithm>
#include <chrono>

namespace evhost::websocket {

class message_budget {
 public:
  using clock = std::chrono::steady_clock;

  message_budget(double per_second, double burst, clock::time_point now) noexcept
      : per_second_(per_second), burst_(burst), tokens_(burst), filled_(now) {}

  bool take(clock::time_point now) noexcept {
    tokens_ = std::min(burst_, tokens_ + std::chrono::duration<double>(now - filled_).count() * per_second_);
    filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double per_second_, burst_, tokens_;
  clock::time_point filled_;
};

}  // namespace evhost::websocket
