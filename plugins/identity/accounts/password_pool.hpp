// Threads of their own for Argon2id, so that a wave of sign-ins can neither fill the host's pool nor the machine's memory.
//
// Threading: post() any thread; a job runs once on one of the pool's threads. stop() waits for running jobs (about 20 ms
// each) and drops waiting ones. Bounds: threads_max jobs running (19 MiB each), waiting_max waiting; beyond, post refuses.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace identity {

class password_pool {
 public:
  static constexpr std::size_t waiting_max = 32;   // at 40/s and core: under a second of waiting

  password_pool() = default;
  ~password_pool() { stop(); }
  password_pool(const password_pool&) = delete;
  password_pool& operator=(const password_pool&) = delete;

  void start(unsigned threads);
  void stop();
  // False: full, or not started.
  bool post(std::function<void()> job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool open_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace identity
