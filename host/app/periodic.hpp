// Work that comes again and again while the host serves, on the pool.
//
// Threading: start and stop [control]; the work never overlaps with itself. A round under way ends before the pool is
// joined; after stop() no further one begins. The object outlives the pool's threads.
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <mutex>

namespace evhost::app {

class periodic {
 public:
  periodic(boost::asio::any_io_executor pool, std::chrono::milliseconds every, std::function<void()> work)
      : every_(every), work_(std::move(work)), alarm_(std::move(pool)) {}

  void start() {
    const std::lock_guard lock(mutex_);
    arm();
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    alarm_.cancel();
  }

 private:
  void arm() {
    if (stopped_) return;
    alarm_.expires_after(every_);
    alarm_.async_wait([this](const boost::system::error_code& why) {
      if (why) return;
      work_();
      const std::lock_guard lock(mutex_);
      arm();
    });
  }

  const std::chrono::milliseconds every_;
  const std::function<void()> work_;
  std::mutex mutex_;
  bool stopped_ = false;
  boost::asio::steady_timer alarm_;
};

}  // namespace evhost::app
