// The shared store: io::store on PostgreSQL 12 or later, several committers, a few readers.
//
// Threading: as io::store; units of different committers run side by side, each in REPEATABLE READ: a unit that would
// overwrite what another committed meanwhile is run again. Ownership: clock, log sink and metrics outlive the store.
// Errors: making it fails with one sentence for a URL that cannot be read or would send data unencrypted to another
// machine. A server that is not there is no error here: migrate() waits for it, trouble() says why.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace evhost::storage {

struct postgres_options {
  std::string url;                                // postgresql://user@host:port/database?sslmode=verify-full&...
  bool allow_plaintext = false;                   // to a server on another machine
  std::uint32_t committers = 2;                   // connections that write
  std::uint32_t group_units_max = 256;            // units that share one COMMIT
  std::uint32_t queue_units_max = 4096;           // waiting requests; and, apart from them, waiting lane units
  std::chrono::microseconds lane_slice{2'000};    // how long a lane's batch should take while requests wait
  std::uint32_t readers = 4;                      // connections that read, opened when first needed
  std::chrono::milliseconds read_timeout{2'000};  // one read, and the wait for a free reader
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds statement_timeout{10'000};
  std::chrono::milliseconds lock_timeout{5'000};
  std::chrono::milliseconds idle_in_transaction_timeout{60'000};
  std::chrono::milliseconds outage_patience{2'000};  // how long a unit waits for a lost server before it fails
  std::chrono::milliseconds start_patience{60'000};  // how long migrate() waits for a server that is not there
  std::function<bool(const std::string&)> waits;     // told why migrate() waits; false: give up
  std::chrono::milliseconds look_interval{1'000};    // how often an idle committer looks whether its server lives
  std::uint32_t tries_max = 12;                      // of one group, on deadlocks and serialization failures
};

core::result<std::unique_ptr<io::store>> make_postgres_store(const postgres_options& options, io::clock& clock,
                                                             io::log_sink& log, io::metric_registry& metrics);

}  // namespace evhost::storage
