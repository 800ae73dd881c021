// The embedded event log: io::event_log in the tables of the store it shares with effects and positions.
//
// Offsets are handed out in memory on the store's thread and become visible at the group's COMMIT, when the records go
// to readers from memory. Threading: as io::event_log. Ownership: store, clock, log sink and metrics outlive it; it
// outlives the store's running time (it observes the groups) and its readers. Bounds: the options.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace evhost::log {

struct log_options {
  std::uint64_t event_bytes_max = 1u << 20;      // key, payload and headers of one record together
  std::uint64_t tail_bytes_max = 4u << 20;       // newest records kept in memory, per partition with readers
  std::uint64_t tails_bytes_max = 32u << 20;     // the same, of all partitions together
  std::uint32_t tail_records_max = 8192;         // per partition
  std::uint32_t read_rows = 512;                 // rows fetched at once behind the tail
  std::uint64_t read_bytes = 1u << 20;           // and their bytes
  std::uint32_t retention_rows = 2'000;          // rows of one partition deleted per commit
  std::uint32_t retention_steps = 50;            // commits per partition and call of trim()
  bool read_only = false;                        // on a store opened for reading: topics and readers only
};

inline constexpr std::uint32_t topics_max = 1024;
inline constexpr std::uint32_t partitions_max = 64;
inline constexpr std::size_t topic_name_max = 200;  // lowercase letters, digits, dot, dash, underscore

// Applies the log's migrations, reads its catalogue, and becomes the store's observer: before the store is started.
core::result<std::unique_ptr<io::event_log>> make_embedded_log(io::store& store, io::clock& clock, io::log_sink& log,
                                                               io::metric_registry& metrics, const log_options& options);

}  // namespace evhost::log
