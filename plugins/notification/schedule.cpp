// Fire times and quiet hours.
#include "plugins/notification/schedule.hpp"

#include "plugins/calendar/zone.hpp"

namespace notification {

namespace {

using calendar::civil_time;
using std::chrono::seconds;

std::optional<std::int64_t> in_ms(std::optional<calendar::instant> at) {
  if (!at) return std::nullopt;
  return at->time_since_epoch().count() * 1000;
}

std::optional<calendar::instant> resolved(civil_time local, std::string_view tz) {
  const int year = static_cast<int>(calendar::date_of(local).year());
  if (year < 1970 || year > 9999) return std::nullopt;
  const auto found = calendar::resolve(local, tz);
  if (!found) return std::nullopt;
  return found->at;
}

// Where an offset starts: a wall-clock time in a zone, or an instant.
struct base {
  std::optional<civil_time> local;
  std::optional<calendar::instant> at;
  std::string tz;
};

std::optional<base> base_of(const evh_schemas::due& due, const preferences& who) {
  if (!due.date.empty()) {
    const auto day = calendar::parse_date(due.date);
    if (!day) return std::nullopt;
    return base{calendar::at_time(*day, who.day_time), std::nullopt, who.tz};
  }
  if (!due.local.empty()) {
    const auto local = calendar::parse_local(due.local);
    if (!local) return std::nullopt;
    return base{*local, std::nullopt, due.tz.empty() ? who.tz : due.tz};
  }
  const auto at = calendar::parse_instant(due.instant);
  if (!at) return std::nullopt;
  return base{std::nullopt, *at, who.tz};
}

}  // namespace

std::optional<std::int64_t> fire_time(const evh_schemas::reminder& what, const std::optional<evh_schemas::due>& due, const preferences& who) {
  if (what.at) {
    const auto from = base_of(*what.at, who);
    if (!from) return std::nullopt;
    return in_ms(from->at ? from->at : resolved(*from->local, from->tz));
  }
  const auto offset = calendar::parse_period(what.offset);
  if (!offset || !due) return std::nullopt;
  auto from = base_of(*due, who);
  if (!from) return std::nullopt;
  const bool on_calendar = offset->months != 0 || offset->days != 0 || !what.time.empty();
  if (from->at && !on_calendar) return in_ms(*from->at + offset->seconds);
  if (from->at) from->local = calendar::to_local(*from->at, from->tz);
  if (!from->local) return std::nullopt;
  auto local = calendar::add(*from->local, {offset->months, offset->days, seconds{0}});
  if (!what.time.empty()) {
    const auto time = calendar::parse_time(what.time);
    if (!time) return std::nullopt;
    local = calendar::at_time(calendar::date_of(local), *time);
  }
  const auto at = resolved(local, from->tz);
  if (!at) return std::nullopt;
  return in_ms(*at + offset->seconds);
}

std::int64_t after_quiet(std::int64_t at_ms, const preferences& who) {
  if (!who.quiet || who.quiet->from == who.quiet->to) return at_ms;
  const auto local = calendar::to_local(calendar::instant{seconds{at_ms / 1000}}, who.tz);
  if (!local) return at_ms;
  const auto [from, to] = *who.quiet;
  const auto time = calendar::time_of(*local);
  const bool over_midnight = from > to;
  const bool quiet = over_midnight ? time >= from || time < to : time >= from && time < to;
  if (!quiet) return at_ms;
  const auto day = calendar::add_days(calendar::date_of(*local), over_midnight && time >= from ? 1 : 0);
  const auto end = resolved(calendar::at_time(day, to), who.tz);
  return end ? std::max(at_ms, end->time_since_epoch().count() * 1000) : at_ms;
}

}  // namespace notification
