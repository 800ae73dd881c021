// Deletes records past their topic's retention, oldest first, a bounded number of rows per commit.
//
// A group that lags behind is not waited for: it is named in a warning, and goes on at the oldest record left. (A log
// that waits for its slowest group fills the disk for all of them.)
#pragma once
#include "host/io/clock.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/log/topic_catalog.hpp"

#include <cstdint>

namespace evhost::log {

class retention {
 public:
  retention(io::store& store, io::clock& clock, io::log_sink& log, const log_options& options)
      : store_(store), clock_(clock), log_(log), options_(options) {}

  // One thread at a time, not the store's. Records deleted.
  core::result<std::uint64_t> trim(const io::topic_info& info, partition& p);

 private:
  struct step {
    std::uint64_t rows = 0;
    std::int64_t begin = 0;  // the new oldest offset
  };
  core::result<step> find_step(const partition& p, std::int64_t cut_ns);
  core::result<void> remove(const partition& p, const step& s);
  void warn_of_losers(const io::topic_info& info, const partition& p);

  io::store& store_;
  io::clock& clock_;
  io::log_sink& log_;
  const log_options& options_;
};

}  // namespace evhost::log
