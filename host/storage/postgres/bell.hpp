// A word to the other processes of one database, by LISTEN and NOTIFY on a connection of its own.
//
// A hint: it may be lost while the connection is, and several may arrive as one. It stands outside of the units, because a
// transaction that notifies holds a lock of the whole server until it is durable, which would put all commits in one row.
// Threading: one thread of its own, which calls heard; ring() from any. stop() joins; idempotent.
#pragma once
#include "host/storage/postgres/link.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace evhost::storage::postgres {

class bell {
 public:
  bell(const connect_options& options, std::function<void()> heard, io::log_sink& log);
  ~bell();
  bell(const bell&) = delete;
  bell& operator=(const bell&) = delete;

  void start();
  void ring() noexcept;
  void stop() noexcept;

 private:
  void run();
  bool listen();
  void wait(connection& c);
  void say(connection& c);
  void hear(connection& c);

  const std::chrono::milliseconds answer_within_;
  std::function<void()> heard_;
  link link_;
  int wake_fd_ = -1;
  std::atomic<bool> rung_{false}, over_{false};
  std::thread thread_;
};

}  // namespace evhost::storage::postgres
