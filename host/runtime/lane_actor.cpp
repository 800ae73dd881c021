// Scheduling of a lane on its strand.
#include "host/runtime/lane_actor.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace evhost::runtime {

lane_actor::lane_actor(std::shared_ptr<lane_context> context)
    : context_(std::move(context)), strand_(boost::asio::make_strand(context_->pool)), timer_(context_->pool) {}

void lane_actor::begin() {
  {
    const std::lock_guard lock(pump_mutex_);
    begun_ = true;
  }
  schedule();
}

void lane_actor::schedule() {
  if (scheduled_.exchange(true, std::memory_order_acq_rel)) return;
  const std::lock_guard lock(post_mutex_);
  if (strand_) boost::asio::post(*strand_, [self = shared_from_this()] { self->run_pump(); });
}

void lane_actor::run_pump() {
  // Cleared first: whoever schedules from here on is seen by another pump.
  scheduled_.store(false, std::memory_order_release);
  const std::lock_guard lock(pump_mutex_);
  if (begun_ && !closed_) pump();
}

void lane_actor::arm(std::chrono::steady_clock::time_point due) {
  // The clock port decides whether the time has come (pump asks it again); the timer only wakes.
  const auto wait = std::max<std::chrono::steady_clock::duration>(due - context_->clock.steady(),
                                                                  std::chrono::milliseconds(1));
  timer_->expires_after(wait);
  timer_->async_wait(boost::asio::bind_executor(*strand_, [weak = weak_from_this()](boost::system::error_code error) {
    if (error) return;
    if (const auto self = weak.lock()) self->schedule();
  }));
}

void lane_actor::close() noexcept {
  gate_.close();
  const std::lock_guard lock(pump_mutex_);
  if (closed_) return;
  closed_ = true;
  release();
  set_status("stopped");
  timer_.reset();
  const std::lock_guard post_lock(post_mutex_);
  strand_.reset();
}

void lane_actor::set_status(std::string_view status) {
  const std::lock_guard lock(status_mutex_);
  if (status_ != status) status_.assign(status);
}

std::string lane_actor::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

}  // namespace evhost::runtime
