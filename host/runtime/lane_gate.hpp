// The gate before a handler: where a delivery stands, so that stop() and drain() can wait for it.
//
// idle -> queued (a unit is with the store) -> inside (the handler was called, its fate is open) -> idle. A closed gate
// lets nobody inside: a queued unit finds it shut and rolls back. Any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace evhost::runtime {

class lane_gate {
 public:
  // False when closed or drained: start nothing.
  bool queue() {
    const std::lock_guard lock(mutex_);
    if (closed_ || drained_) return false;
    phase_ = phase::queued;
    return true;
  }
  // False when closed: do not call the handler.
  bool enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    phase_ = phase::inside;
    return true;
  }
  void undone() {
    const std::lock_guard lock(mutex_);
    phase_ = phase::queued;
    changed_.notify_all();
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    phase_ = phase::idle;
    changed_.notify_all();
  }
  void drain() {
    const std::lock_guard lock(mutex_);
    drained_ = true;
  }
  [[nodiscard]] bool open() const {
    const std::lock_guard lock(mutex_);
    return !closed_ && !drained_;
  }
  bool wait_idle(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [&] { return phase_ == phase::idle; });
  }
  // Nobody is inside when it returns, and nobody will be. Its wait has no deadline of its own: what bounds a handler
  // that never returns is the watchdog.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.wait(lock, [&] { return phase_ != phase::inside; });
  }

 private:
  enum class phase { idle, queued, inside };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  phase phase_ = phase::idle;
  bool closed_ = false, drained_ = false;
};

}  // namespace evhost::runtime
