// WebSocket tickets: short-lived, single-use stand-ins for an access token, fit for a subprotocol header.
//
// A ticket is the host's sealed token over (subject, session, expiry of the login, its own deadline, a nonce); used nonces are
// remembered until they expire, so of many uses in this process exactly one wins. Thread-safe.
#pragma once
#include <evh/services.hpp>

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

class tickets {
 public:
  static constexpr std::int64_t lifetime_s = 30;
  static constexpr std::size_t used_max = 100'000;  // more uses within 30 s than that are refused

  explicit tickets(const evh::services& host) : host_(&host) {}

  std::string issue(const login& who, std::int64_t now_ns);
  // The login, once; empty when forged, expired or used.
  std::optional<login> redeem(std::string_view ticket, std::int64_t now_ns);

 private:
  const evh::services* host_;
  std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::unordered_map<std::string, std::int64_t> used_;  // nonce -> deadline
};

}  // namespace sync_
