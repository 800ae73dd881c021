// The WebSocket port: routes, connection events, and one shared frame to many connections.
//
// Threading: handler events of one connection come in order on its io thread and must not block; events of different
//   connections come concurrently. send() and close() may be called from any thread, also inside an event.
// Ownership: a frame is immutable and shared; its bytes are never copied per connection. Views in events die at return.
// Bounds: messages 64 KiB in, outbound queue per connection limited in frames and bytes (ws_limits); a reader that lets
//   it overflow, or that does not answer pings, is closed with ws_limits::slow_code and its queue is freed at once.
// Lifetime: after on_close no event of that id comes again; ids carry a generation and are never reused in a process's
//   practical life, so a stale id is simply ignored.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/http.hpp"

namespace evhost::io {

using ws_id = std::uint64_t;                              // 0 is never a connection
enum class ws_kind : std::uint8_t { text, binary };

struct ws_frame_data {
    ws_kind kind = ws_kind::text;
    std::string payload;
};
using ws_frame = std::shared_ptr<const ws_frame_data>;

inline ws_frame make_ws_frame(std::string payload, ws_kind kind = ws_kind::text) {
    return std::make_shared<const ws_frame_data>(ws_frame_data{kind, std::move(payload)});
}

// Close codes of the product beside RFC 6455's.
namespace ws_code {
inline constexpr std::uint16_t normal = 1000, going_away = 1001, protocol_error = 1002, invalid_text = 1007, policy = 1008,
    too_big = 1009, internal = 1011, service_restart = 1012, try_again = 1013, abnormal = 1006, unauthenticated = 4401,
    forbidden = 4403, idle = 4408, rate_limited = 4429;
}

class websocket_handler {
public:
    virtual ~websocket_handler() = default;
    // The upgrade is done; request (with `who` from the ticket check, if any) dies at return.
    virtual void on_open(ws_id id, const http_request& request) noexcept = 0;
    // False: the receiver is overloaded; the connection is closed 1013.
    virtual bool on_message(ws_id id, ws_kind kind, std::string_view message) noexcept = 0;
    // The outbound queue passed ws_limits::high_water_bytes and has now fallen below half of it.
    virtual void on_drained(ws_id id) noexcept { (void)id; }
    // Last event. code: what was sent or received, 1006 when the peer vanished.
    virtual void on_close(ws_id id, std::uint16_t code) noexcept = 0;
};

// Verdict of the ticket check before the upgrade. subprotocol: the one to select, empty for none.
struct ws_admission {
    bool admitted = true;
    std::string subprotocol;
    std::shared_ptr<const principal> who;
    http_problem problem{401, "authentication-required", {}, {}};
};
// offered: the subprotocols in the client's order. Called on the io thread; must not block.
using ws_admit = std::function<ws_admission(const http_request& request, std::span<const std::string_view> offered)>;

struct ws_limits {
    std::size_t message_bytes_max = 64 * 1024;
    std::size_t fragments_max = 256;                      // frames of one message
    unsigned messages_per_s = 50, messages_burst = 200;   // above: closed 4429
    std::size_t queue_frames_max = 4096;
    std::size_t queue_bytes_max = 1 << 20;
    std::size_t high_water_bytes = 256 * 1024;
    std::uint16_t slow_code = ws_code::try_again;
    std::chrono::milliseconds ping_after{20'000};         // silence before a ping
    std::chrono::milliseconds dead_after{45'000};         // silence before the peer is given up
    std::chrono::milliseconds close_grace{2'000};         // how long a close frame may take to leave
};

struct ws_route_options {
    ws_limits limits;
    auth_mode auth = auth_mode::none;                     // Authorization header, beside the ticket check
    ws_admit admit;                                       // empty: everyone whose Origin is allowed
};

class websocket_routes {
public:
    virtual ~websocket_routes() = default;
    // path: literal, e.g. "/api/v1/ws". handler must outlive the front. Returns "" or the refusal. [control]
    virtual std::string websocket(std::string_view path, ws_route_options options, websocket_handler& handler) = 0;
};

class websocket_hub {
public:
    virtual ~websocket_hub() = default;
    // Queues one frame on many connections, in the order of the calls of one thread. Unknown ids are skipped. False: an
    // io thread is so far behind that its inbox is full and some connections were not served; they are closed with
    // their slow_code, since a hole in their stream must not go unseen. [any]
    virtual bool send(std::span<const ws_id> ids, const ws_frame& frame) = 0;
    bool send(ws_id id, const ws_frame& frame) { return send(std::span<const ws_id>(&id, 1), frame); }
    // Sends what is queued, then a close frame. Idempotent. reason is cut to 123 bytes. [any]
    virtual void close(ws_id id, std::uint16_t code, std::string_view reason) = 0;
    // Bytes queued on a connection and not yet on the wire, for pacing replays; nullopt when it is gone. [any]
    virtual std::optional<std::size_t> queued_bytes(ws_id id) const noexcept = 0;
    virtual std::size_t connections() const noexcept = 0;
};

struct ws_stats {
    std::uint64_t opened = 0, closed = 0, messages_in = 0, frames_out = 0, bytes_out = 0, slow_closed = 0, refused = 0;
};

}  // namespace evhost::io
