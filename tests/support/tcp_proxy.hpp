// A loopback proxy that breaks connections at a chosen place: for lost replies, half-open connections, black holes.
//
// Rules watch the bytes a client sends; the first that matches acts, once. The weather holds for all connections until it
// changes: what is held back then flows on, as after lost packets. Threads: rules and weather from any.
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

  struct conditions {
    bool hold_up = false, hold_down = false;  // nothing from clients, nothing from the server passes; nobody is cut off
    bool refuse = false;                      // new connections are reset, old ones cut
    std::uint32_t delay_ms = 0, jitter_ms = 0;  // before each piece is passed on
    std::uint32_t slice = 0;                  // bytes per piece; 0: as they come
    std::uint32_t cut_per_10k = 0;            // of pieces that end their connection with a reset
  };

  explicit tcp_proxy(std::uint16_t server_port);
  ~tcp_proxy();
  tcp_proxy(const tcp_proxy&) = delete;
  tcp_proxy& operator=(const tcp_proxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The next time a client sends these bytes in one piece.
  void on(std::string bytes, action what);
  void weather(conditions now);
  [[nodiscard]] int acted() const { return acted_.load(); }  // how often a rule did

 private:
  void accept_loop();
  void relay(int client);
  action match(const char* bytes, std::size_t size);
  conditions weather() const;
  bool pass_on(int from, int to, char* buffer, std::size_t got, std::uint32_t& dice);

  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<int> acted_{0};
  mutable std::mutex mutex_;
  conditions weather_;
  std::string bytes_;
  action action_ = action::none;
  std::vector<int> held_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace evhost::test
