// The WebSocket side of one io thread: ids to sessions, the inbox of frames from other threads, the sweep.
//
// Threading: post_*() and open()/close_inbox() from any thread; the rest on the io thread.
// Bounds: inbox_entries_max queued (connection, frame) pairs and inbox_bytes_max of frames; beyond it the connections concerned are cut.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "host/core/net/wire.hpp"
#include "host/io/observe.hpp"
#include "host/io/websocket.hpp"
#include "host/websocket/slots.hpp"

namespace evhost::websocket {

class session;

// Shared by all shards of a hub.
struct hub_counters {
  std::atomic<std::size_t> connections{0};  // sessions that exist, lingering ones included
  std::atomic<std::size_t> live{0};         // ids that can be sent to
  std::atomic<std::uint64_t> opened{0}, closed{0}, messages_in{0}, frames_out{0}, bytes_out{0}, slow_closed{0}, refused{0};
  io::counter sent, received, dropped_slow, dropped_limit;
  io::gauge open;
};

class shard {
 public:
  static constexpr std::size_t inbox_entries_max = 1 << 18;
  static constexpr std::size_t inbox_bytes_max = 64 << 20;  // each frame counted once

  shard(std::size_t index, core::net::io_executor executor, std::chrono::milliseconds sweep_every, hub_counters& counters,
        std::function<void()> on_empty);

  // ---- any thread ----
  bool post_frame(std::span<const io::ws_id> ids, const io::ws_frame& frame);  // ids of this shard only
  void post_close(io::ws_id id, std::uint16_t code, std::string_view reason);
  void post_close_all(std::uint16_t code);
  void post_abort_all();
  void shut_inbox();
  void detach() noexcept { timer_.reset(); }  // [control] after the io thread's end

  // ---- io thread ----
  io::ws_id reserve();                       // 0: no id left
  void bind(io::ws_id id, session& s);
  void forget(io::ws_id id) noexcept;        // the id is stale from here on
  void enlist(session& s);
  void dismiss(session& s) noexcept;
  hub_counters& counters() noexcept { return counters_; }

  std::optional<std::size_t> queued_bytes(io::ws_id id) const noexcept { return slots_.bytes(id); }
  void written(io::ws_id id, std::size_t bytes) noexcept { slots_.take_bytes(id, bytes); }

 private:
  struct item {  // one of: frame to ids, close of one id, close of all
    io::ws_frame frame;
    std::vector<io::ws_id> ids;
    std::uint16_t code = 0;
    std::string reason;
    bool abort = false;
  };

  bool post(item made, std::size_t entries);
  void take_inbox();
  void apply(item& i);
  void tick();

  core::net::io_executor executor_;
  const std::chrono::milliseconds sweep_every_;
  hub_counters& counters_;
  std::function<void()> on_empty_;
  std::unique_ptr<boost::asio::steady_timer> timer_;
  bool ticking_ = false, stopping_ = false;

  std::mutex inbox_mutex_;
  std::vector<item> inbox_;
  std::unordered_set<io::ws_id> cut_;        // missed a frame
  std::size_t inbox_entries_ = 0, inbox_bytes_ = 0;
  bool inbox_open_ = true, wake_posted_ = false;

  slot_table slots_;
  session* sessions_ = nullptr;
};

}  // namespace evhost::websocket
