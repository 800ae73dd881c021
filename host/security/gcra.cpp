// Slots are found by hash and changed by compare-and-swap only.
#include "host/security/gcra.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

#include <sodium.h>

#include "host/security/sodium.hpp"

namespace evhost::security {
namespace {

template <typename Value>
std::atomic_ref<Value> shared(Value& value) {
  return std::atomic_ref<Value>(value);
}

}  // namespace

void gcra_limiter::frees::operator()(slot* slots) const noexcept {
  std::free(slots);
}

gcra_limiter::gcra_limiter(gcra_limit limit, std::size_t keys_max)
    : limit_{std::max(limit.requests_per_minute, 1U), std::max(limit.burst, 1U)},
      interval_(60'000'000'000 / limit_.requests_per_minute),
      slots_count_(std::bit_ceil(std::max<std::size_t>(keys_max, neighbourhood))),
      // calloc leaves untouched pages unmapped: an idle limiter costs no memory.
      slots_(static_cast<slot*>(std::calloc(slots_count_ + overflow_slots, sizeof(slot)))) {
  if (!slots_) throw std::bad_alloc();
  ensure_sodium();
  randombytes_buf(hash_key_, sizeof hash_key_);
}

std::uint64_t gcra_limiter::hash(std::string_view text) const noexcept {
  std::uint64_t out = 0;
  static_assert(crypto_shorthash_BYTES == sizeof out && crypto_shorthash_KEYBYTES == sizeof hash_key_);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&out), reinterpret_cast<const unsigned char*>(text.data()),
                   text.size(), hash_key_);
  return out == 0 ? 1 : out;
}

// Time zero is one hour before the steady clock's, so that a stamp of 0 (a fresh slot) always lies in the past.
std::int64_t gcra_limiter::since_start(time_point now) const noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count() + 3'600'000'000'000;
}

// The key's slot, or nullptr when all of its neighbourhood belongs to active keys. A slot taken over keeps its stamp:
// it lies in the past, which is what a new key starts with. A racing take() of the former owner may then charge the new
// one for one request; it never charges nobody.
gcra_limiter::slot* gcra_limiter::find(std::uint64_t key, std::int64_t now) noexcept {
  const std::size_t mask = slots_count_ - 1;
  for (int attempt = 0; attempt < 4; ++attempt) {
    slot* candidate = nullptr;
    std::uint64_t candidate_key = 0;
    for (std::size_t i = 0; i < neighbourhood; ++i) {
      slot& at = slots_[(key + i) & mask];
      const std::uint64_t owner = shared(at.key).load(std::memory_order_acquire);
      if (owner == key) return &at;
      const bool usable = owner == 0 || shared(at.tat).load(std::memory_order_relaxed) <= now;
      if (usable && (!candidate || (owner == 0 && candidate_key != 0))) {
        candidate = &at;
        candidate_key = owner;
      }
    }
    if (!candidate) return nullptr;
    if (shared(candidate->key).compare_exchange_strong(candidate_key, key, std::memory_order_acq_rel)) return candidate;
    if (candidate_key == key) return candidate;  // another thread brought the same key
  }
  return nullptr;
}

gcra_limiter::decision gcra_limiter::take(std::string_view key, std::string_view wide, std::uint32_t cost,
                                          time_point at) noexcept {
  const std::int64_t now = since_start(at);
  const std::uint64_t hashed = hash(key);
  if (slot* own = find(hashed, now)) return take_from(*own, cost, now);
  const std::uint64_t bucket = wide.empty() ? hashed : hash(wide);
  auto out = take_from(slots_[slots_count_ + bucket % overflow_slots], cost, now);
  out.overflow = true;
  return out;
}

gcra_limiter::decision gcra_limiter::take_from(slot& from, std::uint32_t cost, std::int64_t now) noexcept {
  const std::int64_t burst = interval_ * limit_.burst;
  // A cost above the burst could never pass; it then needs the whole burst.
  const std::int64_t price = interval_ * std::min(cost, limit_.burst);
  auto stamp = shared(from.tat);
  std::int64_t tat = stamp.load(std::memory_order_relaxed);
  for (;;) {
    const std::int64_t start = std::max(tat, now);
    const std::int64_t next = start + price;
    if (next - burst > now) {
      const auto left = std::max<std::int64_t>(0, burst - (start - now)) / interval_;
      return {false, false, static_cast<std::uint32_t>(left), std::chrono::nanoseconds(next - burst - now)};
    }
    // Each failure means another request of this key went through, so the loop ends with the burst at the latest.
    if (stamp.compare_exchange_weak(tat, next, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return {true, false, static_cast<std::uint32_t>((burst - (next - now)) / interval_),
              std::chrono::nanoseconds(next - now)};
    }
  }
}

std::size_t gcra_limiter::active_keys(time_point at) const noexcept {
  const std::int64_t now = since_start(at);
  std::size_t count = 0;
  for (std::size_t i = 0; i < slots_count_; ++i) {
    // atomic_ref needs a mutable object; the table is one, behind the const of this function.
    slot& one = slots_.get()[i];
    count +=
        shared(one.key).load(std::memory_order_relaxed) != 0 && shared(one.tat).load(std::memory_order_relaxed) > now;
  }
  return count;
}

}  // namespace evhost::security
