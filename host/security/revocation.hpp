// What ends a token before its time: a disabled user, a session that was closed, a user whose older tokens no longer
// count (password change, role change).
//
// Threading: any; writers are rare, readers share. Ownership: values only.
// Bounds: entries_max sessions, and about as many users; when full, the whole user behind a session is signed out instead, never nobody: see
//   revoke_session. Sessions are forgotten once no token of theirs can still be in time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace evhost::security {

class revocation_list {
 public:
  explicit revocation_list(std::size_t entries_max = 100'000) : entries_max_(entries_max) {}

  void disable_user(std::string_view subject);
  void enable_user(std::string_view subject);
  /// Tokens of the subject issued before `epoch_seconds` no longer count.
  void raise_auth_epoch(std::string_view subject, std::int64_t epoch_seconds);
  /// Ends a session; forgotten after `until_seconds`, the latest expiry of its tokens. When the list is full the user's
  /// auth epoch is raised to `now_seconds` instead.
  void revoke_session(std::string_view session_id, std::string_view subject, std::int64_t now_seconds,
                      std::int64_t until_seconds);

  [[nodiscard]] bool revoked(std::string_view subject, std::string_view session_id, std::int64_t issued_at) const;

 private:
  struct user_state {
    bool disabled = false;
    std::int64_t auth_epoch = 0;
  };
  void forget_old_sessions(std::int64_t now_seconds);

  const std::size_t entries_max_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, user_state, std::less<>> users_;
  std::map<std::string, std::int64_t, std::less<>> sessions_;  // session -> until
};

}  // namespace evhost::security
