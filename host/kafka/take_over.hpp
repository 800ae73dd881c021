// Takes over the records of another log: they go into the outbox under numbers of its shards, and each group's position is
// told which of them it has applied already.
//
// A number says nothing about topics, and a group knows per partition only the highest number it has seen of each shard. So
// records must be added in an order in which, for each group, topic, partition and shard, what it has applied comes first;
// finish() refuses otherwise. Everything happens in the transaction given. One thread.
#pragma once
#include "host/io/log.hpp"
#include "host/io/store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace evhost::kafka {

class take_over {
 public:
  // outbox: outbox_name(); shards: as the relays of this database have it.
  take_over(io::transaction& tx, std::string outbox, std::uint32_t shards) : tx_(&tx), outbox_(std::move(outbox)), shards_(shards) {}

  // applied: per group of the topic, whether it has this record behind it; the same groups for all records of a topic.
  core::result<void> add(const evh_event& event, std::string_view type, const io::topic_info& topic, const std::map<std::string, bool, std::less<>>& applied);
  // Writes the shards' numbers and the groups' positions.
  core::result<void> finish();

  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  using place = std::tuple<std::string, std::string, std::int32_t>;  // group, topic, partition
  struct applied_up_to {
    std::int64_t applied = 0;    // highest number
    bool waits = false;          // a record that is not applied was added
  };

  core::result<void> note(const std::string& group, const std::string& topic, std::int32_t partition, std::int64_t shard, std::int64_t number, bool applied);

  io::transaction* tx_;
  const std::string outbox_;
  const std::uint32_t shards_;
  std::uint64_t records_ = 0;
  std::uint64_t round_robin_ = 0;
  std::map<std::int64_t, std::int64_t> numbers_;  // last one given, per shard
  std::map<place, std::map<std::int64_t, applied_up_to>> positions_;
};

}  // namespace evhost::kafka
