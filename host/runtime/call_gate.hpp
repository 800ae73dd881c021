// Counts what is under way inside one plugin, so that stop() can promise that no callback is entered afterwards.
//
// A pass is taken before work is queued and held until its last callback returned. Any thread; wait on [control]. A
// pass may outlive the gate (work that never ran, freed with its queue).
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace evhost::runtime {

class call_gate {
  struct state {
    std::mutex mutex;
    std::condition_variable idle;
    std::size_t inside = 0;
    bool closed = true;
  };

 public:
  class pass {
   public:
    pass() = default;
    pass(pass&& other) noexcept = default;
    pass& operator=(pass&& other) noexcept {
      if (this != &other) {
        release();
        gate_ = std::move(other.gate_);
      }
      return *this;
    }
    ~pass() { release(); }
    explicit operator bool() const { return gate_ != nullptr; }
    void release() {
      const std::shared_ptr<state> gate = std::move(gate_);
      if (!gate) return;
      std::lock_guard lock(gate->mutex);
      if (--gate->inside == 0) gate->idle.notify_all();
    }

   private:
    friend class call_gate;
    explicit pass(std::shared_ptr<state> gate) : gate_(std::move(gate)) {}
    std::shared_ptr<state> gate_;
  };

  // An empty pass when the gate is closed.
  [[nodiscard]] pass enter() {
    std::lock_guard lock(state_->mutex);
    if (state_->closed) return {};
    ++state_->inside;
    return pass(state_);
  }
  void open() {
    std::lock_guard lock(state_->mutex);
    state_->closed = false;
  }
  void close() {
    std::lock_guard lock(state_->mutex);
    state_->closed = true;
  }
  // True when nothing is under way any more; false when the deadline came first.
  bool wait_idle(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(state_->mutex);
    return state_->idle.wait_until(lock, deadline, [this] { return state_->inside == 0; });
  }
  [[nodiscard]] std::size_t inside() const {
    std::lock_guard lock(state_->mutex);
    return state_->inside;
  }

 private:
  std::shared_ptr<state> state_ = std::make_shared<state>();
};

}  // namespace evhost::runtime
