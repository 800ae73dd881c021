// Succession, splitting and pinning of series.
#include "plugins/calendar/series.hpp"

#include <algorithm>

#include "plugins/calendar/rule_days.hpp"
#include "plugins/calendar/rule_walk.hpp"

namespace calendar {
namespace {

using std::chrono::seconds;

civil_time midnight(civil_time at) { return at_time(date_of(at), time_of_day{0}); }

// A series of the rule alone.
series rule_of(series of) {
  of.rdates.clear();
  of.exdates.clear();
  return of;
}

bool day_left_open(const rule& r) {
  return r.freq >= frequency::monthly && r.by_day.empty() && r.by_month_day.empty() && r.by_year_day.empty() && r.by_week_no.empty();
}

succession from_completion(const series& of, const completion& done) {
  series moved = of;
  if (of.all_day) moved.dtstart = midnight(done.at);
  else if (of.rule.freq < frequency::daily) moved.dtstart = done.at;
  else moved.dtstart = at_time(date_of(done.at), time_of(of.dtstart));
  succession out;
  out.dtstart = moved.dtstart;
  if (of.rule.count && done.number >= *of.rule.count) return out;
  moved.rule.count.reset();
  if (day_left_open(of.rule) && of.rule.skip == skip_rule::omit) moved.rule.skip = skip_rule::backward;
  out.next = next_after(moved, of.all_day ? moved.dtstart : std::max(moved.dtstart, done.at));
  return out;
}

// The newest occurrences in (from, to]: looks into ever longer stretches before `to`.
std::vector<civil_time> newest(const series& of, civil_time from, civil_time to, std::size_t max) {
  std::vector<civil_time> found;
  for (seconds back = std::chrono::hours{1};; back *= 2) {
    const bool whole = to - from <= back;
    occurrences walk(of, whole ? from : to - back);
    found.clear();
    for (auto at = walk.next(); at && *at <= to; at = walk.next()) {
      if (found.size() == 2 * max) found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(max));
      found.push_back(*at);
    }
    if (whole || found.size() >= max) break;
  }
  if (found.size() > max) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(max));
  return found;
}

rule_end end_before(const series& of, civil_time at) {
  if (of.all_day) return {midnight(at) - std::chrono::days{1}, rule_end::form::date};
  return {at - seconds{1}, rule_end::form::local};
}

// Where a series has to start so that `first` is its first and the phase of INTERVAL stays. SKIP=FORWARD puts a month's last
// day on the first of the next: the period is then the month before.
civil_time start_for(const series& tail, const series& of, civil_time first) {
  if (tail.rule.freq != frequency::monthly || tail.rule.skip != skip_rule::forward) return first;
  const auto month = [](civil_time at) {
    const auto day = date_of(at);
    return static_cast<int>(day.year()) * 12 + static_cast<int>(static_cast<unsigned>(day.month()));
  };
  series probe = rule_of(tail);
  probe.dtstart = first;
  const bool in_phase = (month(first) - month(of.dtstart)) % of.rule.interval == 0;
  return in_phase && is_occurrence(probe, first) ? first : first - std::chrono::days{1};
}

void make_empty(series& of) {
  of.rule.count.reset();
  of.rule.until = end_before(of, of.dtstart);
}

}  // namespace

rule pinned(const series& of) {
  rule r = of.rule;
  const auto day = date_of(of.dtstart);
  const auto time = time_of(of.dtstart).count();
  if (of.all_day) {
    r.by_hour.clear();
    r.by_minute.clear();
    r.by_second.clear();
  } else {
    if (r.freq > frequency::hourly && r.by_hour.empty()) r.by_hour = {static_cast<int>(time / 3600)};
    if (r.freq > frequency::minutely && r.by_minute.empty()) r.by_minute = {static_cast<int>(time / 60 % 60)};
    if (r.freq > frequency::secondly && r.by_second.empty()) r.by_second = {static_cast<int>(time % 60)};
  }
  if (day_left_open(r)) {
    if (r.freq == frequency::yearly && r.by_month.empty()) r.by_month = {static_cast<int>(static_cast<unsigned>(day.month()))};
    r.by_month_day = {static_cast<int>(static_cast<unsigned>(day.day()))};
  }
  const bool week_without_day = !r.by_week_no.empty() && r.by_day.empty() && r.by_month_day.empty() && r.by_year_day.empty();
  if ((r.freq == frequency::weekly && r.by_day.empty()) || week_without_day) r.by_day = {{0, weekday_of(day)}};
  return r;
}

succession successor(const series& of, const completion& done, anchor from, catch_up late) {
  if (from == anchor::completion) return from_completion(of, done);
  succession out;
  out.dtstart = of.dtstart;
  if (late == catch_up::keep) {
    out.next = next_after(of, done.occurrence);
    return out;
  }
  occurrences walk(of, done.occurrence);
  out.next = walk.next();
  for (; out.next && *out.next <= done.at && out.skipped < succession::skipped_max; out.next = walk.next()) ++out.skipped;
  if (out.skipped == succession::skipped_max) out.next = next_after(of, std::max(done.at, done.occurrence));
  if (late == catch_up::pile_up && out.skipped > 0) {
    out.missed = newest(of, done.occurrence, done.at, succession::missed_max);
    out.skipped -= static_cast<std::int64_t>(out.missed.size());
  }
  return out;
}

split_series split(const series& of, civil_time at) {
  split_series out;
  const auto first = next_after(rule_of(of), at - seconds{1});
  std::int64_t counted = 0;   // by the rule, before `at`
  for (occurrences walk(rule_of(of)); const auto each = walk.next();) {
    if (*each >= at) break;
    ++counted;
    if (!of.rule.count) break;   // whether there is any is all that matters
  }
  series head = of, tail = of;
  std::erase_if(head.rdates, [&](civil_time t) { return t >= at; });
  std::erase_if(head.exdates, [&](civil_time t) { return t >= at; });
  std::erase_if(tail.rdates, [&](civil_time t) { return t < at; });
  std::erase_if(tail.exdates, [&](civil_time t) { return t < at; });

  if (counted == 0) make_empty(head);
  else if (first && of.rule.count) head.rule.count = static_cast<int>(counted);
  else if (first) head.rule.until = end_before(of, at);
  if (counted > 0 || !head.rdates.empty()) out.head = std::move(head);

  if (first) {
    tail.rule = pinned(of);
    if (of.rule.count) tail.rule.count = *of.rule.count - static_cast<int>(counted);
    tail.dtstart = start_for(tail, of, *first);
  } else if (!tail.rdates.empty()) {
    tail.dtstart = *std::min_element(tail.rdates.begin(), tail.rdates.end());
    make_empty(tail);
  }
  if (first || !tail.rdates.empty()) out.tail = std::move(tail);
  return out;
}

series without(series of, civil_time occurrence) {
  const auto place = std::lower_bound(of.exdates.begin(), of.exdates.end(), occurrence);
  if (place == of.exdates.end() || *place != occurrence) of.exdates.insert(place, occurrence);
  return of;
}

}  // namespace calendar
