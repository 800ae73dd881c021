// The wire of /api/v1/ws: client frames parsed strictly, server frames written without a DOM.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sync_ {

struct since {
  std::string epoch;
  std::int64_t seq = 0;
};

struct auth_frame {
  std::string token;
};
struct subscribe_frame {
  std::optional<since> from;  // empty: from now on
};
struct ping_frame {};
struct bad_frame {
  std::string detail;  // what is wrong, with the remedy
};
using client_frame = std::variant<auth_frame, subscribe_frame, ping_frame, bad_frame>;

client_frame parse_frame(std::string_view text);

namespace frames {
std::string authenticated(std::string_view subject, std::int64_t expires_ns);
std::string subscribed(std::string_view epoch, std::int64_t seq);
std::string resync_required(std::string_view reason, std::string_view epoch, std::int64_t seq);
// data is JSON already and is copied verbatim.
std::string event(std::int64_t seq, std::int64_t prev, std::string_view id, std::string_view event, std::string_view data);
std::string pong();
std::string error(std::string_view code, std::string_view detail);
}  // namespace frames

}  // namespace sync_
