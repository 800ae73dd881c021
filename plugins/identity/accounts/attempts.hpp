// How often somebody may try: a few tries at once, then a pause that doubles with every further one. No account is ever
// locked: whoever waits gets a try.
//
// An attempt is counted when it begins, so that parallel guesses count too; forgive() takes the count back after a
// success. A key is forgotten when nothing was tried for `forget_after` and its pause is over.
// Threading: any; one short mutex. Bounds: keys_max keys; when full, those that may try anyway are dropped, and if none
// may, new keys share one pause.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace identity {

struct attempt_rule {
  unsigned free = 5;                        // tries without a pause
  std::chrono::milliseconds pause{1000};    // after the first try beyond, doubling
  std::chrono::milliseconds pause_max{15 * 60'000};
};

class attempts {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit attempts(attempt_rule rule, std::size_t keys_max = 65'536) : rule_(rule), keys_max_(keys_max) {}

  // Counts a try; or says how long to wait, and counts nothing.
  std::optional<std::chrono::milliseconds> begin(std::string_view key, time_point now);
  void forgive(std::string_view key);

 private:
  static constexpr std::chrono::minutes forget_after{15};
  struct state {
    unsigned tries = 0;
    time_point not_before{};
    time_point last{};
  };
  state& find(std::string_view key, time_point now);

  const attempt_rule rule_;
  const std::size_t keys_max_;
  std::mutex mutex_;
  std::unordered_map<std::string, state> keys_;
  state shared_;   // of the keys that found no room
};

}  // namespace identity
