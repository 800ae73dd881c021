// What is added to a repetition's core: times, days, where it starts and ends, how long, what is left out.
#include "plugins/chat/language/rule_reader.hpp"

#include <algorithm>

namespace chat::language {

using calendar::frequency;

namespace {

temporal merge_points(temporal a, const temporal& b) {
  if (!a.date) a.date = b.date;
  if (!a.time) a.time = b.time;
  return a;
}

}  // namespace

std::size_t rule_reader::tail(std::size_t at, bool apart) {
  std::size_t k = at;
  while (sym(k, ',')) ++k;
  if (in(k, {"and", "but"}) && !in(k + 1, {"not"})) ++k;
  const bool linked = k > at;
  for (auto read : {&rule_reader::start, &rule_reader::finish, &rule_reader::exception, &rule_reader::completion})
    if (const std::size_t next = (this->*read)(k)) return next;
  if (apart) return at;
  for (auto read : {&rule_reader::how_long, &rule_reader::by_days, &rule_reader::clock})
    if (const std::size_t next = (this->*read)(k)) return next;
  if (linked && !value.times.empty())
    if (const auto time = match_time(s_, k, end_, true); time && value.times.size() < 6 && !match_duration(s_, k, end_)) {
      value.times.push_back(time->value);
      return time->next;
    }
  return at;
}

std::size_t rule_reader::tails(std::size_t i) {
  for (;;) {
    const std::size_t next = tail(i);
    if (next == i) return i;
    i = next;
  }
}

// A date or time after "starting", "until": prepositions allowed, a month or a bare hour too.
std::optional<temporal> rule_reader::point(std::size_t i, bool bare_time) {
  if (in(i, {"on", "at", "in", "from"}) && !match_temporal(s_, i, end_)) ++i;
  if (auto phrase = match_temporal(s_, i, end_)) return phrase;
  temporal out;
  out.first = out.core = i;
  if (const auto date = match_date(s_, i, end_, true)) {
    out.date = date->value;
    out.last = date->next;
    return out;
  }
  const auto time = match_time(s_, i, end_, bare_time);
  if (!time) return std::nullopt;
  out.time = time->value;
  out.last = time->next;
  return out;
}

// "every hour from 9 to 5", "every 2 hours between 8am and 8pm": at those hours of each day. 0 when it is something else.
std::size_t rule_reader::hours_of_day(std::size_t k) {
  if (value.rule.freq != frequency::hourly || !in(k, {"from", "between"})) return 0;
  const auto first = match_time(s_, k + 1, end_, true);
  if (!first || !(in(first->next, {"to", "and", "until", "till"}) || sym(first->next, '-'))) return 0;
  const auto last = match_time(s_, first->next + 1, end_, true);
  if (!last || first->value.kind != time_expr::form::clock || last->value.kind != time_expr::form::clock || !first->value.valid || !last->value.valid) return 0;
  const auto hour_of = [](const time_expr& t) { return t.half == time_expr::meridiem::pm ? t.hour % 12 + 12 : t.half == time_expr::meridiem::am ? t.hour % 12 : t.hour; };
  const int from = hour_of(first->value);
  int to = hour_of(last->value);
  if (to <= from && last->value.half == time_expr::meridiem::none && to < 12) to += 12;
  if (to <= from || value.rule.interval > 12) return 0;
  for (int hour = from; hour <= std::min(to, 23); hour += value.rule.interval) {
    time_expr at;
    at.hour = hour;
    at.minute = first->value.minute;
    at.definite = true;
    value.times.push_back(at);
  }
  every_units(value, unit::day, 1);
  return last->next;
}

std::size_t rule_reader::start(std::size_t k) {
  if (const std::size_t hours = hours_of_day(k)) return hours;
  std::size_t i = k;
  const bool from = is(i, "from");
  if (in(i, {"starting", "beginning", "commencing", "from", "starts", "effective"})) ++i;
  else if (is(i, "as") && is(i + 1, "of")) i += 2;
  else return 0;
  if (is(i, "from") && !from) ++i;
  if (in(i, {"now", "today"}) && in(i + 1, {"on", "onwards", "onward"})) {
    value.from_now_on = true;
    return i + 2;
  }
  if (is(i, "now")) return from ? 0 : i + 1;
  const auto at = point(i, !from);
  if (!at || (from && !at->date)) return 0;
  value.starts = value.starts ? merge_points(*value.starts, *at) : *at;
  std::size_t next = at->last;
  if (in(next, {"on", "onwards", "onward"}) && (next + 1 == end_ || !match_temporal(s_, next, end_))) ++next;
  return next;
}

std::size_t rule_reader::finish(std::size_t k) {
  std::size_t i = k;
  if (in(i, {"until", "till", "til", "ending", "through", "thru"})) ++i;
  else if (is(i, "up") && in(i + 1, {"to", "until"})) i += 2;
  else return 0;
  value.through = in(i - 1, {"through", "thru"});
  while (in(i, {"the", "on", "in"}) && !match_date(s_, i, end_, true)) ++i;
  if (i < end_ && !s_[i].literal && s_[i].kind == token_kind::number && s_[i].value >= 1970 && s_[i].value <= 2199 && s_.free_right(i + 1)) {
    value.until_year = s_[i].value;
    return i + 1;
  }
  const auto at = point(i, false);
  if (!at || !at->date) return 0;
  value.until = *at;
  return at->last;
}

std::size_t rule_reader::how_long(std::size_t k) {
  std::size_t i = k;
  const bool lead = in(i, {"for", "over"});
  if (lead) ++i;
  if (lead && is(i, "the")) ++i;
  if (lead && is(i, "next")) ++i;
  const auto count = match_count(s_, i, end_);
  if (!count || count->fuzzy || count->value < 1 || count->value > 9999) return 0;
  if (in(count->next, {"times", "occurrences", "repetitions"}) && !in(count->next + 1, {"a", "per", "every", "each"})) {
    value.count = count->value;
    return count->next + 1;
  }
  if (!lead) return 0;
  const auto span = match_duration(s_, i, end_);
  if (!span) return 0;
  value.lasting = span->span;
  return span->next;
}

std::size_t rule_reader::exception(std::size_t k) {
  std::size_t i = k;
  if (in(i, {"except", "excluding", "excepting", "skipping", "besides", "without"})) ++i;
  else if (is(i, "but") && is(i + 1, "not")) i += 2;
  else if (is(i, "other") && is(i + 1, "than")) i += 2;
  else if (is(i, "apart") && is(i + 1, "from")) i += 2;
  else return 0;
  if (in(i, {"on", "for", "in", "during", "from"})) ++i;
  if (in(i, {"the", "public", "bank", "national", "federal", "school"})) ++i;
  if (in(i, {"holidays", "holiday"})) {
    value.holidays = true;
    return i + 1;
  }
  if (const auto days = match_weekdays(s_, i, end_)) return without_days(days->days) ? days->next : 0;
  if (const auto months = match_months(s_, i, end_)) {
    if (!value.rule.by_month.empty()) return 0;
    for (int m = 1; m <= 12; ++m)
      if (std::find(months->values.begin(), months->values.end(), m) == months->values.end()) value.rule.by_month.push_back(m);
    return months->next;
  }
  return 0;
}

bool rule_reader::without_days(const std::vector<int>& days) {
  const bool daily = value.rule.freq == frequency::daily && value.rule.interval == 1;
  const bool weekly = value.rule.freq == frequency::weekly && !value.rule.by_day.empty();
  if (!daily && !weekly) return false;
  std::vector<int> left;
  for (const int day : {1, 2, 3, 4, 5, 6, 0}) {
    const bool said = daily || std::any_of(value.rule.by_day.begin(), value.rule.by_day.end(), [&](const auto& w) { return static_cast<int>(w.day.c_encoding()) == day; });
    if (said && std::find(days.begin(), days.end(), day) == days.end()) left.push_back(day);
  }
  if (left.empty()) return false;
  value.rule.by_day.clear();
  weekly_on(value, left);
  return true;
}

// "on tuesdays", "on the 1st and 15th", "on the last friday", "on march 3", "in may"
std::size_t rule_reader::by_days(std::size_t k) {
  std::size_t i = k;
  const bool on = is(i, "on");
  if (on) ++i;
  const auto freq = value.rule.freq;
  if (on && value.rule.by_day.empty() && (freq == frequency::weekly || (freq == frequency::daily && value.rule.interval == 1) || freq == frequency::hourly || freq == frequency::minutely))
    if (const auto days = match_weekdays(s_, i, end_)) {
      if (freq == frequency::daily) value.rule.freq = frequency::weekly;
      for (const int day : days->days) value.rule.by_day.push_back({0, std::chrono::weekday{static_cast<unsigned>(day)}});
      return days->next;
    }
  if (is(i, "the")) ++i;
  const bool months = freq == frequency::monthly || freq == frequency::yearly;
  if (months && i > k && value.rule.by_day.empty() && value.rule.by_month_day.empty()) {
    const rule_expr before = value;
    bool bare = false;
    if (const std::size_t next = numbered_days(i, bare)) {
      value.rule.freq = freq;
      value.rule.interval = before.rule.interval;
      const std::size_t further = counted_in(next);
      value.rule.interval = before.rule.interval;
      if (further == 0) value.rule.freq = freq == frequency::yearly ? frequency::yearly : frequency::monthly;
      if (freq == frequency::monthly || further != 0) return further ? further : next;
      value = before;
    }
  }
  if (freq == frequency::yearly && on && value.rule.by_month.empty()) return yearly_date(i);
  if ((is(k, "in") || is(k, "during")) && value.rule.by_month.empty())
    if (const auto named = match_months(s_, k + 1, end_)) {
      value.rule.by_month = named->values;
      return named->next;
    }
  if (freq == frequency::monthly && is(k, "of") && !value.rule.by_day.empty() && value.rule.by_month.empty())
    if (const auto named = match_months(s_, k + 1, end_)) {
      value.rule.by_month = named->values;
      return named->next;
    }
  return 0;
}

// "at 9", "7pm", "9:30", "in the morning", "at 8am Tokyo time"
std::size_t rule_reader::clock(std::size_t k) {
  if (!value.times.empty()) return 0;
  if (const auto part = part_word(s_, k, end_); part != daypart::none && value.part == daypart::none && s_.free_right(k + 1)) {
    value.part = part;
    return k + 1;
  }
  auto phrase = match_temporal(s_, k, end_);
  const bool timed = phrase && !phrase->date && !phrase->shift && (phrase->time || phrase->part != daypart::none);
  if (!timed) {
    // "at 9 and 17": the hour stands before a word a single time could not lean on.
    const bool at = in(k, {"at", "around"}) || sym(k, '@');
    const auto time = match_time(s_, at ? k + 1 : k, end_, at);
    if (!time) return 0;                               // a date after it is not the rule's
    value.times.push_back(time->value);
    return time->next;
  }
  if (phrase->part != daypart::none) value.part = phrase->part;
  if (phrase->time) value.times.push_back(*phrase->time);
  if (phrase->zone) value.zone = phrase->zone;
  return phrase->last;
}

}  // namespace chat::language
