// A clock whose hands the test turns.
#pragma once
#include "host/io/clock.hpp"

#include <atomic>

namespace evhost::fakes {

class manual_clock final : public io::clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(passed());
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    return std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(passed());
  }
  void advance(std::chrono::nanoseconds by) { ns_ += by.count(); }
  [[nodiscard]] std::chrono::nanoseconds passed() const { return std::chrono::nanoseconds(ns_.load()); }

 private:
  std::atomic<std::int64_t> ns_{std::chrono::nanoseconds(std::chrono::hours(1)).count()};
};

}  // namespace evhost::fakes
