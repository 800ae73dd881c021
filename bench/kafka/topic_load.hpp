// A topic full of events before anybody reads: made by the admin API, filled as fast as the broker takes it.
//
// Event i belongs to account i % accounts, has seq i / accounts, and lies in partition account % partitions: within a
// partition events lie in the order of i, within an account seq counts up from 0 without a gap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace evhost::bench {

struct topic_load {
  std::string servers, topic;
  std::int32_t partitions = 12;
  std::uint64_t events = 0;
  std::size_t payload_bytes = 200;
  std::uint32_t accounts = 1200;
  bool cloud_events = false;  // ce_* headers on each record
};

// Throws std::runtime_error with the broker's words.
void make_topic(const topic_load& load);
void fill_topic(const topic_load& load);
std::string event_json(const topic_load& load, std::uint64_t index);

}  // namespace evhost::bench
