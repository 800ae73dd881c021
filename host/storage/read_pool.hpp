// A few read-only connections, lent one per read: each read sees one snapshot and ends by its deadline.
//
// read() from any thread; close() [control]. A held snapshot keeps the WAL from being reset, hence the deadline.
#pragma once
#include "host/io/metrics/storage.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/storage/sqlite_store.hpp"
#include "host/storage/sqlite_transaction.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace evhost::storage {

class read_pool {
 public:
  read_pool(const sqlite_options& options, io::metric_registry& metrics);
  ~read_pool();

  // again: no reader got free in time. timeout: fn's statements took too long. shutdown: closed.
  core::result<void> read(const std::function<core::result<void>(io::transaction&)>& fn);
  // Waits for reads until the deadline, interrupts the rest, closes. before_close sees each native handle.
  void close(std::chrono::steady_clock::time_point deadline, const std::function<void(io::native_handle)>& before_close);

 private:
  struct reader;
  class lease;

  core::result<reader*> acquire();
  void release(reader* r);
  core::result<void> run(reader& r, const std::function<core::result<void>(io::transaction&)>& fn);

  const sqlite_options options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<reader>> readers_;
  std::vector<reader*> idle_;
  std::size_t opening_ = 0;
  std::size_t waiting_ = 0;
  bool closed_ = false;
  io::histogram read_seconds_;
  io::gauge in_use_, at_rest_, waiters_;
};

}  // namespace evhost::storage
