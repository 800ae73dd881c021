// Load, follow, forget.
#include "host/security/key_ring.hpp"

#include <algorithm>
#include <string>

namespace evhost::security {

core::result<signing_keys> key_ring::refresh(std::chrono::system_clock::time_point at, bool rotate) {
  const auto now = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  EVH_TRY(auto keys, store_.load_signing_keys());
  rotate = rotate && store_.writable();
  if (rotate && options_.rotation.count() > 0 && now - keys.front().since >= options_.rotation.count()) {
    EVH_TRY(store_.follow_signing_key(keys.front().file, now));
    EVH_TRY(auto again, store_.load_signing_keys());
    keys = std::move(again);
  }
  // Whoever is known long enough; when none is (the first start), the oldest.
  const auto known = std::ranges::find_if(keys, [&](const auto& k) { return now - k.since >= options_.lead.count(); });
  const std::string signer = (known == keys.end() ? keys.back() : *known).key.kid();
  auto usable = std::make_shared<std::vector<signing_key>>();
  std::int64_t followed_at = 0;  // when the key after this one was made
  for (auto& [key, since, file] : keys) {
    const bool over = followed_at != 0 && now - followed_at >= options_.grace.count();
    followed_at = since;
    if (!over && usable->size() < jwks_keys_max) usable->push_back(std::move(key));
    if (over && rotate) {
      EVH_TRY(store_.forget(file));
    }
  }
  const auto signs = std::ranges::find(*usable, signer, &signing_key::kid);
  if (signs != usable->end()) std::rotate(usable->begin(), signs, signs + 1);
  return signing_keys(std::move(usable));
}

}  // namespace evhost::security
