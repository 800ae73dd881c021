// The generic cell rate algorithm over a fixed table of keys: one time stamp per key, no lock, no allocation.
//
// Threading: take() from any thread. Ownership: owns its table; memory is touched only where keys land.
// Bounds: keys_max slots of 16 bytes. A new key takes a free slot, else one whose owner has recovered completely (so
// that
//   nothing is forgotten); when its neighbourhood is full of active keys it shares an overflow slot with its neighbours
//   (the wider key the caller gives) at the same limit: a flood of keys never opens the gate.
// Source: ITU-T I.371 (virtual scheduling), as in throttled/throttled: TAT is the theoretical arrival time; a request
// is
//   refused when it comes before TAT + cost*T - burst*T, and a refused one changes nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace evhost::security {

struct gcra_limit {
  std::uint32_t requests_per_minute = 6'000;  // sustained
  std::uint32_t burst = 1'000;                // at once, after a pause
};

class gcra_limiter {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  gcra_limiter(gcra_limit limit, std::size_t keys_max);

  struct decision {
    bool allowed = true;
    bool overflow = false;             // the key shared an overflow slot
    std::uint32_t remaining = 0;       // requests that would pass right now
    std::chrono::nanoseconds wait{0};  // refused: how long until this cost passes; allowed: until all is recovered
  };
  /// wide: what `key` shares with its neighbours (a /24, a /48); may be empty. cost 0 only asks.
  [[nodiscard]] decision take(std::string_view key, std::string_view wide, std::uint32_t cost, time_point now) noexcept;

  /// Keys that have not recovered yet; walks the table.
  [[nodiscard]] std::size_t active_keys(time_point now) const noexcept;
  [[nodiscard]] const gcra_limit& limit() const noexcept { return limit_; }
  /// How long a spent burst needs to recover.
  [[nodiscard]] std::chrono::nanoseconds window() const noexcept {
    return std::chrono::nanoseconds(interval_ * limit_.burst);
  }

 private:
  struct slot {
    std::uint64_t key;  // keyed hash of the key; 0: free
    std::int64_t tat;   // ns since the limiter's start; not after now: recovered
  };
  struct frees {
    void operator()(slot* slots) const noexcept;
  };
  static constexpr std::size_t neighbourhood = 16;
  static constexpr std::size_t overflow_slots = 256;

  [[nodiscard]] slot* find(std::uint64_t key, std::int64_t now) noexcept;
  [[nodiscard]] std::uint64_t hash(std::string_view text) const noexcept;
  [[nodiscard]] decision take_from(slot& from, std::uint32_t cost, std::int64_t now) noexcept;
  [[nodiscard]] std::int64_t since_start(time_point now) const noexcept;

  const gcra_limit limit_;
  const std::int64_t interval_;  // T in ns
  const std::size_t slots_count_;
  std::unique_ptr<slot[], frees> slots_;  // slots_count_, then overflow_slots
  unsigned char hash_key_[16];            // random: nobody can aim keys at one neighbourhood
};

}  // namespace evhost::security
