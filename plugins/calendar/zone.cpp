// The only file that touches Howard Hinnant's tz library.
#include "plugins/calendar/zone.hpp"

#include <date/tz.h>

#include <algorithm>

namespace calendar {
namespace {

using std::chrono::seconds;

constexpr int last_table_year = 2036;

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
  constexpr int last_year = last_table_year;
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

::date::local_info info_of(const ::date::time_zone& zone, civil_time local, seconds shift) {
  return zone.get_info(::date::local_seconds{local.time_since_epoch() - shift});
}

// In a gap the offset before it moves the clock forward by exactly the gap; in an overlap it gives the first reading.
resolution reading_of(civil_time local, const ::date::local_info& info) {
  const auto reading = [&](seconds offset) { return instant{local.time_since_epoch() - offset}; };
  resolution out{reading(info.first.offset), local, local_kind::unique, {}};
  out.other = out.at;
  if (info.result == ::date::local_info::nonexistent) {
    out.kind = local_kind::gap;
    out.local = local + (info.second.offset - info.first.offset);
  } else if (info.result == ::date::local_info::ambiguous) {
    out.kind = local_kind::overlap;
    out.other = reading(info.second.offset);
  }
  return out;
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
  return reading_of(local, info_of(*zone, local, shift));
}

zone_clock::zone_clock(std::string_view tz) : zone_(find_zone(tz)) {}

resolution zone_clock::look_up(civil_time local) {
  const seconds shift = shift_into_table(local);
  const auto info = info_of(*static_cast<const ::date::time_zone*>(zone_), local, shift);
  const auto found = reading_of(local, info);
  if (found.kind != local_kind::unique) return found;
  // A day's distance from both ends keeps clear of gaps and overlaps; a year's ends keep `shift` the same.
  constexpr std::chrono::days margin{1};
  const auto edge = [&](::date::sys_seconds at) {
    constexpr seconds far = std::chrono::days{365'000 * 15};
    return civil_time{std::clamp(at.time_since_epoch(), -far, far) + info.first.offset + shift};
  };
  const auto year = date_of(local).year();
  const bool shifted = shift != seconds{0} || static_cast<int>(year) >= last_table_year;
  first_ = edge(info.first.begin) + margin;
  last_ = edge(info.first.end) - margin;
  if (shifted) {
    first_ = std::max<civil_time>(first_, at_time(make_date(static_cast<int>(year), 1, 1), seconds{0}));
    last_ = std::min<civil_time>(last_, at_time(make_date(static_cast<int>(year) + 1, 1, 1), seconds{0}));
  } else {
    last_ = std::min<civil_time>(last_, at_time(make_date(last_table_year, 1, 1), seconds{0}));
  }
  east_ = info.first.offset;
  return found;
}

}  // namespace calendar
