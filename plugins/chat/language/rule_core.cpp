// The core of a repetition: every ..., daily, on mondays, the 1st of each month, twice a week, 3 days after I finish.
#include "plugins/chat/language/rule_reader.hpp"

#include <algorithm>

namespace chat::language {

using calendar::frequency;

void every_units(rule_expr& e, unit u, int n) {
  e.rule.interval = n;
  switch (u) {
    case unit::minute: e.rule.freq = frequency::minutely; return;
    case unit::hour: e.rule.freq = frequency::hourly; return;
    case unit::day: e.rule.freq = frequency::daily; return;
    case unit::fortnight: e.rule.interval = 2 * n; [[fallthrough]];
    case unit::week: e.rule.freq = frequency::weekly; return;
    case unit::quarter: e.rule.interval = 3 * n; [[fallthrough]];
    case unit::month: e.rule.freq = frequency::monthly; return;
    case unit::year: e.rule.freq = frequency::yearly; return;
    case unit::none: case unit::second: return;
  }
}

void weekly_on(rule_expr& e, const std::vector<int>& days) {
  e.rule.freq = frequency::weekly;
  for (const int day : days) e.rule.by_day.push_back({0, std::chrono::weekday{static_cast<unsigned>(day)}});
}

daypart part_word(const sentence& s, std::size_t i, std::size_t end) {
  if (word_in(s, i, end, {"morning", "mornings"})) return daypart::morning;
  if (word_in(s, i, end, {"afternoon", "afternoons"})) return daypart::afternoon;
  if (word_in(s, i, end, {"evening", "evenings"})) return daypart::evening;
  if (word_in(s, i, end, {"night", "nights"})) return daypart::night;
  return daypart::none;
}

namespace {

void on_workday(rule_expr& e, const std::vector<int>& places) {
  for (unsigned day = 1; day <= 5; ++day) e.rule.by_day.push_back({0, std::chrono::weekday{day}});
  e.rule.by_set_pos = places;
}

void on_nth_weekdays(rule_expr& e, const std::vector<int>& places, const std::vector<int>& days) {
  if (days.size() > 1 && places.size() == 1) {            // "the last weekend day", "the first saturday and sunday": each of them
    for (const int day : days) e.rule.by_day.push_back({places.front(), std::chrono::weekday{static_cast<unsigned>(day)}});
    return;
  }
  for (const int place : places)
    for (const int day : days) e.rule.by_day.push_back({place, std::chrono::weekday{static_cast<unsigned>(day)}});
}

bool places_fit(const std::vector<int>& places, int most) {
  return std::all_of(places.begin(), places.end(), [&](int n) { return n == -1 || (n >= 1 && n <= most); });
}

}  // namespace

std::size_t rule_reader::core(std::size_t at) {
  std::size_t i = at;
  if (in(i, {"repeat", "repeats", "repeating", "recurring", "recurs"})) ++i;
  if (in(i, {"every", "each"})) return after_every(i + 1);
  if (in(i, {"everyday"})) return every_units(value, unit::day, 1), i + 1;
  if (const std::size_t next = adverb(i)) return next;
  if (const std::size_t next = so_often(i)) return next;
  if (const std::size_t next = days_of_every(i)) return next;
  if (const std::size_t next = plural_days(i)) return next;
  return after_finishing(i);
}

std::size_t rule_reader::after_every(std::size_t i) {
  if (sym(i, '!') && !s_[i].spaced) {
    value.from_completion = true;
    ++i;
  }
  if (is(i, "single")) ++i;
  if (in(i, {"other", "alternate"})) return interval_of(i + 1, 2);
  if (const std::size_t next = after_ordinals(i)) return next;
  if (const auto count = match_count(s_, i, end_); count && !count->fuzzy && !in(i, {"a", "an"}) && count->value >= 1 && count->value <= 1000) return interval_of(count->next, count->value);
  if (in(i, {"half"}) && in(i + 1, {"hour"})) return every_units(value, unit::minute, 30), i + 2;
  if (in(i, {"half"}) && in(i + 1, {"year"})) return every_units(value, unit::month, 6), i + 2;
  if (const auto date = yearly_date(i)) return date;
  return interval_of(i, 1);
}

// "3 days", "other friday", "weekday", "morning": what is counted.
std::size_t rule_reader::interval_of(std::size_t i, int n) {
  if (const auto u = repeat_unit(s_, i, end_, n > 1 || (i > 0 && s_[i - 1].kind == token_kind::number)); u != unit::none) return every_units(value, u, n), i + 1;
  if (const auto days = match_weekdays(s_, i, end_)) {
    weekly_on(value, days->days);
    value.rule.interval = n;
    return days->next;
  }
  if (const auto next = match_workday(s_, i, end_); next > i && n == 1) return weekly_on(value, {1, 2, 3, 4, 5}), next;
  if (const auto part = part_word(s_, i, end_); part != daypart::none && s_.free_right(i + 1)) {
    every_units(value, unit::day, n);
    value.part = part;
    return i + 1;
  }
  return 0;
}

// "march 3", "25 december", "january and july", "christmas": once a year.
std::size_t rule_reader::yearly_date(std::size_t i) {
  if (const auto date = match_date(s_, i, end_, true); date && date->value.kind == date_expr::form::month_day && date->value.year == 0) {
    value.rule.freq = frequency::yearly;
    value.rule.by_month = {date->value.month};
    value.rule.by_month_day = {date->value.day};
    return date->next;
  }
  const auto months = match_months(s_, i, end_);
  if (!months) return 0;
  value.rule.freq = frequency::yearly;
  value.rule.by_month = months->values;
  if (const auto day = match_ordinals(s_, months->next, end_); day && places_fit(day->values, 31)) {
    value.rule.by_month_day = day->values;
    return day->next;
  }
  value.rule.by_month_day = {1};
  return months->next;
}

// "of the month", "of every quarter", "of march": what the days before it are counted in. 0 when there is none.
std::size_t rule_reader::counted_in(std::size_t i) {
  if (!in(i, {"of", "in"})) return 0;
  ++i;
  if (in(i, {"the", "each", "every", "a"})) ++i;
  value.rule.freq = frequency::monthly;
  if (is(i, "other") && is(i + 1, "month")) return value.rule.interval = 2, i + 2;
  if (in(i, {"month", "months"})) return i + 1;
  const bool closing = std::any_of(value.rule.by_month_day.begin(), value.rule.by_month_day.end(), [](int n) { return n < 0; }) ||
                       std::any_of(value.rule.by_set_pos.begin(), value.rule.by_set_pos.end(), [](int n) { return n < 0; }) ||
                       std::any_of(value.rule.by_day.begin(), value.rule.by_day.end(), [](const auto& d) { return d.ordinal < 0; });
  if (is(i, "quarter")) {
    value.rule.by_month = closing ? std::vector<int>{3, 6, 9, 12} : std::vector<int>{1, 4, 7, 10};
    return i + 1;
  }
  if (is(i, "year")) {
    value.rule.freq = frequency::yearly;
    if (value.rule.by_day.empty()) value.rule.by_month = {closing ? 12 : 1};
    return i + 1;
  }
  if (const auto months = match_months(s_, i, end_)) {
    value.rule.freq = frequency::yearly;
    value.rule.by_month = months->values;
    return months->next;
  }
  return 0;
}

// Days of a month named by number: "2nd and 4th thursday", "last weekday", "15th", "first day". 0: not such days.
std::size_t rule_reader::numbered_days(std::size_t i, bool& bare) {
  const auto places = match_ordinals(s_, i, end_);
  if (!places) return 0;
  bare = false;
  value.rule.freq = frequency::monthly;
  if (const std::size_t next = match_workday(s_, places->next, end_); next > places->next && places_fit(places->values, 23)) return on_workday(value, places->values), next;
  if (const auto days = match_weekdays(s_, places->next, end_); days && places_fit(places->values, 5)) return on_nth_weekdays(value, places->values, days->days), days->next;
  if (in(places->next, {"day", "days"}) && places_fit(places->values, 31)) return value.rule.by_month_day = places->values, places->next + 1;
  if (!places_fit(places->values, 31)) return 0;
  bare = true;
  value.rule.by_month_day = places->values;
  return places->next;
}

std::size_t rule_reader::after_ordinals(std::size_t i) {
  const auto places = match_ordinals(s_, i, end_);
  if (!places) return 0;
  const int n = places->values.front();
  const bool one = places->values.size() == 1;
  const auto u = repeat_unit(s_, places->next, end_, false);
  if (one && n > 0 && u != unit::none && !is(places->next + 1, "of")) return every_units(value, u, n), places->next + 1;   // "every third week"
  bool bare = false;
  const rule_expr before = value;
  const std::size_t next = numbered_days(i, bare);
  if (next == 0) return value = before, 0;
  if (const std::size_t in_what = counted_in(next)) return in_what;
  value.rule.freq = frequency::monthly;
  if (one && n == 2 && s_[i].kind == token_kind::word && !value.rule.by_day.empty() && value.rule.by_set_pos.empty()) {
    value = before;                                       // "every second friday": every other one
    value.every_second = true;
    return interval_of(places->next, 2);
  }
  if (bare && s_[i].kind != token_kind::number) return value = before, 0;      // "every first ..." of something else
  if (in(places->next, {"day"}) && n != -1) return value = before, 0;
  return next;
}

// "on the 31st of every month", "the last friday of each month", "at the end of every quarter"
std::size_t rule_reader::days_of_every(std::size_t i) {
  if (in(i, {"on", "at", "by"})) ++i;
  if (is(i, "the")) ++i;
  if (in(i, {"end", "start", "beginning"}) && is(i + 1, "of") && in(i + 2, {"every", "each"})) {
    const rule_expr before = value;
    const bool ends = is(i, "end");
    if (ends && is(i + 3, "week")) return weekly_on(value, {5}), i + 4;
    if (!ends && is(i + 3, "week")) return weekly_on(value, {1}), i + 4;
    value.rule.by_month_day = {ends ? -1 : 1};
    const std::size_t next = counted_in(i + 1);
    if (next == 0) value = before;
    return next;
  }
  if (i >= end_ || (s_[i].kind != token_kind::number && !(s_[i].lex && s_[i].lex->ordinal != 0))) return 0;
  const rule_expr before = value;
  bool bare = false;
  const std::size_t days = numbered_days(i, bare);
  const bool every = days != 0 && in(days, {"of", "in"}) && in(days + 1, {"every", "each"});
  const std::size_t next = every ? counted_in(days) : 0;
  if (next == 0) value = before;
  return next;
}

std::size_t rule_reader::adverb(std::size_t i) {
  struct entry { std::string_view word; unit what; int n; };
  static constexpr entry words[] = {{"daily", unit::day, 1}, {"weekly", unit::week, 1}, {"biweekly", unit::week, 2}, {"fortnightly", unit::week, 2}, {"monthly", unit::month, 1}, {"bimonthly", unit::month, 2},
                                    {"quarterly", unit::month, 3}, {"yearly", unit::year, 1}, {"annually", unit::year, 1}, {"hourly", unit::hour, 1}, {"nightly", unit::day, 1}, {"semiannually", unit::month, 6}};
  std::size_t next = i + 1;
  if (in(i, {"bi", "semi"}) && sym(i + 1, '-') && !s_[i + 1].spaced && in(i + 2, {"weekly", "monthly", "annually"})) {
    every_units(value, is(i + 2, "weekly") ? unit::week : unit::month, is(i, "semi") ? 6 : 2);
    return i + 3;
  }
  for (const auto& [word, what, n] : words) {
    if (!is(i, word)) continue;
    every_units(value, what, n);
    if (word == "nightly") value.part = daypart::night;
    return next;
  }
  return 0;
}

// "once a day", "twice a week", "3 times a month"
std::size_t rule_reader::so_often(std::size_t i) {
  int n = in(i, {"once"}) ? 1 : in(i, {"twice"}) ? 2 : 0;
  std::size_t k = i + 1;
  if (n == 0) {
    const auto count = match_count(s_, i, end_);
    if (!count || count->fuzzy || count->value < 1 || count->value > 100 || !is(count->next, "times")) return 0;
    n = count->value;
    k = count->next + 1;
  }
  if (!in(k, {"a", "an", "every", "per", "each"})) return 0;
  ++k;
  int interval = 1;
  if (is(k, "other")) {
    interval = 2;
    ++k;
  } else if (const auto more = match_count(s_, k, end_); more && is(k - 1, "every") && more->value > 1 && more->value < 100) {
    interval = more->value;
    k = more->next;
  }
  const auto u = repeat_unit(s_, k, end_, false);
  if (u == unit::none) return 0;
  every_units(value, u, interval);
  if (n > 1) value.times_per = n;
  return k + 1;
}

// "on mondays", "weekends", "weekday mornings", "on sunday evenings"
std::size_t rule_reader::plural_days(std::size_t i) {
  if (is(i, "on")) ++i;
  const auto days = match_weekdays(s_, i, end_);
  if (!days) return 0;
  std::size_t next = days->next;
  const bool parts = in(next, {"mornings", "afternoons", "evenings", "nights"});
  // "mon-fri", "mon/wed/fri": nobody writes one date like that.
  bool listed = days->days.size() >= 3;
  for (std::size_t k = i; k < next; ++k) listed = listed || (days->days.size() >= 2 && (sym(k, '/') || sym(k, '-') || sym(k, '&')));
  if (!days->plural && !parts && !listed) return 0;
  weekly_on(value, days->days);
  if (parts) value.part = part_word(s_, next++, end_);
  return next;
}

std::size_t rule_reader::completion(std::size_t k) {
  if (!in(k, {"after", "from", "when", "once", "since"})) return 0;
  const bool after = in(k, {"after", "from", "since"});
  ++k;
  if (in(k, {"i", "i'm", "i've", "it's", "it", "we"})) {
    const bool being = in(k, {"i'm", "it's", "i've"});
    ++k;
    if (in(k, {"am", "is", "have", "was"})) ++k;
    else if (!being && !in(k, {"finish", "complete", "do", "did", "finished", "completed", "last"})) return 0;
    if (is(k, "last")) ++k;
    if (!in(k, {"finish", "finished", "complete", "completed", "do", "did", "done"})) return 0;
    ++k;
    if (in(k, {"it", "that"})) ++k;
  } else if (after && in(k, {"completion", "completing", "finishing", "done", "doing"})) {
    ++k;
    if (in(k, {"it"})) ++k;
  } else if (!after && in(k, {"done", "finished", "completed"})) {
    ++k;
  } else if (after && is(k, "the") && is(k + 1, "last") && in(k + 2, {"completion", "time"})) {
    k += 3;
  } else {
    return 0;
  }
  value.from_completion = true;
  return k;
}

// "3 days after I finish"
std::size_t rule_reader::after_finishing(std::size_t i) {
  const auto count = match_count(s_, i, end_);
  if (!count || count->fuzzy || count->value < 1 || count->value > 1000) return 0;
  const auto u = repeat_unit(s_, count->next, end_, true);
  if (u == unit::none || !in(count->next + 1, {"after", "from"})) return 0;
  const rule_expr before = value;
  every_units(value, u, count->value);
  const std::size_t next = completion(count->next + 1);
  if (next == 0) value = before;
  return next;
}

}  // namespace chat::language
