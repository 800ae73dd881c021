// The embedded store: io::store on one SQLite file (WAL, synchronous=FULL), one writer thread, a few readers.
//
// Threading: as io::store. Ownership: clock, log sink and metrics outlive the store. Errors: making it fails with one
// sentence for the operator: conflict (another host holds the directory, its pid is named), io (damaged, unreadable,
// disk). Bounds: the queues, the readers and every wait below.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace evhost::storage {

struct sqlite_options {
  std::filesystem::path path;           // the database file; its folder is made when absent
  bool read_only = false;               // no lock, no writer: for tools beside a running host
  std::uint32_t group_units_max = 256;  // units that share one COMMIT
  std::chrono::microseconds group_time_max{5'000};  // after this long a group takes no further unit
  std::uint32_t queue_units_max = 4096;             // waiting requests; and, apart from them, waiting lane units
  std::chrono::microseconds lane_slice{2'000};      // what lanes may take of a group while requests wait
  std::chrono::milliseconds busy_timeout{5'000};
  std::uint64_t cache_bytes = 8u << 20;         // page cache of the writer
  std::uint32_t readers = 4;                    // read connections, opened when first needed
  std::uint64_t reader_cache_bytes = 2u << 20;  // page cache of each reader
  std::chrono::milliseconds read_timeout{2'000};  // one read, and the wait for a free reader
  std::chrono::milliseconds probe_interval{1'000};  // after a disk failure: how often an idle writer tries again
  std::uint64_t size_bytes_max = 0;                 // upper bound of the database file; 0: what the disk has
};

core::result<std::unique_ptr<io::store>> make_sqlite_store(const sqlite_options& options, io::clock& clock,
                                                           io::log_sink& log, io::metric_registry& metrics);

}  // namespace evhost::storage
