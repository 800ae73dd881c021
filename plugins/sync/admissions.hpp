// Connections that came with a ticket, until it is known that no other process admitted the same ticket before.
//
// Where one process owns the database the ticket's memory is enough and a connection is admitted at once. Otherwise the use
// is a row, inserted once; frames that arrive meanwhile wait, in order. Thread-safe; `admit`, `refuse` and `frame` are called
// on the host's pool, one connection's in order, without the lock. Bounds: frames that wait, connections by the host's.
#pragma once
#include "tickets.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace sync_ {

class admissions {
 public:
  static constexpr std::size_t frames_max = 64;
  enum class refusal { used, busy };

  struct listener {
    std::function<void(std::uint64_t connection, const login& who)> admit;
    std::function<void(std::uint64_t connection, refusal why)> refuse;
    std::function<void(std::uint64_t connection, const std::string& frame)> frame;
  };
  admissions(const evh::services& host, listener tell) : host_(&host), tell_(std::move(tell)) {}

  // Inserts the use of the ticket; then admits or refuses the connection and hands out what waited.
  void begin(std::uint64_t connection, use_of_ticket use);
  // True: the frame waits. False: nothing is pending for the connection.
  bool keep(std::uint64_t connection, std::string_view frame);
  void closed(std::uint64_t connection);

 private:
  void end(std::uint64_t connection, const login& who, std::optional<refusal> why);

  const evh::services* host_;
  const listener tell_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::deque<std::string>> pending_;
};

}  // namespace sync_
