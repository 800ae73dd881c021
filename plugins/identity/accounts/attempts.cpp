// Counting and pausing.
#include "plugins/identity/accounts/attempts.hpp"

#include <algorithm>

namespace identity {

attempts::state& attempts::find(std::string_view key, time_point now) {
  const auto known = keys_.find(std::string(key));
  if (known != keys_.end()) return known->second;
  if (keys_.size() >= keys_max_)
    std::erase_if(keys_, [&](const auto& k) { return k.second.not_before <= now && k.second.tries <= rule_.free; });
  if (keys_.size() >= keys_max_) return shared_;
  return keys_[std::string(key)];
}

std::optional<std::chrono::milliseconds> attempts::begin(std::string_view key, time_point now) {
  const std::lock_guard lock(mutex_);
  state& s = find(key, now);
  if (s.tries > 0 && now - s.last > forget_after && s.not_before <= now) s = {};
  if (s.not_before > now) return std::chrono::ceil<std::chrono::milliseconds>(s.not_before - now);
  s.last = now;
  ++s.tries;
  if (s.tries >= rule_.free) {
    const unsigned beyond = std::min(s.tries - rule_.free, 20U);
    s.not_before = now + std::min<std::chrono::milliseconds>(rule_.pause * (1LL << beyond), rule_.pause_max);
  }
  return std::nullopt;
}

void attempts::forgive(std::string_view key) {
  const std::lock_guard lock(mutex_);
  keys_.erase(std::string(key));
}

}  // namespace identity
