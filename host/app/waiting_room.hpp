// The front while the host starts: says that it lives and what it waits for, and turns everything else away with 503.
//
// Opened when a database or brokers elsewhere may be absent; closed just before the real front takes the same port.
// One thread ([control]); the constructor throws failure when the port cannot be had.
#pragma once
#include "host/config/settings.hpp"
#include "host/http/front.hpp"
#include "host/observe/metrics.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace evhost::app {

class waiting_room {
 public:
  waiting_room(const config::settings& settings, observe::registry& metrics);
  ~waiting_room() { close(); }
  waiting_room(const waiting_room&) = delete;
  waiting_room& operator=(const waiting_room&) = delete;

  [[nodiscard]] std::uint16_t port() const { return front_->port(); }
  // Shows the reason on /readyz. False when the process was told to end (SIGTERM or SIGINT waits).
  bool waits_for(const std::string& why);
  void close();

 private:
  struct reason;
  const std::shared_ptr<reason> reason_;
  std::unique_ptr<http::front> front_;
};

}  // namespace evhost::app
