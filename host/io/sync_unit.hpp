// Runs a closure as a unit of the store and waits for its end: for control code (topics, positions, tools), never for
// requests or lanes, and never on the store's own thread.
#pragma once
#include "host/io/store.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace evhost::io {

namespace detail {

// Shared by the unit and the waiter; whoever is last frees it.
struct sync_unit_state {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<core::result<void>(transaction&)> fn;
  bool begun = false, abandoned = false, settled = false;
  std::optional<core::error> refused;  // what the last run returned
  std::optional<core::error> failed;   // what the store said

  core::result<void> outcome() const {
    if (failed) return *failed;
    if (refused) return *refused;
    return core::success();
  }
};

class sync_unit final : public unit {
 public:
  sync_unit(std::shared_ptr<sync_unit_state> state, unit_class kind) : state_(std::move(state)), kind_(kind) {}

  bool run(transaction& tx, std::chrono::microseconds) override {
    {
      std::lock_guard lock(state_->mutex);
      if (state_->abandoned) return false;  // what fn refers to is gone
      state_->begun = true;
      state_->refused.reset();
    }
    auto done = state_->fn(tx);
    if (done) return true;
    std::lock_guard lock(state_->mutex);
    state_->refused = std::move(done).error();
    return false;
  }
  void settled(unit_outcome outcome, const core::error* why) noexcept override {
    std::lock_guard lock(state_->mutex);
    if (outcome == unit_outcome::failed) state_->failed = why ? *why : core::fail(core::errc::io, "the store gave up");
    state_->settled = true;
    state_->changed.notify_all();
  }
  [[nodiscard]] unit_class kind() const override { return kind_; }

 private:
  std::shared_ptr<sync_unit_state> state_;
  unit_class kind_;
};

}  // namespace detail

// fn may run several times; an error it returns rolls the unit back and comes back from here. timeout: the unit had
// not begun by then and never will; one that has begun is waited for, because its outcome must be known.
inline core::result<void> run_in_unit(store& to, std::function<core::result<void>(transaction&)> fn,
                                      std::chrono::milliseconds timeout = std::chrono::seconds(30),
                                      unit_class kind = unit_class::request) {
  auto state = std::make_shared<detail::sync_unit_state>();
  state->fn = std::move(fn);
  if (auto queued = to.submit(std::make_unique<detail::sync_unit>(state, kind)); !queued) return queued;
  std::unique_lock lock(state->mutex);
  if (!state->changed.wait_for(lock, timeout, [&] { return state->settled; })) {
    if (!state->begun) {
      state->abandoned = true;
      return core::fail(core::errc::timeout, "the store did not get to the unit within " +
                                                 std::to_string(timeout.count()) + " ms: is it started?");
    }
    state->changed.wait(lock, [&] { return state->settled; });
  }
  return state->outcome();
}

}  // namespace evhost::io
