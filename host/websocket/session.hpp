// One WebSocket connection: Beast reads and frames, a bounded queue of shared frames waits to be written.
//
// Threading: its io thread only. Ownership: frees itself when the connection has ended and no operation is left.
// Life: open -> closing (its id is gone, the close frame is on its way) -> lingering (half-closed) -> gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "host/core/net/wire.hpp"
#include "host/io/upgrade.hpp"

namespace evhost::websocket {

class shard;

class session {
 public:
  using clock = std::chrono::steady_clock;

  // Makes the session, answers the upgrade and reports on_open. The shard has given it its id.
  static session* start(shard& home, io::ws_id id, const io::upgrade_route& route, std::unique_ptr<core::net::wire> wire,
                        const io::http_request& request, io::ws_admission admission, std::shared_ptr<void> lease);
  virtual ~session() = default;

  virtual void enqueue(const io::ws_frame& frame) = 0;
  // Sends what is queued (drop_queue: nothing more than the frame in flight), then the close frame.
  virtual void begin_close(std::uint16_t code, std::string_view reason, bool drop_queue) = 0;
  virtual void sweep(clock::time_point now) = 0;
  virtual void abort() noexcept = 0;

  session* next = nullptr;  // the shard's list
  session** link = nullptr;
};

}  // namespace evhost::websocket
