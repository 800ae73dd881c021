// Keeps one message that repeats a thousand times from being a thousand lines: of equal records per window some pass,
// the rest are counted and reported with the next one that passes.
//
// Threading: any; one mutex, held for a table look-up. Bounds: slots_count slots; two messages that share one only make
// the limit looser.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "host/io/observe.hpp"

namespace evhost::observe {

class repeat_limit {
 public:
  repeat_limit(std::uint32_t records_max, std::chrono::steady_clock::duration window) noexcept
      : records_max_(records_max), window_(window) {}

  struct verdict {
    bool pass = true;
    std::uint64_t left_out = 0;  // equal records dropped before this one; says so on the line that passes
  };
  [[nodiscard]] verdict admit(const io::log_record& record, std::chrono::steady_clock::time_point now) noexcept;

 private:
  struct slot {
    std::uint64_t key = 0;
    std::chrono::steady_clock::time_point since{};
    std::uint32_t passed = 0;
    std::uint32_t left_out = 0;
  };
  static constexpr std::size_t slots_count = 256;

  const std::uint32_t records_max_;
  const std::chrono::steady_clock::duration window_;
  std::mutex mutex_;
  std::array<slot, slots_count> slots_{};
};

}  // namespace evhost::observe
