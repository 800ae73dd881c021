// The real host with the bench's plugin drains a topic; counts come from the plugin's status file or from the database.
#pragma once
#include "bench/kafka/bare_consumer.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace evhost::bench {

struct host_drain {
  std::string servers, topic;
  std::int32_t partitions = 12;
  std::uint64_t events = 0;
  std::uint32_t batch_max = 0;
  std::map<std::string, std::string> environment;  // for experiments
};

struct host_result : drain_result {
  double memory_mib = 0;       // the most the process had resident
  double helpers_cpu = 0;      // CPU seconds of the database server
  std::string red;             // what the oracle found; empty: nothing
};

// Without effects, on SQLite: done when the plugin has seen every event; then the written positions must stand at the end.
host_result drain_without_effects(const host_drain& what);
// JSON to rows of PostgreSQL, position in the same transaction: done when the database says that every event is in.
host_result drain_to_rows(const host_drain& what);
// The same rows by bare binary COPY from ready bytes, `connections` at once, rows_per_commit each; the same bench_status table.
drain_result copy_rows_bare(std::uint64_t rows, int connections, std::uint32_t rows_per_commit);

}  // namespace evhost::bench
