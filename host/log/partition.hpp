// One partition in memory: what the open group appended, the tail of committed records, and who waits for more.
//
// The staged half belongs to the store's thread alone; the tail and the readers are shared under a mutex, held only to
// copy pointers. begin and end may be read by anybody.
#pragma once
#include "host/io/observe.hpp"
#include "host/log/embedded_log.hpp"
#include "host/log/segment.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace evhost::log {

// A reader's wake-up, which may be called while the reader is being destroyed. Its mutex is held during the call.
struct wake_slot {
  std::mutex mutex;
  std::function<void()> wake;
};

// The memory all tails together may take.
struct tail_budget {
  std::uint64_t partition_bytes_max;
  std::uint64_t total_bytes_max;
  std::size_t records_max;
  std::atomic<std::uint64_t> total_bytes{0};
};

class partition {
 public:
  partition(std::uint32_t topic, std::int32_t number, std::int64_t begin, std::int64_t end);

  // Statements against this partition's table, made once.
  struct statements {
    std::string insert, fetch, oldest, remove;
  };
  [[nodiscard]] const statements& sql() const { return sql_; }
  [[nodiscard]] std::uint32_t topic() const { return topic_; }
  [[nodiscard]] std::int32_t number() const { return number_; }
  [[nodiscard]] std::int64_t begin_offset() const { return begin_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t end_offset() const { return end_.load(std::memory_order_acquire); }
  void set_begin(std::int64_t offset) { begin_.store(offset, std::memory_order_release); }

  // The store's thread.
  segment& staging();                                   // where the next record goes
  [[nodiscard]] std::int64_t next_offset() const;       // and the offset it gets
  [[nodiscard]] std::size_t staged() const { return staged_ ? staged_->events.size() : 0; }
  void unstage(std::size_t keep);                       // drops what was staged behind the first keep records
  // Makes the staged records visible; returns how many. Their wake-ups are appended to wakes, to be called afterwards.
  std::size_t publish(tail_budget& budget, std::vector<std::shared_ptr<wake_slot>>& wakes);
  std::size_t unit_mark = 0;      // records staged when the open unit first came here
  std::uint64_t unit_serial = 0;  // which unit that was
  std::uint64_t group_serial = 0; // and which group

  // Readers.
  std::shared_ptr<const segment> find(std::int64_t offset) const;  // in the tail; null: behind it, ask the disk
  void attach(std::shared_ptr<wake_slot> slot);
  void detach(const std::shared_ptr<wake_slot>& slot, tail_budget& budget);

  io::counter appended;
  io::gauge end_gauge;
  io::counter deleted;

 private:
  void drop_tail(std::size_t keep_segments, tail_budget& budget, std::vector<std::shared_ptr<const segment>>& dropped);

  const std::uint32_t topic_;
  const std::int32_t number_;
  const statements sql_;
  std::atomic<std::int64_t> begin_, end_;
  std::shared_ptr<segment> staged_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const segment>> tail_;
  std::uint64_t tail_bytes_ = 0;
  std::size_t tail_records_ = 0;
  std::vector<std::shared_ptr<wake_slot>> readers_;
};

std::string table_of(std::uint32_t topic, std::int32_t partition);

}  // namespace evhost::log
