// A loopback proxy that breaks connections at a chosen place: for lost replies, half-open connections, black holes.
//
// Rules watch the bytes a client sends; the first that matches acts, once. Threads: rules from any, between
// connections.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace evhost::test {

class tcp_proxy {
 public:
  enum class action {
    none,
    forward_then_cut,   // the server gets it and answers; the client gets nothing and is cut off
    withhold_then_cut,  // the server never gets it; both sides are cut off
    withhold_and_hold,  // the client is cut off; the server's side stays open with whatever it has begun
    black_hole,         // nothing passes any more in either direction, nobody is cut off
  };

  explicit tcp_proxy(std::uint16_t server_port);
  ~tcp_proxy();
  tcp_proxy(const tcp_proxy&) = delete;
  tcp_proxy& operator=(const tcp_proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The next time a client sends these bytes in one piece.
  void on(std::string bytes, action what);
  [[nodiscard]] int acted() const { return acted_.load(); }  // how often a rule did

 private:
  void accept_loop();
  void relay(int client);
  action match(const char* bytes, std::size_t size);

  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<int> acted_{0};
  std::mutex mutex_;
  std::string bytes_;
  action action_ = action::none;
  std::vector<int> held_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace evhost::test
