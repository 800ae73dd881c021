// A bound on what may wait for the pool: posts to the executor, and says no when `capacity` jobs wait already.
#pragma once
#include "host/io/metrics/runtime.hpp"
#include "host/io/observe.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace evhost::runtime {

class work_queue {
 public:
  work_queue(boost::asio::any_io_executor pool, std::size_t capacity, io::metric_registry& metrics,
             std::string_view name)
      : pool_(std::move(pool)), capacity_(capacity) {
    metrics.get_gauge(io::metrics::queue_capacity, {name}).set(static_cast<double>(capacity));
    watch_ = metrics.watch(io::metric_kind::gauge, io::metrics::queue_depth, {name},
                           [waiting = waiting_] { return static_cast<double>(waiting->load()); });
  }

  // Runs job once on the pool. False, and nothing kept, when full. Any thread.
  template <class Job>
  bool post(Job job) {
    if (waiting_->fetch_add(1) >= capacity_) {
      waiting_->fetch_sub(1);
      return false;
    }
    boost::asio::post(pool_, [waiting = waiting_, job = std::move(job)]() mutable {
      waiting->fetch_sub(1);
      job();
    });
    return true;
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_->load(); }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return pool_; }

 private:
  boost::asio::any_io_executor pool_;
  std::size_t capacity_;
  std::shared_ptr<std::atomic<std::size_t>> waiting_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<void> watch_;
};

}  // namespace evhost::runtime
