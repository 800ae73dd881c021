// Reading a due value as local time or as an instant.
#include "plugins/calendar/due.hpp"

#include "plugins/calendar/zone.hpp"

namespace calendar {

bool has_time(const due& value) noexcept { return !std::holds_alternative<civil_date>(value); }

std::optional<civil_time> local_reading(const due& value, std::string_view user_tz) {
  if (const auto* day = std::get_if<civil_date>(&value)) return at_time(*day, time_of_day{0});
  if (const auto* at = std::get_if<floating>(&value)) return at->local;
  const auto point = instant_of(value, user_tz);
  if (!point) return std::nullopt;
  return to_local(*point, user_tz);
}

std::optional<instant> instant_of(const due& value, std::string_view user_tz) {
  if (const auto* at = std::get_if<instant>(&value)) return *at;
  const auto* in_zone = std::get_if<zoned>(&value);
  const std::string_view tz = in_zone ? std::string_view{in_zone->tz} : user_tz;
  civil_time local{};
  if (in_zone) local = in_zone->local;
  else if (const auto* day = std::get_if<civil_date>(&value)) local = at_time(*day, time_of_day{0});
  else local = std::get<floating>(value).local;
  const auto found = resolve(local, tz);
  if (!found) return std::nullopt;
  return found->at;
}

}  // namespace calendar
