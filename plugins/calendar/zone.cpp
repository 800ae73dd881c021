// The only file that touches Howard Hinnant's tz library.
#include "plugins/calendar/zone.hpp"

#include <date/tz.h>

#include <algorithm>

namespace calendar {
namespace {

using std::chrono::seconds;

// A zone by its IANA name; nullptr when unknown or when the machine has no database.
const ::date::time_zone* find_zone(std::string_view tz) {
  if (tz.empty() || tz.size() > 64 || tz == "Factory" || tz == "localtime" || tz == "posixrules") return nullptr;
  try {
    const auto& zones = ::date::get_tzdb().zones;
    const auto found = std::lower_bound(zones.begin(), zones.end(), tz, [](const auto& zone, std::string_view name) { return zone.name() < name; });
    return found != zones.end() && found->name() == tz ? &*found : nullptr;
  } catch (const std::exception&) {
    return nullptr;
  }
}

// The library does not read the rule that follows a zone file's last transition (end of 2037). The Gregorian calendar
// repeats weekdays and leap years every 28 years between centuries, so a later time is asked 28*n (or 400) years earlier.
seconds shift_into_table(civil_time local) {
  constexpr int last_year = 2036;
  const auto day = date_of(local);
  const int year = static_cast<int>(day.year());
  if (year <= last_year) return seconds{0};
  const auto first = [](int y) { return make_date(y, 1, 1); };
  for (int candidate = last_year; candidate > last_year - 28; --candidate) {
    if (first(candidate).year().is_leap() == first(year).year().is_leap() && weekday_of(first(candidate)) == weekday_of(first(year)))
      return std::chrono::days{days_between(first(candidate), first(year))};
  }
  return seconds{0};
}

}  // namespace

bool zone_known(std::string_view tz) { return find_zone(tz) != nullptr; }

std::optional<seconds> offset_at(instant at, std::string_view tz) {
  const auto* zone = find_zone(tz);
  if (!zone) return std::nullopt;
  const seconds shift = shift_into_table(civil_time{at.time_since_epoch()});
  return zone->get_info(::date::sys_seconds{at.time_since_epoch() - shift}).offset;
}

std::optional<civil_time> to_local(instant at, std::string_view tz) {
  const auto east = offset_at(at, tz);
  if (!east) return std::nullopt;
  return civil_time{at.time_since_epoch() + *east};
}

std::optional<resolution> resolve(civil_time local, std::string_view tz) {
  const auto* zone = find_zone(tz);
  if (!zone) return std::nullopt;
  const seconds shift = shift_into_table(local);
  const auto info = zone->get_info(::date::local_seconds{local.time_since_epoch() - shift});
  resolution out;
  const auto reading = [&](seconds offset) { return instant{local.time_since_epoch() - offset}; };
  // In a gap the offset before it moves the clock forward by exactly the gap; in an overlap it gives the first reading.
  out.at = reading(info.first.offset);
  out.other = out.at;
  out.local = local;
  if (info.result == ::date::local_info::nonexistent) {
    out.kind = local_kind::gap;
    out.local = local + (info.second.offset - info.first.offset);
  } else if (info.result == ::date::local_info::ambiguous) {
    out.kind = local_kind::overlap;
    out.other = reading(info.second.offset);
  }
  return out;
}

}  // namespace calendar
