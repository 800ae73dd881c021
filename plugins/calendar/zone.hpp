// Time zones over the system's tz database: is a name known, what does a clock there show, which instant is a local time.
//
// Any thread; the database is read once per process, on first use, and the TZ environment variable is never looked at.
// Unknown zones give nothing. A local time that does not exist (gap) moves forward by the length of the gap; one that happens
// twice (overlap) is the first; both are flagged. This is RFC 5545 section 3.3.5 and Temporal's "compatible".
// Dates beyond the database's last transition (2037) follow the rule of an equivalent earlier year.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "plugins/calendar/civil.hpp"

namespace calendar {

enum class local_kind { unique, gap, overlap };

struct resolution {
  instant at;               // the chosen instant
  civil_time local;         // what the clock shows then; differs from the question in a gap
  local_kind kind = local_kind::unique;
  instant other;            // overlap: the second reading; otherwise the same as `at`
};

bool zone_known(std::string_view tz);
std::optional<civil_time> to_local(instant at, std::string_view tz);
std::optional<resolution> resolve(civil_time local, std::string_view tz);
// Seconds east of UTC at that instant.
std::optional<std::chrono::seconds> offset_at(instant at, std::string_view tz);

// resolve() for many local times of one zone: remembers the stretch of constant offset it last met. One owner.
class zone_clock {
 public:
  explicit zone_clock(std::string_view tz);
  bool known() const noexcept { return zone_ != nullptr; }
  // Precondition: known().
  resolution resolve(civil_time local) {
    if (local < first_ || local >= last_) return look_up(local);
    const instant at{local.time_since_epoch() - east_};
    return {at, local, local_kind::unique, at};
  }

 private:
  resolution look_up(civil_time local);

  const void* zone_;
  civil_time first_{}, last_{};              // [first_, last_): every local time is unique, at this offset
  std::chrono::seconds east_{0};
};

}  // namespace calendar
