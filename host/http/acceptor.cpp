// A refused connection costs one accept, one send and one close; nothing is read from it.
#include "host/http/acceptor.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include <boost/asio/ip/v6_only.hpp>

#include "host/http/shard.hpp"
#include "host/io/metrics/http.hpp"

namespace evhost::http {
namespace {

constexpr auto pause_after_error = std::chrono::milliseconds(50);

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

acceptor::acceptor(serving& shared, const std::vector<std::shared_ptr<shard>>& shards)
    : shared_(shared), shards_(shards), listener_(shards.front()->io()), pause_(shards.front()->io()), spare_(open_spare()) {}

acceptor::~acceptor() {
  if (spare_ >= 0) ::close(spare_);
}

core::result<std::uint16_t> acceptor::open() {
  const auto& o = shared_.options;
  core::net::error_code ec;
  const auto address = boost::asio::ip::make_address(o.address, ec);
  if (ec) return core::fail(core::errc::invalid, "http.address: '" + o.address + "' is not an IP address; use 127.0.0.1, 0.0.0.0 or ::");
  const tcp::endpoint at(address, o.port);
  const auto failed = [&](const std::string& what) {
    return core::fail(core::errc::conflict, "http: cannot " + what + " " + o.address + " port " + std::to_string(o.port) + ": " + ec.message() +
                                                "; stop what holds the port or set http.port (EVH_HTTP_PORT)");
  };
  listener_.open(at.protocol(), ec);
  if (ec) return failed("open a socket for");
  listener_.set_option(listener::reuse_address(true), ec);
  if (address.is_v6()) listener_.set_option(boost::asio::ip::v6_only(false), ec);
  listener_.bind(at, ec);
  if (ec) return failed("bind");
  listener_.listen(o.backlog, ec);
  if (ec) return failed("listen on");
  return listener_.local_endpoint().port();
}

void acceptor::start() {
  boost::asio::post(listener_.get_executor(), [this] { accept_next(); });
}

void acceptor::close() {
  std::promise<void> done;
  boost::asio::post(listener_.get_executor(), [&] {
    core::net::error_code ignored;
    closed_ = true;
    listener_.close(ignored);
    pause_.cancel();
    boost::asio::post(listener_.get_executor(), [&] { done.set_value(); });  // behind the aborted accept
  });
  done.get_future().wait();
}

void acceptor::accept_next() {
  if (closed_) return;
  shard& home = *shards_[turn_++ % shards_.size()];
  listener_.async_accept(home.io().get_executor(), from_, [this, &home](core::net::error_code ec, core::net::tcp_socket socket) {
    accepted(ec, std::move(socket), home);
  });
}

void acceptor::accepted(core::net::error_code ec, core::net::tcp_socket socket, shard& home) {
  if (closed_) return;
  if (ec) {
    shared_.counters.accept_errors.fetch_add(1, std::memory_order_relaxed);
    if (ec == boost::asio::error::no_descriptors) out_of_descriptors();
    pause_.expires_after(pause_after_error);
    pause_.async_wait([this](core::net::error_code) { accept_next(); });
    return;
  }
  const auto peer = from_.address();
  connection_caps::lease lease;
  switch (shared_.caps->acquire(limit_key(peer), lease, shared_.proxies.contains(peer))) {
    case connection_caps::verdict::granted: home.adopt(std::move(socket), peer, std::move(lease)); break;
    case connection_caps::verdict::full: refuse(socket, "cap"); break;
    case connection_caps::verdict::address_full: refuse(socket, "address-cap"); break;
  }
  accept_next();
}

// The waiting client gets a quick close instead of a silent queue: the spare descriptor is lent to it.
void acceptor::out_of_descriptors() {
  if (spare_ >= 0) ::close(spare_);
  const int fd = ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) ::close(fd);
  spare_ = open_spare();
}

void acceptor::refuse(core::net::tcp_socket& socket, std::string_view reason) {
  static constexpr std::string_view answer =
      "HTTP/1.1 503 Service Unavailable\r\nServer: evhost\r\nConnection: close\r\nRetry-After: 1\r\n"
      "Content-Type: application/problem+json\r\nContent-Length: 114\r\n\r\n"
      R"({"type":"/problems/too-many-connections","title":"Service Unavailable","status":503,"code":"too-many-connections"})";
  static_assert(answer.size() - answer.find('{') == 114);
  ::send(socket.native_handle(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  shared_.counters.refused.fetch_add(1, std::memory_order_relaxed);
  shared_.hooks.metrics->get_counter(io::metrics::http_connections_refused_total, {reason}).add();
}

}  // namespace evhost::http
