// A log for unit tests: io::event_log in memory, transactional with memory_store through its group observer.
//
// Appends and positions are staged per unit and become visible when the store commits. It outlives "crashes" of a test:
// keep it and the store, make a new engine. Faults: fail_next_append, fail_next_take, fail_next_acquire, steal().
#pragma once
#include "host/io/log.hpp"
#include "tests/support/fakes/memory_store.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace evhost::fakes {

class memory_log final : public io::event_log, private io::group_observer {
 public:
  explicit memory_log(memory_store& store) { store.observe(this); }

  core::result<io::topic_info> open_topic(std::string_view name, io::topic_options options) override;
  [[nodiscard]] core::result<io::topic_info> find_topic(std::string_view name) const override;
  [[nodiscard]] std::vector<io::topic_info> topics() const override;
  [[nodiscard]] std::int32_t partition_of(std::uint32_t topic, std::string_view key) const override;
  std::uint32_t intern_type(std::string_view name) override;
  [[nodiscard]] std::string_view type_name(std::uint32_t id) const override;
  core::result<void> append(io::transaction& tx, std::span<const io::outgoing> records) override;
  std::unique_ptr<io::partition_reader> open_reader(std::uint32_t topic, std::int32_t partition, std::int64_t offset,
                                                    bool want_headers, std::function<void()> wake) override;
  core::result<io::position> acquire(std::string_view group, std::uint32_t topic, std::int32_t partition,
                                     std::int64_t initial) override;
  core::result<void> advance(io::transaction& tx, std::string_view group, std::uint32_t topic, std::int32_t partition,
                             const io::position& expected, std::int64_t next) override;
  core::result<void> set_position(std::string_view group, std::string_view topic, std::int32_t partition,
                                  std::int64_t offset) override;
  core::result<std::uint64_t> trim() override {
    ++trims;
    return std::uint64_t{0};
  }

  // Puts a record in at once, outside any unit.
  void put(const std::string& topic, std::int32_t partition, std::string_view key, std::string_view payload,
           std::string_view id = {}, std::vector<std::pair<std::string, std::string>> headers = {});
  [[nodiscard]] std::int64_t position(std::string_view group, std::string_view topic, std::int32_t partition) const;
  [[nodiscard]] std::size_t size(std::string_view topic, std::int32_t partition) const;
  // Another owner takes the partition: the epoch rises, so that the lane's next advance conflicts.
  void steal(std::string_view group, std::string_view topic, std::int32_t partition);
  // Retention: the first n records of a partition are gone.
  void drop(std::string_view topic, std::int32_t partition, std::size_t n);
  // Leaves a hole in the offsets.
  void skip_offset(std::string_view topic, std::int32_t partition);

  int fail_next_append = 0, fail_next_take = 0, fail_next_acquire = 0;
  int trims = 0;

 private:
  struct record {
    std::int64_t offset = 0, time_ns = 0;
    std::uint32_t type = 0;
    bool has_key = false, has_payload = false;
    std::string id, key, payload;
    std::array<std::uint8_t, 16> trace_id{};
    std::array<std::uint8_t, 8> span_id{};
    std::vector<std::pair<std::string, std::string>> headers;
  };
  struct partition_data {
    std::vector<std::shared_ptr<const record>> records;
    std::int64_t end = 0, begin = 0;
  };
  struct topic_data {
    io::topic_info info;
    std::vector<partition_data> partitions;
    std::uint64_t turn = 0;
  };
  using position_key = std::pair<std::string, std::pair<std::uint32_t, std::int32_t>>;
  struct staging {
    std::vector<std::pair<std::pair<std::uint32_t, std::int32_t>, std::shared_ptr<record>>> appends;
    std::map<position_key, io::position> positions;
  };
  class reader;

  void group_committed() noexcept override;
  void group_rolled_back() noexcept override;
  void unit_begun() noexcept override;
  void unit_rolled_back() noexcept override;
  void commit_record(std::uint32_t topic, std::int32_t partition, std::shared_ptr<record> r);
  void wake_all();
  [[nodiscard]] const topic_data* named(std::string_view name) const;

  mutable std::recursive_mutex mutex_;
  std::vector<std::unique_ptr<topic_data>> topics_;  // id = index + 1
  std::vector<std::unique_ptr<std::string>> types_;  // id = index + 1
  std::map<position_key, io::position> positions_;   // committed
  staging staged_, savepoint_;
  std::vector<reader*> readers_;
};

}  // namespace evhost::fakes
