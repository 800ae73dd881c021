// One thread per connection, poll in both directions.
#include "tests/support/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace evhost::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int fd, const char* bytes, ssize_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= sent;
  }
  return true;
}

void reset_on_close(int fd) {
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

constexpr int poll_ms = 20;

}  // namespace

tcp_proxy::tcp_proxy(std::uint16_t server_port) : server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 64);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

tcp_proxy::~tcp_proxy() {
  stopping_ = true;
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  for (const int fd : held_) ::close(fd);
  ::close(listener_);
}

void tcp_proxy::on(std::string bytes, action what) {
  const std::lock_guard lock(mutex_);
  bytes_ = std::move(bytes);
  action_ = what;
}

void tcp_proxy::weather(conditions now) {
  const std::lock_guard lock(mutex_);
  weather_ = now;
}

tcp_proxy::conditions tcp_proxy::weather() const {
  const std::lock_guard lock(mutex_);
  return weather_;
}

// In pieces, late, or not at all, as the weather is.
bool tcp_proxy::pass_on(int from, int to, char* buffer, std::size_t got, std::uint32_t& dice) {
  const auto now = weather();
  const std::size_t piece = now.slice ? now.slice : got;
  for (std::size_t at = 0; at < got; at += piece) {
    dice = dice * 1664525u + 1013904223u;
    if (now.cut_per_10k && (dice >> 8) % 10'000 < now.cut_per_10k) {
      reset_on_close(from);
      reset_on_close(to);
      return false;
    }
    if (now.delay_ms || now.jitter_ms)
      std::this_thread::sleep_for(std::chrono::milliseconds(now.delay_ms + (now.jitter_ms ? (dice >> 16) % now.jitter_ms : 0)));
    if (!send_all(to, buffer + at, static_cast<ssize_t>(std::min(piece, got - at)))) return false;
  }
  return true;
}

tcp_proxy::action tcp_proxy::match(const char* bytes, std::size_t size) {
  const std::lock_guard lock(mutex_);
  if (action_ == action::none || std::string_view(bytes, size).find(bytes_) == std::string_view::npos)
    return action::none;
  ++acted_;
  return std::exchange(action_, action::none);
}

void tcp_proxy::accept_loop() {
  while (!stopping_) {
    pollfd one{listener_, POLLIN, 0};
    if (::poll(&one, 1, poll_ms) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0 && weather().refuse) {
      reset_on_close(client);
      ::close(client);
    } else if (client >= 0) threads_.emplace_back([this, client] { relay(client); });
  }
}

void tcp_proxy::relay(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(server_port_);
  const int yes = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  bool hold = false, deaf = false;
  std::array<char, 1 << 16> buffer;
  auto dice = static_cast<std::uint32_t>(client) * 2654435761u + static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  while (open && !stopping_) {
    const auto now = weather();
    if (now.refuse) {
      reset_on_close(client);
      reset_on_close(server);
      break;
    }
    pollfd both[] = {{now.hold_up ? -1 : client, POLLIN, 0}, {now.hold_down ? -1 : server, POLLIN, 0}};
    if (::poll(both, 2, poll_ms) <= 0) continue;
    if (both[0].revents != 0) {
      const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      switch (deaf ? action::black_hole : match(buffer.data(), static_cast<std::size_t>(got))) {
        case action::none: open = pass_on(client, server, buffer.data(), static_cast<std::size_t>(got), dice); break;
        case action::withhold_then_cut: open = false; break;
        case action::withhold_and_hold: open = false, hold = true; break;
        case action::black_hole: deaf = true; break;
        case action::forward_then_cut:
          send_all(server, buffer.data(), got);
          ::recv(server, buffer.data(), buffer.size(), 0);  // it has answered
          open = false;
          break;
      }
    }
    if (open && both[1].revents != 0) {
      const ssize_t got = ::recv(server, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      if (!deaf) open = pass_on(server, client, buffer.data(), static_cast<std::size_t>(got), dice);
    }
  }
  ::close(client);
  if (!hold) return void(::close(server));
  const std::lock_guard lock(mutex_);
  held_.push_back(server);
}

}  // namespace evhost::test
