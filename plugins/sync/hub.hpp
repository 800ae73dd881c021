// Who is connected, and what each connection must still get: the heart of live sync, free of SQL and sockets.
//
// Life of a connection: opened -> authenticated -> (holding while its past is sent) -> live. Live records come from the
// broadcast subscription in offset order per partition; a holding connection keeps them back until its replay passed
// its tail L. One mutex owns everything; calls into the outside (wire) happen under it so that order is kept, and
// never block. Bounds: held frames per connection, connections per person.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sync_ {

using connection_id = std::uint64_t;

// Where frames go. Called under the hub's lock; must not call back.
class wire {
 public:
  virtual ~wire() = default;
  virtual void send(std::span<const connection_id> to, std::string_view frame) = 0;
  virtual void close(connection_id id, std::uint16_t code, std::string_view reason) = 0;
};

namespace close_code {
inline constexpr std::uint16_t policy = 1008, overloaded = 1013, unauthenticated = 4401;
}

struct hub_limits {
  std::size_t held_frames_max = 8192;   // while a replay runs
  std::size_t held_bytes_max = 8u << 20;
  std::size_t per_person_max = 64;      // open connections of one person
  std::int64_t auth_within_ns = 5'000'000'000;
  std::size_t ended_max = 10'000;      // sessions that ended within ended_for_ns
  std::int64_t ended_for_ns = 60'000'000'000;
};

// One live record of task-updates.
struct live_record {
  std::int32_t partition = 0;
  std::int64_t seq = 0;
  std::string_view person, id, event, data;
};

// A replay to run for a connection: feed rows of person in (after, tail], once the feed of the partition passed tail.
struct replay {
  connection_id connection = 0;
  std::string person;
  std::int32_t partition = 0;
  std::int64_t after = 0;  // last seq the client has
  std::int64_t tail = 0;   // L
  std::int64_t prev = 0;   // what the next event's prev must be
};

class hub {
 public:
  hub(wire& out, hub_limits limits) : wire_(&out), limits_(limits) {}

  void opened(connection_id id, std::int64_t now_ns);
  void closed(connection_id id);
  // Binds a person (or renews the expiry). False: other person than before, or too many connections; it was closed.
  // Also false, and closed, when its session ended a moment ago: the token may have been checked before that was known.
  bool authenticate(connection_id id, std::string_view person, std::int64_t expires_ns, std::string_view session = {});
  // A session ended: its connections are closed. Empty: every connection of the person.
  void revoke(std::string_view person, std::string_view session, std::int64_t now_ns);
  // The person of an authenticated connection; empty otherwise.
  [[nodiscard]] std::string person_of(connection_id id) const;

  // Holds live frames of the connection from now on; returns the last seq of the partition this hub has seen (-1: none).
  std::optional<std::int64_t> hold(connection_id id, std::int32_t partition);
  // Lets held frames go: those above `sent` follow, chained to prev; then live.
  void release(connection_id id, std::int64_t sent, std::int64_t prev);
  void stop_holding(connection_id id);  // a resync answer: drop what was held, do not subscribe

  // A record arrived by broadcast.
  void live(const live_record& record);
  // A frame for one connection (replay rows, answers).
  void send(connection_id id, std::string_view frame) { wire_->send({&id, 1}, frame); }

  // Closes who did not authenticate in time and whose token ran out.
  void sweep(std::int64_t now_ns);
  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] std::size_t subscribed() const;

 private:
  enum class phase { opened, authenticated, holding, live };
  struct held_frame {
    std::int64_t seq;
    std::string id, event, data;
  };
  struct connection {
    phase at = phase::opened;
    std::string person, session;
    std::int64_t opened_ns = 0, expires_ns = 0;
    std::int64_t prev = -1;  // last seq sent
    std::deque<held_frame> held;
    std::size_t held_bytes = 0;
  };

  void drop_person(connection_id id, const std::string& person);
  void close_locked(connection_id id, std::uint16_t code, std::string_view reason);

  wire* wire_;
  hub_limits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<connection_id, connection> connections_;
  // Looked up once per record by a view of its key, without a copy.
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::vector<connection_id>, text_hash, std::equal_to<>> people_;  // authenticated connections
  std::unordered_map<std::string, std::int64_t, text_hash, std::equal_to<>> ended_;  // sessions that ended, and when
  std::unordered_map<std::int32_t, std::int64_t> seen_;                 // last seq per partition
};

}  // namespace sync_
