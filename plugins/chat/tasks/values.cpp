// Sorting of dues.
#include "plugins/chat/tasks/values.hpp"

#include "plugins/calendar/civil.hpp"
#include "plugins/calendar/zone.hpp"

namespace chat {

due_kind kind_of(const std::optional<due>& value) {
  if (!value) return due_kind::none;
  if (!value->date.empty()) return due_kind::date;
  if (!value->local.empty()) return value->tz.empty() ? due_kind::local : due_kind::zoned;
  return due_kind::instant;
}

std::int64_t sort_key_of(const std::optional<due>& value) {
  using namespace std::chrono;
  const auto ms = [](auto since) { return duration_cast<milliseconds>(since).count(); };
  switch (kind_of(value)) {
    case due_kind::none: return no_due_sort;
    case due_kind::date:
      if (const auto day = calendar::parse_date(value->date)) return ms(local_days{*day}.time_since_epoch());
      break;
    case due_kind::local:
      if (const auto at = calendar::parse_local(value->local)) return ms(at->time_since_epoch());
      break;
    case due_kind::zoned:
      if (const auto at = calendar::parse_local(value->local))
        if (const auto resolved = calendar::resolve(*at, value->tz)) return ms(resolved->at.time_since_epoch());
      break;
    case due_kind::instant:
      if (const auto at = calendar::parse_instant(value->instant)) return ms(at->time_since_epoch());
      break;
  }
  return no_due_sort;
}

}  // namespace chat
