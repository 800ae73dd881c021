// A timer wheel for connection deadlines: arming and disarming is two pointer writes, however many connections wait.
//
// Threading: one io thread. Ownership: nodes are members of their sessions and unlink themselves when destroyed.
// Accuracy: a deadline fires within one tick after its time; times beyond the wheel's turn are simply looked at again.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace evhost::http {

class deadline_wheel {
 public:
  using clock = std::chrono::steady_clock;

  class node {
   public:
    node() = default;
    node(const node&) = delete;
    node& operator=(const node&) = delete;
    virtual ~node() { unlink(); }
    virtual void on_deadline(clock::time_point now) = 0;  // may arm itself again or destroy itself
    bool armed() const noexcept { return next_ != nullptr; }
    clock::time_point deadline() const noexcept { return deadline_; }
    void unlink() noexcept {
      if (next_ == nullptr) return;
      previous_->next_ = next_;
      next_->previous_ = previous_;
      next_ = previous_ = nullptr;
    }

   private:
    friend class deadline_wheel;
    node* next_ = nullptr;
    node* previous_ = nullptr;
    clock::time_point deadline_{};
  };

  explicit deadline_wheel(std::chrono::milliseconds tick, clock::time_point now = clock::now()) : tick_(tick), start_(now) {
    for (auto& s : slots_) s.next_ = s.previous_ = &s;
  }

  void arm(node& n, clock::time_point deadline) noexcept {
    n.unlink();
    n.deadline_ = deadline;
    auto& slot = slots_[static_cast<std::size_t>(std::max(tick_of(deadline) + 1, done_ + 1)) % slots_.size()];
    n.previous_ = slot.previous_;
    n.next_ = &slot;
    slot.previous_->next_ = &n;
    slot.previous_ = &n;
  }

  // Calls on_deadline() of everything that is due.
  void sweep(clock::time_point now) {
    const auto until = tick_of(now);
    if (until - done_ > static_cast<long long>(slots_.size())) done_ = until - static_cast<long long>(slots_.size());
    while (done_ < until) {
      ++done_;
      end due;  // detached first: what is armed again lands in a later slot
      due.take(slots_[static_cast<std::size_t>(done_) % slots_.size()]);
      while (due.next_ != &due) {
        node& n = *due.next_;
        n.unlink();
        if (n.deadline_ <= now)
          n.on_deadline(now);
        else
          arm(n, n.deadline_);
      }
    }
  }

  std::chrono::milliseconds tick() const noexcept { return tick_; }

 private:
  struct end final : node {  // a list's two ends
    end() { next_ = previous_ = this; }
    ~end() override { next_ = nullptr; }
    void on_deadline(clock::time_point) override {}
    void take(end& other) noexcept {
      if (other.next_ == &other) return;
      next_ = other.next_;
      previous_ = other.previous_;
      next_->previous_ = previous_->next_ = this;
      other.next_ = other.previous_ = &other;
    }
    using node::next_;
    using node::previous_;
  };

  long long tick_of(clock::time_point t) const noexcept { return (t - start_) / tick_; }

  std::chrono::milliseconds tick_;
  clock::time_point start_;
  long long done_ = 0;
  std::array<end, 1024> slots_;
};

}  // namespace evhost::http
