// A few connections that read, lent one per read: each read is one REPEATABLE READ, READ ONLY transaction and ends by
// its deadline.
//
// read() from any thread; close() [control]. The end of a read is sent and not waited for: the next one looks.
#pragma once
#include "host/io/metrics/storage.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/storage/postgres/link.hpp"
#include "host/storage/postgres_store.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace evhost::storage::postgres {

class readers {
 public:
  readers(const postgres_options& options, std::string name, std::function<void(io::native_handle)> before_close,
          io::log_sink& log, io::metric_registry& metrics);
  ~readers();

  // again: no reader got free in time. timeout: fn's statements took too long. io: no server. shutdown: closed.
  core::result<void> read(const std::function<core::result<void>(io::transaction&)>& fn);
  void close(std::chrono::steady_clock::time_point deadline);

 private:
  class lease;
  core::result<link*> acquire();
  void release(link* l);
  core::result<void> run(link& l, const std::function<core::result<void>(io::transaction&)>& fn);

  const postgres_options options_;
  const std::string name_;
  std::function<void(io::native_handle)> before_close_;
  io::log_sink& log_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<link>> links_;
  std::vector<link*> idle_;
  std::size_t waiting_ = 0;
  bool closed_ = false;
  io::histogram read_seconds_;
  io::gauge in_use_, at_rest_, waiters_;
};

}  // namespace evhost::storage::postgres
