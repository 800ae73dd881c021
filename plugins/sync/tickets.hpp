// WebSocket tickets: short-lived, single-use stand-ins for an access token, fit for a subprotocol header.
//
// A ticket is the host's sealed token over (subject, session, expiry of the login, its own deadline, a nonce); used nonces are
// remembered until they expire, so of many uses in this process exactly one wins. Of many processes on one database the one
// whose note_use() inserts the row wins. Thread-safe.
#pragma once
#include <evh/services.hpp>
#include <evh/unit.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sync_ {

struct login {
  std::string subject;
  std::int64_t expires_ns = 0;  // Unix; 0: never
  std::string session = {};     // of the token it stands for; may be empty
};

struct use_of_ticket {
  login who;
  std::string nonce;
  std::int64_t deadline_ns = 0;
};

class tickets {
 public:
  static constexpr std::int64_t lifetime_s = 30;
  static constexpr std::size_t used_max = 100'000;  // more uses within 30 s than that are refused

  explicit tickets(const evh::services& host) : host_(&host) {}

  std::string issue(const login& who, std::int64_t now_ns);
  // The use, once; empty when forged, expired or used in this process.
  std::optional<use_of_ticket> redeem(std::string_view ticket, std::int64_t now_ns);
  // False: another process was first.
  static bool note_use(evh::unit& unit, const use_of_ticket& use);
  // Forgets uses whose ticket no process takes any more, whatever its clock says.
  static void trim_uses(evh::unit& unit, std::int64_t now_ns);

 private:
  const evh::services* host_;
  std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::unordered_map<std::string, std::int64_t> used_;  // nonce -> deadline
};

}  // namespace sync_
