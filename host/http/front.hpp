// The one HTTP front: one port, its io threads, REST routes, the WebSocket upgrade.
//
// Use: construct, route(), start(), ... drain(), stop().
// Threading: the control thread. stop() is idempotent, works after a failed start() and is called by the destructor.
// Ownership: the hooks must outlive the front; exchanges that handlers still hold may outlive it.
// Errors: start() says in one sentence what could not be done and which option to change.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/core/result.hpp"
#include "host/http/options.hpp"
#include "host/io/http.hpp"
#include "host/io/observe.hpp"
#include "host/io/upgrade.hpp"

namespace evhost::http {

// Everything optional.
struct front_hooks {
  io::authenticator* authenticator = nullptr;  // null: routes that need authentication answer 503
  io::rate_gate* rates = nullptr;
  io::upgrade_handler* upgrades = nullptr;
  io::denial_observer* denials = nullptr;
  io::log_sink* log = nullptr;
  io::metric_registry* metrics = nullptr;
};

struct front_stats {
  std::uint64_t answered = 0, late = 0, dropped = 0, refused = 0, accept_errors = 0;
  std::size_t connections = 0;
};

struct serving;
class acceptor;
class shard;

class front final : public io::http_routes {
 public:
  front(front_options options, front_hooks hooks);  // throws std::invalid_argument for a bad trusted_proxies entry
  ~front() override;
  front(const front&) = delete;
  front& operator=(const front&) = delete;

  std::string route(io::http_method method, std::string_view pattern, io::http_route_options options, io::http_handler handler) override;

  core::result<void> start();
  std::uint16_t port() const noexcept { return port_; }

  // Stops accepting, lets requests in flight end with Connection: close, closes WebSockets with 1012. True when no
  // connection was left at the deadline.
  bool drain(std::chrono::milliseconds within);
  void stop();

  front_stats stats() const;

 private:
  const std::shared_ptr<serving> serving_;
  std::vector<std::shared_ptr<shard>> shards_;
  std::unique_ptr<acceptor> acceptor_;
  std::vector<std::shared_ptr<void>> watches_;
  std::uint16_t port_ = 0;
  bool started_ = false, stopped_ = false;
};

}  // namespace evhost::http
