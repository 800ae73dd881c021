// The clock port: everything that decides by time asks it, so that tests turn the hands.
#pragma once
#include <chrono>

namespace evhost::io {

class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady() const = 0;  // deadlines, backoff, retention ticks
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall() const = 0;    // record times, expiry of tokens
};

class system_clock final : public clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace evhost::io
