// One io thread: its io_context, its sessions and their deadlines, and the answers that come back to it.
//
// Threading: post_answer(), post() and on_thread() from any thread; the rest on the io thread, except start(), finish()
//   and join() (control). Bounds: sessions by connection_caps, posted answers by the requests in flight.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "host/http/deadlines.hpp"
#include "host/http/serving.hpp"

namespace evhost::http {

class exchange;
class session;

class shard : public std::enable_shared_from_this<shard> {
 public:
  shard(std::shared_ptr<serving> shared, std::size_t index);
  ~shard();

  serving& shared() noexcept { return *shared_; }
  std::size_t index() const noexcept { return index_; }
  boost::asio::io_context& io() noexcept { return io_; }
  bool on_thread() const noexcept { return std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed); }

  void start();
  // Lets the thread end when its sessions have ended; aborts those that live.
  void finish();
  void join();

  void adopt(core::net::tcp_socket socket, const ip_address& peer, connection_caps::lease lease);
  void post_answer(exchange& x);
  void close_idle();  // draining: sessions that wait for a request

  deadline_wheel& wheel() noexcept { return wheel_; }
  void enlist(session& s);
  void dismiss(session& s) noexcept;
  void observe(const io::http_request& request, unsigned status, std::string_view code, std::chrono::steady_clock::duration took);
  void count_rejected(std::string_view code);

 private:
  void tick();
  void take_answers();

  const std::shared_ptr<serving> shared_;
  const std::size_t index_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  deadline_wheel wheel_;
  bool ticking_ = false, finishing_ = false;
  session* sessions_ = nullptr;  // intrusive list
  std::atomic<exchange*> posted_{nullptr};
  std::atomic<bool> stopped_{false};
  std::atomic<std::thread::id> thread_id_{};
  std::thread thread_;
  std::unordered_map<std::uint64_t, io::histogram> durations_;  // by route and status; bounded by both
  std::unordered_map<std::string_view, io::counter> rejected_;  // codes are static text
  io::gauge connections_;
};

}  // namespace evhost::http
