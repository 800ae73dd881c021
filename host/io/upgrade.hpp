// How the HTTP front hands a connection to WebSocket: two adapters that know this port and not each other.
//
// Threading: attach(), drain(), stop() and detach() on the control thread; find(), negotiate() and adopt() on the io thread of the
//   connection. None of them blocks but stop(), which returns when no connection is left.
// Ownership: adopt() takes the connection and its lease (a slot under the connection caps) for good.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/core/net/wire.hpp"
#include "host/io/websocket.hpp"

namespace evhost::io {

struct upgrade_route {
  std::string path;
  ws_route_options options;
  websocket_handler* handler = nullptr;
};

// What negotiate() found. refused: answer problem with fields; otherwise adopt() may follow.
struct upgrade_verdict {
  bool refused = false;
  http_problem problem{};
  std::vector<std::pair<std::string, std::string>> fields;
  ws_admission admission;
};

class upgrade_handler {
 public:
  virtual ~upgrade_handler() = default;
  // The io threads' executors, before serving. adopt()'s `shard` is an index into them.
  virtual void attach(std::span<const core::net::io_executor> shards) = 0;
  // The route of that path, or null. Stable while serving.
  virtual const upgrade_route* find(std::string_view path) const noexcept = 0;
  // Version, key, Origin, subprotocols and ticket.
  virtual upgrade_verdict negotiate(const upgrade_route& route, const http_request& request) = 0;
  virtual void adopt(const upgrade_route& route, std::size_t shard, std::unique_ptr<core::net::wire> connection,
                     const http_request& request, ws_admission admission, std::shared_ptr<void> lease) = 0;
  // Closes every connection with 1012 and refuses new ones.
  virtual void drain() = 0;
  // Drops what is left, without waiting for peers.
  virtual void stop() = 0;
  // The io threads have ended; their executors are about to die.
  virtual void detach() noexcept = 0;
};

}  // namespace evhost::io
