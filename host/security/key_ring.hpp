// The signing keys over time: the newest signs; the ones it followed verify until their grace is over, then they go.
//
// Several processes may share one directory: each reads it once a minute, and a new key signs only after `lead`, when every
// process knows it. Two that rotate at once make one key. A directory that cannot be written is rotated by whoever fills it.
// Threading: one caller at a time. Errors: result with the key store's sentence; what was loaded stays in use then.
// A key's grace begins when the next one was made. It is longer than any token lives, so rotation refuses nobody.
#pragma once

#include <chrono>

#include "host/core/result.hpp"
#include "host/security/key_store.hpp"
#include "host/security/token_issuer.hpp"

namespace evhost::security {

struct key_ring_options {
  std::chrono::seconds rotation{std::chrono::hours(24 * 90)};  // age at which a key is followed; 0: never
  std::chrono::seconds grace{std::chrono::hours(24 * 30)};     // how long a followed key still verifies
  std::chrono::seconds lead{std::chrono::minutes(5)};          // how long a key is known before it signs
};

class key_ring {
 public:
  key_ring(key_store store, key_ring_options options) : store_(std::move(store)), options_(options) {}

  /// Loads the keys; with rotate also makes a new one when it is time and deletes those past their grace. A clock that
  /// was set back makes nothing older. The one that signs first, then newest first; never empty, at most jwks_keys_max.
  [[nodiscard]] core::result<signing_keys> refresh(std::chrono::system_clock::time_point now, bool rotate);

 private:
  key_store store_;
  key_ring_options options_;
};

}  // namespace evhost::security
