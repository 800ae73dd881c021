// Answers from other threads come through one lock-free stack: the first one wakes the io thread, the rest ride along.
#include "host/http/shard.hpp"

#include <string>

#include "host/http/exchange.hpp"
#include "host/http/session.hpp"
#include "host/io/metrics/http.hpp"

namespace evhost::http {
namespace {

// Fine enough for the shortest deadline configured.
std::chrono::milliseconds tick_for(const front_options& o) {
  const auto shortest = std::min({o.header_timeout, o.body_timeout, o.idle_timeout, o.handler_timeout, o.write_timeout, o.linger_timeout});
  return std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(100));
}

}  // namespace

shard::shard(std::shared_ptr<serving> shared, std::size_t index)
    : shared_(std::move(shared)),
      index_(index),
      work_(boost::asio::make_work_guard(io_)),
      timer_(io_),
      wheel_(tick_for(shared_->options)),
      connections_(shared_->hooks.metrics->get_gauge(io::metrics::http_connections, {"http"})) {}

shard::~shard() { join(); }

void shard::start() {
  thread_ = std::thread([this] {
    thread_id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    io_.run();
  });
}

void shard::finish() {
  boost::asio::post(io_, [this] {
    finishing_ = true;
    for (session* s = sessions_; s != nullptr;) {
      session* following = s->next;  // abort() may end the session
      s->abort();
      s = following;
    }
    timer_.cancel();
    work_.reset();
  });
}

void shard::join() {
  if (thread_.joinable()) thread_.join();
  stopped_.store(true);
  take_answers();
}

void shard::adopt(core::net::tcp_socket socket, const ip_address& peer, connection_caps::lease lease) {
  // Asio wants handlers copyable only when they are; sockets and leases are moved through.
  boost::asio::post(io_, [this, s = std::move(socket), peer, l = std::move(lease)]() mutable {
    if (finishing_) return;
    auto* made = new session(*this, std::move(s), peer, std::move(l));  // owns itself
    made->start();
  });
}

void shard::enlist(session& s) {
  s.next = sessions_;
  s.link = &sessions_;
  if (sessions_ != nullptr) sessions_->link = &s.next;
  sessions_ = &s;
  connections_.add(1);
  if (!ticking_) {
    ticking_ = true;
    tick();
  }
}

void shard::dismiss(session& s) noexcept {
  *s.link = s.next;
  if (s.next != nullptr) s.next->link = s.link;
  connections_.add(-1);
}

// Runs only while there are sessions: an idle host does not wake up.
void shard::tick() {
  if (sessions_ == nullptr || finishing_) {
    ticking_ = false;
    return;
  }
  timer_.expires_after(wheel_.tick());
  timer_.async_wait([this](core::net::error_code ec) {
    if (!ec) wheel_.sweep(deadline_wheel::clock::now());
    tick();
  });
}

void shard::close_idle() {
  boost::asio::post(io_, [this] {
    for (session* s = sessions_; s != nullptr; s = s->next) s->close_if_idle();
  });
}

void shard::post_answer(exchange& x) {
  x.add_owner();
  auto* first = posted_.load(std::memory_order_relaxed);
  do {
    x.next_posted = first;
  } while (!posted_.compare_exchange_weak(first, &x, std::memory_order_seq_cst, std::memory_order_relaxed));
  if (stopped_.load())
    take_answers();  // nobody will come: only give the memory back
  else if (first == nullptr)
    boost::asio::post(io_, [this] { take_answers(); });
}

void shard::take_answers() {
  auto* newest = posted_.exchange(nullptr);
  exchange* in_order = nullptr;
  while (newest != nullptr) {
    auto* older = newest->next_posted;
    newest->next_posted = in_order;
    in_order = newest;
    newest = older;
  }
  while (in_order != nullptr) {
    auto* x = std::exchange(in_order, in_order->next_posted);
    if (!stopped_.load(std::memory_order_relaxed)) x->arrive();
    x->release_owner();
  }
}

void shard::observe(const io::http_request& request, unsigned status, std::string_view code, std::chrono::steady_clock::duration took) {
  if ((status == 401 || status == 403 || status == 429) && shared().hooks.denials != nullptr)
    shared().hooks.denials->denied(request, status, code);
  shared_->counters.answered.fetch_add(1, std::memory_order_relaxed);
  if (status >= 500)
    shared_->hooks.log->log(io::log_level::warning, "http", "request failed",
                            {{"method", io::to_string(request.method)}, {"route", request.route}, {"status", status},
                             {"request_id", request.request_id}, {"remote", request.client_address}});
  // Patterns live as long as the front: their address names the route.
  const auto key = reinterpret_cast<std::uintptr_t>(request.route.data()) << 16 ^ static_cast<std::uint64_t>(request.method) << 12 ^ status;
  auto at = durations_.find(key);
  if (at == durations_.end()) {
    const auto text = std::to_string(status);
    at = durations_.emplace(key, shared_->hooks.metrics->get_histogram(
                                     io::metrics::http_request_duration_seconds,
                                     {request.route.empty() ? "none" : request.route, io::to_string(request.method), text})).first;
  }
  at->second.observe(std::chrono::duration<double>(took).count());
}

void shard::count_rejected(std::string_view code) {
  auto at = rejected_.find(code);
  if (at == rejected_.end())
    at = rejected_.emplace(code, shared_->hooks.metrics->get_counter(io::metrics::http_rejected_total, {code})).first;
  at->second.add();
}

}  // namespace evhost::http
