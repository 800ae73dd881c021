// A direct-mapped table of what was said lately.
#include "host/observe/repeat_limit.hpp"

#include <functional>

namespace evhost::observe {

repeat_limit::verdict repeat_limit::admit(const io::log_record& record,
                                          std::chrono::steady_clock::time_point now) noexcept {
  const std::uint64_t key = std::hash<std::string_view>{}(record.message) * 31 +
                            std::hash<std::string_view>{}(record.component) + static_cast<std::uint64_t>(record.level);
  const std::lock_guard lock(mutex_);
  slot& at = slots_[key % slots_count];
  if (at.key != key || now - at.since >= window_) {
    const std::uint64_t left_out = at.key == key ? at.left_out : 0;
    at = {.key = key, .since = now, .passed = 1, .left_out = 0};
    return {true, left_out};
  }
  if (at.passed < records_max_) {
    ++at.passed;
    return {};
  }
  ++at.left_out;
  return {false, 0};
}

}  // namespace evhost::observe
