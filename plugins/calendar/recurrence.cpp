// The rule's walk merged with RDATE and EXDATE, and the sequence put on the world's time line.
#include "plugins/calendar/recurrence.hpp"

#include <algorithm>

#include "plugins/calendar/rule_walk.hpp"
#include "plugins/calendar/zone.hpp"

namespace calendar {
namespace {

constexpr std::int64_t ended = detail::rule_walk::ended;
constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min() / 2;

std::vector<std::int64_t> seconds_of(const std::vector<civil_time>& times, std::int64_t after) {
  std::vector<std::int64_t> out;
  for (const auto at : times)
    if (at.time_since_epoch().count() > after) out.push_back(at.time_since_epoch().count());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

struct occurrences::state {
  state(const series& of, std::int64_t after)
      : walk(of, after), extra(seconds_of(of.rdates, after)), removed(seconds_of(of.exdates, after)), plain(extra.empty() && removed.empty()) {}

  std::int64_t next() {
    if (plain) return walk.next();
    while (true) {
      if (!held) upcoming = walk.next();
      held = true;
      const auto more = extra_at < extra.size() ? extra[extra_at] : ended;
      const auto at = std::min(upcoming, more);
      if (at == ended) return ended;
      held = at != upcoming;
      if (at == more) ++extra_at;
      if (!std::binary_search(removed.begin(), removed.end(), at)) return at;
    }
  }

  detail::rule_walk walk;
  std::vector<std::int64_t> extra, removed;   // RDATE, EXDATE
  std::size_t extra_at = 0;
  std::int64_t upcoming = ended;              // of the rule, taken from the walk but not given out yet
  bool held = false;
  bool plain;
};

occurrences::occurrences(const series& of) : state_(std::make_unique<state>(of, before_all)) {}
occurrences::occurrences(const series& of, civil_time after) : state_(std::make_unique<state>(of, after.time_since_epoch().count())) {}
occurrences::occurrences(const occurrences& other) : state_(std::make_unique<state>(*other.state_)) {}
occurrences& occurrences::operator=(const occurrences& other) {
  if (this != &other) state_ = std::make_unique<state>(*other.state_);
  return *this;
}
occurrences::occurrences(occurrences&&) noexcept = default;
occurrences& occurrences::operator=(occurrences&&) noexcept = default;
occurrences::~occurrences() = default;

std::optional<civil_time> occurrences::next() {
  const auto at = state_->next();
  if (at == ended) return std::nullopt;
  return civil_time{std::chrono::seconds{at}};
}

std::optional<civil_time> next_after(const series& of, civil_time after) { return occurrences(of, after).next(); }

std::vector<civil_time> list(const series& of, std::size_t max, std::optional<civil_time> after) {
  auto walk = after ? occurrences(of, *after) : occurrences(of);
  std::vector<civil_time> out;
  while (out.size() < max) {
    const auto at = walk.next();
    if (!at) break;
    out.push_back(*at);
  }
  return out;
}

bool is_occurrence(const series& of, civil_time at) { return next_after(of, at - std::chrono::seconds{1}) == at; }

struct zoned_occurrences::state {
  occurrences walk;
  zone_clock clock;
  instant last = instant::min();
};

zoned_occurrences::zoned_occurrences(const series& of, std::string_view tz) : state_(new state{occurrences(of), zone_clock(tz)}) {}
zoned_occurrences::zoned_occurrences(const series& of, std::string_view tz, civil_time after)
    : state_(new state{occurrences(of, after), zone_clock(tz)}) {}
zoned_occurrences::zoned_occurrences(zoned_occurrences&&) noexcept = default;
zoned_occurrences& zoned_occurrences::operator=(zoned_occurrences&&) noexcept = default;
zoned_occurrences::~zoned_occurrences() = default;

std::optional<zoned_occurrence> zoned_occurrences::next() {
  if (!state_->clock.known()) return std::nullopt;
  while (const auto local = state_->walk.next()) {
    const auto at = state_->clock.resolve(*local).at;
    if (at <= state_->last) continue;
    state_->last = at;
    return zoned_occurrence{*local, at};
  }
  return std::nullopt;
}

}  // namespace calendar
