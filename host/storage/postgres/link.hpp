// A connection that comes back: opened when needed, again after it was lost, with growing pauses and jitter between.
// Coming back it ends the backend it had, which may still hold row locks if the network went silent.
//
// Used by one thread; trouble() and wake() by any. trouble() is what /readyz says while the server cannot be reached.
#pragma once
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/storage/postgres/connection.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>

namespace evhost::storage::postgres {

class link {
 public:
  link(connect_options options, std::function<void(io::native_handle)> before_close, io::log_sink& log);
  ~link() { close(); }

  // The connection, when there is a usable one.
  [[nodiscard]] connection* get() { return connection_ && !connection_->lost() ? connection_.get() : nullptr; }
  // One attempt to have one.
  core::result<connection*> open();
  // Attempts until one succeeds, the time has passed or stop() says so.
  core::result<connection*> open_until(std::chrono::steady_clock::time_point deadline,
                                       const std::function<bool()>& stop);
  // Closes it, telling whoever wrapped the native handle.
  void close();
  // Tells whoever wrapped the native handle to let go of it, without closing it.
  void tell_closing();
  // Between attempts of the same work: attempt 0, 1, 2, ... Short once wake() was called.
  void pause(int attempt);
  void wake();

  void note_trouble(const core::error& why);
  void clear_trouble();
  [[nodiscard]] std::string trouble() const;
  [[nodiscard]] bool troubled() const;

 private:
  core::result<void> end_old_backend();

  const connect_options options_;
  std::function<void(io::native_handle)> before_close_;
  io::log_sink& log_;
  std::unique_ptr<connection> connection_;
  int old_pid_ = 0;  // of the backend that served the lost connection
  std::minstd_rand jitter_;
  mutable std::mutex mutex_;
  std::condition_variable woken_;
  bool awake_ = false;
  std::string trouble_;
};

}  // namespace evhost::storage::postgres
