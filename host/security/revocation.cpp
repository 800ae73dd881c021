// Two maps under one shared mutex.
#include "host/security/revocation.hpp"

#include <algorithm>
#include <mutex>

namespace evhost::security {

void revocation_list::disable_user(std::string_view subject) {
  const std::unique_lock lock(mutex_);
  users_[std::string(subject)].disabled = true;
}

void revocation_list::enable_user(std::string_view subject) {
  const std::unique_lock lock(mutex_);
  if (const auto found = users_.find(subject); found != users_.end()) found->second.disabled = false;
}

void revocation_list::raise_auth_epoch(std::string_view subject, std::int64_t epoch_seconds) {
  constexpr std::int64_t token_life_seconds = 25 * 3600;  // longer than any token lives
  const std::unique_lock lock(mutex_);
  if (users_.size() >= entries_max_)
    std::erase_if(users_, [&](const auto& user) { return !user.second.disabled && user.second.auth_epoch + token_life_seconds < epoch_seconds; });
  auto& epoch = users_[std::string(subject)].auth_epoch;
  epoch = std::max(epoch, epoch_seconds);
}

void revocation_list::revoke_session(std::string_view session_id, std::string_view subject, std::int64_t now_seconds,
                                     std::int64_t until_seconds) {
  const std::unique_lock lock(mutex_);
  if (sessions_.size() >= entries_max_) forget_old_sessions(now_seconds);
  if (sessions_.size() < entries_max_) {
    sessions_.insert_or_assign(std::string(session_id), until_seconds);
    return;
  }
  auto& epoch = users_[std::string(subject)].auth_epoch;
  epoch = std::max(epoch, now_seconds);
}

void revocation_list::forget_old_sessions(std::int64_t now_seconds) {
  std::erase_if(sessions_, [now_seconds](const auto& entry) { return entry.second < now_seconds; });
}

bool revocation_list::revoked(std::string_view subject, std::string_view session_id, std::int64_t issued_at) const {
  const std::shared_lock lock(mutex_);
  if (const auto user = users_.find(subject); user != users_.end()) {
    if (user->second.disabled || issued_at < user->second.auth_epoch) return true;
  }
  return !session_id.empty() && sessions_.contains(session_id);
}

}  // namespace evhost::security
