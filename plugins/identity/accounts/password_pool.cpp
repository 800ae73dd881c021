// A bounded queue and its threads.
#include "plugins/identity/accounts/password_pool.hpp"

namespace identity {

void password_pool::start(unsigned threads) {
  const std::lock_guard lock(mutex_);
  open_ = true;
  while (threads_.size() < threads) threads_.emplace_back([this] { run(); });
}

void password_pool::stop() {
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
    dropped.swap(waiting_);
  }
  dropped.clear();   // outside of the lock: a job may hold anything
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool password_pool::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (!open_ || waiting_.size() >= waiting_max) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void password_pool::run() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !open_ || !waiting_.empty(); });
      if (!open_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job();
  }
}

}  // namespace identity
