// Staging, publishing and the bounded tail.
#include "host/log/partition.hpp"

#include <algorithm>

namespace evhost::log {
namespace {

partition::statements statements_of(const std::string& table) {
  return {
      .insert = "INSERT INTO " + table + "(off, time_ns, at_ns, type, id, key, payload, headers, trace)"
                " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      .fetch = "SELECT off, time_ns, type, id, key, payload, headers, trace FROM " + table +
               " WHERE off >= $1 AND off < $2 ORDER BY off LIMIT $3",
      .oldest = "SELECT off, coalesce(at_ns, time_ns) FROM " + table + " ORDER BY off LIMIT $1",
      .remove = "DELETE FROM " + table + " WHERE off < $1",
  };
}

}  // namespace

std::string table_of(std::uint32_t topic, std::int32_t partition) {
  return "log_" + std::to_string(topic) + "_" + std::to_string(partition);
}

partition::partition(std::uint32_t topic, std::int32_t number, std::int64_t begin, std::int64_t end)
    : topic_(topic), number_(number), sql_(statements_of(table_of(topic, number))), begin_(begin), end_(end) {}

segment& partition::staging() {
  if (!staged_) staged_ = std::make_shared<segment>();
  return *staged_;
}

std::int64_t partition::next_offset() const {
  return end_.load(std::memory_order_relaxed) + static_cast<std::int64_t>(staged());
}

void partition::unstage(std::size_t keep) {
  if (!staged_) return;
  if (keep == 0)
    staged_.reset();
  else if (keep < staged_->events.size())
    staged_->events.resize(keep);  // the arena keeps the bytes until the segment goes
}

std::size_t partition::publish(tail_budget& budget, std::vector<std::shared_ptr<wake_slot>>& wakes) {
  const std::size_t count = staged();
  if (count == 0) {
    staged_.reset();
    return 0;
  }
  const auto fresh = std::exchange(staged_, nullptr);
  std::vector<std::shared_ptr<const segment>> dropped;  // freed after the lock is let go
  {
    std::lock_guard lock(mutex_);
    if (!readers_.empty()) {
      tail_.push_back(fresh);
      tail_bytes_ += fresh->bytes();
      tail_records_ += count;
      budget.total_bytes.fetch_add(fresh->bytes(), std::memory_order_relaxed);
      drop_tail(1, budget, dropped);  // the newest stays whatever its size: readers are about to take it
    }
    end_.store(fresh->end_offset(), std::memory_order_release);
    wakes.insert(wakes.end(), readers_.begin(), readers_.end());
  }
  appended.add(count);
  end_gauge.set(static_cast<double>(fresh->end_offset()));
  return count;
}

void partition::drop_tail(std::size_t keep_segments, tail_budget& budget,
                          std::vector<std::shared_ptr<const segment>>& dropped) {
  while (tail_.size() > keep_segments &&
         (keep_segments == 0 || tail_bytes_ > budget.partition_bytes_max || tail_records_ > budget.records_max ||
          budget.total_bytes.load(std::memory_order_relaxed) > budget.total_bytes_max)) {
    const auto bytes = tail_.front()->bytes();
    tail_bytes_ -= bytes;
    tail_records_ -= tail_.front()->events.size();
    budget.total_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    dropped.push_back(std::move(tail_.front()));
    tail_.pop_front();
  }
}

std::shared_ptr<const segment> partition::find(std::int64_t offset) const {
  std::lock_guard lock(mutex_);
  if (tail_.empty() || offset < tail_.front()->begin_offset()) return nullptr;
  const auto behind = std::upper_bound(tail_.begin(), tail_.end(), offset,
                                       [](std::int64_t o, const auto& s) { return o < s->begin_offset(); });
  const auto& found = *std::prev(behind);
  return offset < found->end_offset() ? found : nullptr;
}

void partition::attach(std::shared_ptr<wake_slot> slot) {
  std::lock_guard lock(mutex_);
  readers_.push_back(std::move(slot));
}

void partition::detach(const std::shared_ptr<wake_slot>& slot, tail_budget& budget) {
  std::vector<std::shared_ptr<const segment>> dropped;
  std::lock_guard lock(mutex_);
  std::erase(readers_, slot);
  if (readers_.empty()) drop_tail(0, budget, dropped);
}

}  // namespace evhost::log
