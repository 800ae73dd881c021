// Connection ids: which session a slot holds, its generation, and how many bytes wait for it.
//
// Threading: the session pointers belong to the io thread; generation and bytes live in one atomic word, so that any
//   thread can count bytes for exactly the connection it means and never for the slot's next tenant.
// Bounds: 2^20 connections per io thread; 32 bits of generation per slot.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "host/io/websocket.hpp"

namespace evhost::websocket {

class session;

class slot_table {
 public:
  explicit slot_table(std::size_t shard) : shard_(shard) {}
  ~slot_table() {
    for (auto& c : chunks_) delete c.load();
  }
  slot_table(const slot_table&) = delete;
  slot_table& operator=(const slot_table&) = delete;

  static std::size_t shard_of(io::ws_id id) noexcept { return id >> 56; }

  // ---- any thread ----
  // False when the connection is gone or already owes more than 2 GiB.
  bool add_bytes(io::ws_id id, std::uint64_t bytes) noexcept {
    return change(id, [&](std::uint64_t waiting) { return waiting + bytes < (1u << 31) ? std::optional(waiting + bytes) : std::nullopt; });
  }
  void take_bytes(io::ws_id id, std::uint64_t bytes) noexcept {
    change(id, [&](std::uint64_t waiting) { return std::optional(waiting - std::min(waiting, bytes)); });
  }
  std::optional<std::size_t> bytes(io::ws_id id) const noexcept {
    const auto* s = at(id);
    if (s == nullptr) return std::nullopt;
    const auto word = s->word.load(std::memory_order_acquire);
    if (word >> 32 != generation_of(id)) return std::nullopt;
    return static_cast<std::size_t>(word & low_bits);
  }

  // ---- io thread ----
  io::ws_id reserve() {  // 0: full
    std::uint32_t index = 0;
    if (free_.size() > 64 || used_ == slots_max) {  // the longest free first: generations grow slowly
      if (free_.empty()) return 0;
      index = free_.front();
      free_.pop_front();
    } else {
      index = used_++;
      auto& c = chunks_[index / chunk_slots];
      if (c.load(std::memory_order_relaxed) == nullptr) c.store(new chunk, std::memory_order_release);
    }
    auto& s = (*chunks_[index / chunk_slots].load(std::memory_order_relaxed))[index % chunk_slots];
    return static_cast<io::ws_id>(shard_) << 56 | static_cast<io::ws_id>(index) << 32 | s.word.load(std::memory_order_relaxed) >> 32;
  }
  void bind(io::ws_id id, session& held) noexcept { at(id)->held = &held; }
  void release(io::ws_id id) noexcept {
    auto* s = at(id);
    s->held = nullptr;
    const auto next = static_cast<std::uint32_t>(generation_of(id) + 1);
    s->word.store(static_cast<std::uint64_t>(next == 0 ? 1 : next) << 32, std::memory_order_release);
    free_.push_back(index_of(id));
  }
  session* find(io::ws_id id) const noexcept {
    const auto* s = at(id);
    return s != nullptr && s->word.load(std::memory_order_relaxed) >> 32 == generation_of(id) ? s->held : nullptr;
  }

 private:
  static constexpr std::size_t chunk_slots = 1024, chunks_max = 1024, slots_max = chunk_slots * chunks_max;
  static constexpr std::uint64_t low_bits = 0xffffffff;
  struct slot {
    std::atomic<std::uint64_t> word{std::uint64_t{1} << 32};  // generation, bytes
    session* held = nullptr;
  };
  using chunk = std::array<slot, chunk_slots>;

  static std::uint32_t index_of(io::ws_id id) noexcept { return static_cast<std::uint32_t>(id >> 32) & 0xffffff; }
  static std::uint64_t generation_of(io::ws_id id) noexcept { return id & low_bits; }

  slot* at(io::ws_id id) const noexcept {
    const auto index = index_of(id);
    if (index >= slots_max) return nullptr;
    auto* c = chunks_[index / chunk_slots].load(std::memory_order_acquire);
    return c == nullptr ? nullptr : &(*c)[index % chunk_slots];
  }
  template <class Fn>
  bool change(io::ws_id id, Fn&& fn) noexcept {
    auto* s = at(id);
    if (s == nullptr) return false;
    auto word = s->word.load(std::memory_order_relaxed);
    for (;;) {
      if (word >> 32 != generation_of(id)) return false;
      const auto waiting = fn(word & low_bits);
      if (!waiting) return false;
      if (s->word.compare_exchange_weak(word, (word & ~low_bits) | *waiting, std::memory_order_acq_rel)) return true;
    }
  }

  const std::size_t shard_;
  std::array<std::atomic<chunk*>, chunks_max> chunks_{};
  std::deque<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

}  // namespace evhost::websocket
