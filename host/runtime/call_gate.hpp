// Counts what is under way inside one plugin, so that stop() can promise that no callback is entered afterwards.
//
// A pass is taken before work is queued and held until its last callback returned. Any thread; wait on [control].
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace evhost::runtime {

class call_gate {
 public:
  class pass {
   public:
    pass() = default;
    explicit pass(call_gate* gate) : gate_(gate) {}
    pass(pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    pass& operator=(pass&& other) noexcept {
      if (this != &other) {
        release();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~pass() { release(); }
    explicit operator bool() const { return gate_ != nullptr; }
    void release() {
      if (call_gate* gate = std::exchange(gate_, nullptr)) gate->leave();
    }

   private:
    call_gate* gate_ = nullptr;
  };

  // An empty pass when the gate is closed.
  [[nodiscard]] pass enter() {
    std::lock_guard lock(mutex_);
    if (closed_) return {};
    ++inside_;
    return pass(this);
  }
  void open() {
    std::lock_guard lock(mutex_);
    closed_ = false;
  }
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  [[nodiscard]] bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  // True when nothing is under way any more; false when the deadline came first.
  bool wait_idle(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return idle_.wait_until(lock, deadline, [this] { return inside_ == 0; });
  }
  [[nodiscard]] std::size_t inside() const {
    std::lock_guard lock(mutex_);
    return inside_;
  }

 private:
  void leave() {
    std::lock_guard lock(mutex_);
    if (--inside_ == 0) idle_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::size_t inside_ = 0;
  bool closed_ = true;
};

}  // namespace evhost::runtime
