// The topics and their partitions, in the database and in memory.
//
// Opening [control]; lookups from any thread without a lock: a topic once published never goes away.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/log/partition.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace evhost::log {

struct topic {
  io::topic_info info;  // retention may change under the catalogue's lock
  std::vector<std::unique_ptr<partition>> partitions;
  std::atomic<std::uint32_t> round_robin{0};  // for records without a key
};

class topic_catalog {
 public:
  topic_catalog(io::store& store, io::clock& clock, io::metric_registry& metrics)
      : store_(store), clock_(clock), metrics_(metrics) {}

  static std::vector<io::migration> migrations();
  core::result<void> load(io::transaction& tx);

  core::result<io::topic_info> open(std::string_view name, const io::topic_options& options);
  core::result<io::topic_info> find(std::string_view name) const;
  [[nodiscard]] std::vector<io::topic_info> all() const;
  // Null when there is no such topic or partition.
  [[nodiscard]] topic* at(std::uint32_t id) const {
    return id < by_id_.size() ? by_id_[id].load(std::memory_order_acquire) : nullptr;
  }
  [[nodiscard]] partition* at(std::uint32_t id, std::int32_t number) const;

 private:
  core::result<io::topic_info> create(std::string_view name, const io::topic_options& options);
  core::result<io::topic_info> reopen(topic& known, const io::topic_options& options);
  void add(io::topic_info info, std::vector<std::unique_ptr<partition>> partitions);

  io::store& store_;
  io::clock& clock_;
  io::metric_registry& metrics_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<topic>> topics_;
  std::array<std::atomic<topic*>, topics_max + 1> by_id_{};
};

}  // namespace evhost::log
