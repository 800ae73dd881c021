// The walk over periods. Rules of a day or longer produce days and put the times of day on them; shorter ones count slots
// (hours, minutes, seconds) and jump over days and slots the BY parts exclude, so that rare rules stay cheap.
#include "plugins/calendar/rule_walk.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "plugins/calendar/series.hpp"
#include "plugins/calendar/zone.hpp"

namespace calendar::detail {
namespace {

constexpr std::int64_t day_seconds = 86'400;
constexpr day_number last_day = rule_walk::last_day;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

// The smallest value >= at that is congruent to phase modulo step.
constexpr std::int64_t align_up(std::int64_t at, std::int64_t phase, std::int64_t step) noexcept {
  const std::int64_t over = ((at - phase) % step + step) % step;
  return over == 0 ? at : at + (step - over);
}

constexpr std::int64_t align_down(std::int64_t at, std::int64_t phase, std::int64_t step) noexcept {
  return phase + floor_div(at - phase, step) * step;
}

std::vector<int> sorted(std::vector<int> list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

std::vector<int> seconds_of(const rule& r) {
  auto list = r.by_second;
  std::replace(list.begin(), list.end(), 60, 59);
  return sorted(std::move(list));
}

// Every h:m:s of the three lists, ascending, as seconds.
std::vector<std::int32_t> product(const std::vector<int>& hours, const std::vector<int>& minutes, const std::vector<int>& seconds) {
  std::vector<std::int32_t> out;
  out.reserve(hours.size() * minutes.size() * seconds.size());
  for (const int h : hours)
    for (const int m : minutes)
      for (const int s : seconds) out.push_back(h * 3600 + m * 60 + s);
  return out;
}

// The wanted places (1 = first, -1 = last) of `total`, ascending and once each, zero-based.
template <class Each>
void for_positions(const std::vector<int>& wanted, std::int64_t total, Each&& each) {
  std::vector<std::int64_t> places;
  places.reserve(wanted.size());
  for (const int n : wanted)
    if (const std::int64_t at = n > 0 ? n - 1 : total + n; at >= 0 && at < total) places.push_back(at);
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (const auto at : places) each(at);
}

// The last civil second whose instant is not after an UNTIL in UTC. In an hour that happens twice occurrences take the first
// reading, so an UNTIL in the second reading admits the whole hour.
civil_time local_until(instant until, std::string_view tz) {
  const auto local = to_local(until, tz);
  if (!local) return civil_time{until.time_since_epoch()};
  const auto found = resolve(*local, tz);
  if (!found || found->kind != local_kind::overlap || found->at == until) return *local;
  auto low = *local, high = *local + (found->other - found->at);
  while (low < high) {
    const auto middle = low + (high - low + std::chrono::seconds{1}) / 2;
    const auto there = resolve(middle, tz);
    if (there && there->at <= until) low = middle;
    else high = middle - std::chrono::seconds{1};
  }
  return low;
}

std::int64_t until_of(const series& of) {
  const auto& end = *of.rule.until;
  civil_time at = end.kind == rule_end::form::utc ? local_until(instant{end.at.time_since_epoch()}, of.tz.empty() ? "UTC" : of.tz) : end.at;
  if (of.all_day || end.kind == rule_end::form::date) at = at_time(date_of(at), std::chrono::seconds{day_seconds - 1});
  return at.time_since_epoch().count();
}

}  // namespace

rule_walk::rule_walk(const series& of, std::int64_t after)
    : days_(pinned(of)), freq_(of.rule.freq), interval_(of.rule.interval), week_start_(of.rule.week_start), by_week_no_(!of.rule.by_week_no.empty()) {
  const rule r = pinned(of);
  const std::int64_t start = of.dtstart.time_since_epoch().count();
  if (of.rule.until) until_ = std::min(until_, until_of(of));
  if (of.rule.count) left_ = *of.rule.count;
  if (freq_ >= frequency::weekly) set_pos_ = r.by_set_pos;
  prepare_times(r, of.all_day);
  time_ = times_.size();
  if (freq_ < frequency::daily) prepare_slots(r);
  phase_ = floor_div(start, unit_);
  const day_number start_day = static_cast<day_number>(floor_div(start, day_seconds));
  if (freq_ == frequency::weekly) phase_ = start_day - ((weekday_of_day(start_day) - static_cast<int>(week_start_.c_encoding()) + 7) % 7);
  if (freq_ == frequency::monthly) phase_ = month_of(start_day).year * 12 + month_of(start_day).month - 1;
  if (freq_ == frequency::yearly) phase_ = by_week_no_ ? week_year(start_day, week_start_) : month_of(start_day).year;
  if (slots_limited_) {   // what INTERVAL can never reach
    const auto common = std::gcd(interval_, slots_per_day_);
    std::erase_if(slots_, [&](std::int32_t slot) { return (slot - phase_) % common != 0; });
    done_ = slots_.empty();
  }
  done_ = done_ || times_.empty() || mismatch(of).has_value();
  last_ = start - 1;
  // COUNT counts from dtstart, so what lies before `after` has to be walked over.
  start_at(left_ < 0 ? std::max(start, after < ended ? after + 1 : after) : start);
  if (left_ < 0) last_ = std::max(last_, after);
  else pass_over(after);
}

// Consumes the occurrences up to `after`; the first behind it is put back.
void rule_walk::pass_over(std::int64_t after) {
  if (after <= last_) return;
  const auto before_start = last_;
  for (auto at = next(); at != ended; at = next()) {
    if (at <= after) continue;
    --time_;
    ++left_;
    last_ = std::max(before_start, after);
    return;
  }
}

void rule_walk::prepare_times(const rule& r, bool all_day) {
  const std::vector<int> none{0};
  if (all_day) times_ = {0};
  else if (freq_ >= frequency::daily) times_ = product(sorted(r.by_hour), sorted(r.by_minute), seconds_of(r));
  else if (freq_ == frequency::hourly) times_ = product(none, sorted(r.by_minute), seconds_of(r));
  else if (freq_ == frequency::minutely) times_ = product(none, none, seconds_of(r));
  else times_ = {0};
  if (freq_ > frequency::daily || r.by_set_pos.empty()) return;
  std::vector<std::int32_t> kept;   // every period has these same times
  for_positions(r.by_set_pos, static_cast<std::int64_t>(times_.size()), [&](std::int64_t at) { kept.push_back(times_[static_cast<std::size_t>(at)]); });
  times_ = std::move(kept);
}

void rule_walk::prepare_slots(const rule& r) {
  unit_ = freq_ == frequency::hourly ? 3600 : freq_ == frequency::minutely ? 60 : 1;
  slots_per_day_ = day_seconds / unit_;
  const bool minutes = freq_ <= frequency::minutely && !r.by_minute.empty(), seconds = freq_ == frequency::secondly && !r.by_second.empty();
  slots_limited_ = !r.by_hour.empty() || minutes || seconds;
  if (!slots_limited_) return;
  const auto all = [](int count) {
    std::vector<int> out(static_cast<std::size_t>(count));
    std::iota(out.begin(), out.end(), 0);
    return out;
  };
  const std::vector<int> none{0};
  slots_ = product(r.by_hour.empty() ? all(24) : sorted(r.by_hour),
                   freq_ > frequency::minutely ? none : r.by_minute.empty() ? all(60) : sorted(r.by_minute),
                   freq_ > frequency::secondly ? none : r.by_second.empty() ? all(60) : seconds_of(r));
  for (auto& slot : slots_) slot /= static_cast<std::int32_t>(unit_);
}

// Places the walk at the first period that can hold an occurrence >= from.
void rule_walk::start_at(std::int64_t from) {
  const day_number day = static_cast<day_number>(std::min<std::int64_t>(floor_div(from, day_seconds), last_day + 1));
  switch (freq_) {
    case frequency::weekly: period_ = align_down(day, phase_, 7 * interval_); break;
    case frequency::monthly:   // the month before: SKIP=FORWARD reaches into the next
      period_ = std::max(phase_, align_down(month_of(day).year * 12 + month_of(day).month - 2, phase_, interval_));
      break;
    case frequency::yearly: period_ = std::max(phase_, align_down(month_of(day).year - 1, phase_, interval_)); break;
    default: slot_ = std::max(phase_, align_up(floor_div(std::min<std::int64_t>(from, (last_day + 1) * day_seconds), unit_), phase_, interval_)); break;
  }
}

std::int64_t rule_walk::finish() {
  done_ = true;
  time_ = times_.size();
  return ended;
}

bool rule_walk::stop() {
  done_ = true;
  return false;
}

bool rule_walk::next_base() {
  if (done_) return false;
  if (freq_ == frequency::daily) return step_day();
  if (freq_ < frequency::daily) return step_slot();
  while (true) {
    if (set_pos_.empty() ? next_day_in_period() : next_pick()) return true;
    if (!next_period()) return stop();
  }
}

bool rule_walk::next_day_in_period() {
  for (; block_ < block_count_; ++block_) {
    auto& block = blocks_[block_];
    if (block.bits == 0) continue;
    const int place = std::countr_zero(block.bits);
    block.bits &= block.bits - 1;
    base_ = (static_cast<std::int64_t>(block.first) + place) * day_seconds;
    time_ = 0;
    return true;
  }
  return false;
}

bool rule_walk::next_period() {
  if (!spend()) return false;
  const std::int64_t step = freq_ == frequency::weekly ? 7 * interval_ : interval_;
  if (started_) period_ += step;
  started_ = true;
  const bool more = freq_ == frequency::weekly ? step_week() : freq_ == frequency::monthly ? step_month() : step_year();
  if (more && !set_pos_.empty()) choose_positions();
  return more;
}

// Days before the last occurrence need no look, unless BYSETPOS counts them.
void rule_walk::load(day_block block) {
  const std::int64_t passed = floor_div(last_, day_seconds) - block.first;
  if (set_pos_.empty() && passed > 0) block.bits = passed >= 32 ? 0 : block.bits & ~0U << passed;
  blocks_[block_count_++] = block;
}

bool rule_walk::step_week() {
  if (period_ > last_day) return false;
  block_ = block_count_ = 0;
  load(days_.week(static_cast<day_number>(period_)));
  return true;
}

bool rule_walk::step_month() {
  if (period_ / 12 > 9999) return false;
  block_ = block_count_ = 0;
  load(days_.month(month_at(static_cast<int>(period_ / 12), static_cast<int>(period_ % 12) + 1)));
  return true;
}

bool rule_walk::step_year() {
  if (period_ > 9999) return false;
  rule_days::year_blocks blocks;
  days_.year(static_cast<int>(period_), blocks);
  block_ = block_count_ = 0;
  for (const auto& block : blocks) load(block);
  return true;
}

void rule_walk::choose_positions() {
  std::vector<day_number> days;
  for (std::size_t b = 0; b < block_count_; ++b)
    for (auto bits = blocks_[b].bits; bits != 0; bits &= bits - 1) days.push_back(blocks_[b].first + std::countr_zero(bits));
  days.erase(std::unique(days.begin(), days.end()), days.end());   // SKIP=FORWARD: one month's overflow is the next one's first
  picks_.clear();
  pick_ = 0;
  const auto per_day = static_cast<std::int64_t>(times_.size());
  for_positions(set_pos_, static_cast<std::int64_t>(days.size()) * per_day, [&](std::int64_t at) {
    picks_.push_back(static_cast<std::int64_t>(days[static_cast<std::size_t>(at / per_day)]) * day_seconds + times_[static_cast<std::size_t>(at % per_day)]);
  });
}

// One occurrence as a base of its own, placed so that the last of times_ lands on it.
bool rule_walk::next_pick() {
  if (pick_ == picks_.size()) return false;
  time_ = times_.size() - 1;
  base_ = picks_[pick_++] - times_[time_];
  return true;
}

// The first day >= day that the limiting parts leave; last_day + 1 when there is none or the search has used its steps.
day_number rule_walk::next_allowed(day_number day) {
  if (!days_.limits()) return day;
  while (day <= last_day) {
    if (month_.length == 0 || day < month_.first || day >= month_.first + month_.length) {
      if (!spend()) return last_day + 1;
      month_ = month_of(day);
      month_bits_ = days_.limit(month_);
    }
    const auto rest = month_bits_ >> (day - month_.first);
    if (rest != 0) return day + std::countr_zero(rest);
    day = month_.first + month_.length;
  }
  return last_day + 1;
}

bool rule_walk::step_day() {
  while (slot_ <= last_day) {
    const day_number day = next_allowed(static_cast<day_number>(slot_));
    if (day > last_day) break;
    if (day == slot_) {
      base_ = slot_ * day_seconds;
      time_ = 0;
      slot_ += interval_;
      return true;
    }
    if (!spend()) break;
    slot_ = align_up(day, phase_, interval_);
  }
  return stop();
}

bool rule_walk::step_slot() {
  while (true) {
    const auto here = floor_div(slot_, slots_per_day_);
    if (here > last_day) return stop();
    const std::int64_t day = next_allowed(static_cast<day_number>(here));
    if (day > last_day) return stop();
    std::int64_t wanted = std::max(slot_, day * slots_per_day_);
    if (slots_limited_) {
      const auto found = std::lower_bound(slots_.begin(), slots_.end(), static_cast<std::int32_t>(wanted - day * slots_per_day_));
      wanted = found == slots_.end() ? (day + 1) * slots_per_day_ : day * slots_per_day_ + *found;
    }
    if (wanted == slot_) break;
    if (!spend()) return stop();
    slot_ = align_up(wanted, phase_, interval_);
  }
  base_ = slot_ * unit_;
  time_ = 0;
  slot_ += interval_;
  return true;
}

}  // namespace calendar::detail
