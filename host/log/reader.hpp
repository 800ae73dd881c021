// One subscription's way through one partition: from the tail in memory, or from the table when it is behind it.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"
#include "host/log/partition.hpp"

#include <memory>

namespace evhost::log {

class reader final : public io::partition_reader {
 public:
  reader(io::store& store, partition& of, tail_budget& budget, const log_options& options, std::int64_t offset,
         bool want_headers, std::function<void()> wake);
  ~reader() override;

  core::result<std::size_t> take(io::event_batch& into, std::size_t max) override;
  void seek(std::int64_t offset) override;
  [[nodiscard]] std::int64_t offset() const override { return offset_; }
  [[nodiscard]] std::int64_t end_offset() const override { return partition_.end_offset(); }
  [[nodiscard]] std::int64_t begin_offset() const override { return partition_.begin_offset(); }

 private:
  core::result<std::shared_ptr<const segment>> fetch(std::int64_t end, std::size_t rows);
  std::size_t hand_out(io::event_batch& into, std::size_t max);

  io::store& store_;
  partition& partition_;
  tail_budget& budget_;
  const log_options& options_;
  std::int64_t offset_;
  const bool want_headers_;
  std::shared_ptr<wake_slot> slot_;
  std::shared_ptr<const segment> current_;  // where offset_ is; pins one segment at most
};

}  // namespace evhost::log
