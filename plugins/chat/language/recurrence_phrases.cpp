// Repetition in words: "every other friday at 4pm", "on the 31st of every month", "every 8 hours starting 7am for 5 days".
//
// A core says how often (every ..., daily, on mondays, the 1st of each month, 3 days after I finish), tails add times, days,
// where it starts and ends. Nothing here knows what day it is (resolve_repeat.cpp does).
#include <algorithm>

#include "plugins/chat/language/recurrence_days.hpp"

namespace chat::language {
namespace {

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

daypart part_word(const sentence& s, std::size_t i, std::size_t end) {
  if (word_in(s, i, end, {"morning", "mornings"})) return daypart::morning;
  if (word_in(s, i, end, {"afternoon", "afternoons"})) return daypart::afternoon;
  if (word_in(s, i, end, {"evening", "evenings"})) return daypart::evening;
  if (word_in(s, i, end, {"night", "nights"})) return daypart::night;
  return daypart::none;
}

bool places_fit(const std::vector<int>& places, int most) {
  return std::all_of(places.begin(), places.end(), [&](int n) { return n == -1 || (n >= 1 && n <= most); });
}

class rule_reader {
 public:
  rule_reader(const sentence& s, std::size_t first, std::size_t end) : s_(s), first_(first), end_(end) {}
  rule_expr value;

  // The core that begins at `at`: the token after it, or 0.
  std::size_t core(std::size_t at) {
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

  // One more thing said about the rule at `at`: the token after it, or `at`. `apart`: it stands away from the core.
  std::size_t tail(std::size_t at, bool apart = false) {
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

  std::size_t tails(std::size_t i) {
    for (;;) {
      const std::size_t next = tail(i);
      if (next == i) return i;
      i = next;
    }
  }

 private:
  bool is(std::size_t i, std::string_view w) const { return word_is(s_, i, end_, w); }
  bool in(std::size_t i, std::initializer_list<std::string_view> w) const { return word_in(s_, i, end_, w); }
  bool sym(std::size_t i, char c) const { return symbol_is(s_, i, end_, c); }

  std::size_t after_every(std::size_t i) {
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
  std::size_t interval_of(std::size_t i, int n) {
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
  std::size_t yearly_date(std::size_t i) {
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
  std::size_t counted_in(std::size_t i) {
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
  std::size_t numbered_days(std::size_t i, bool& bare) {
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

  std::size_t after_ordinals(std::size_t i) {
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
  std::size_t days_of_every(std::size_t i) {
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

  std::size_t adverb(std::size_t i) {
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
  std::size_t so_often(std::size_t i) {
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
  std::size_t plural_days(std::size_t i) {
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

  std::size_t completion(std::size_t k) {
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
  std::size_t after_finishing(std::size_t i) {
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

  // A date or time after "starting", "until": prepositions allowed, a month or a bare hour too.
  std::optional<temporal> point(std::size_t i, bool bare_time) {
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
  std::size_t hours_of_day(std::size_t k) {
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

  std::size_t start(std::size_t k) {
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

  static temporal merge_points(temporal a, const temporal& b) {
    if (!a.date) a.date = b.date;
    if (!a.time) a.time = b.time;
    return a;
  }

  std::size_t finish(std::size_t k) {
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

  std::size_t how_long(std::size_t k) {
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

  std::size_t exception(std::size_t k) {
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

  bool without_days(const std::vector<int>& days) {
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
  std::size_t by_days(std::size_t k) {
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
  std::size_t clock(std::size_t k) {
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

  const sentence& s_;
  const std::size_t first_, end_;
};

bool is_adverb(const sentence& s, std::size_t at, std::size_t end) {
  return word_in(s, at, end, {"daily", "everyday", "weekly", "biweekly", "fortnightly", "monthly", "bimonthly", "quarterly", "yearly", "annually", "hourly", "nightly", "semiannually", "bi", "semi"});
}

// Nothing but other spans (p1, #x, @y) and punctuation from `i` on: what came before was a rule, not an adjective.
bool only_spans_follow(const sentence& s, std::size_t i, std::size_t end) {
  for (std::size_t k = i; k < end; ++k) {
    if (s[k].literal) return false;
    if (s[k].kind == token_kind::symbol) {
      if (s[k].symbol == ',' && word_in(s, k + 1, end, {"remind", "with", "and", "alert", "notify"})) return true;
      continue;
    }
    const bool name = k > 0 && (s[k - 1].symbol == '#' || s[k - 1].symbol == '@');
    const bool level = s[k].text == "p" || (k > 0 && s[k - 1].text == "p" && s[k].kind == token_kind::number);
    if (!name && !level && !word_in(s, k, end, {"please", "pls", "thanks", "in", "remind", "assigned", "tagged", "with"})) return false;
    if (word_in(s, k, end, {"remind", "assigned", "tagged", "with"})) return true;
  }
  return true;
}

// Words a repetition can begin with: everything else is turned away before any work.
bool may_begin(const sentence& s, std::size_t at, std::size_t end) {
  const token& t = s[at];
  if (t.kind == token_kind::number) return true;
  if (t.lex && (t.lex->weekday >= 0 || t.lex->ordinal != 0 || t.lex->number >= 0)) return true;
  return word_in(s, at, end, {"every", "each", "everyday", "on", "at", "by", "end", "the", "once", "twice", "repeat", "repeats", "repeating", "recurring", "recurs", "weekdays", "weekends", "weekday", "weekend", "workdays"}) || is_adverb(s, at, end);
}

}  // namespace

std::optional<recurrence_match> match_recurrence(const sentence& s, std::size_t at, std::size_t first, std::size_t end) {
  if (at >= end || s[at].literal || s[at].kind == token_kind::symbol || !s.free_left(at) || !may_begin(s, at, end)) return std::nullopt;
  rule_reader reader{s, first, end};
  const std::size_t core = reader.core(at);
  if (core == 0 || !s.free_right(core)) return std::nullopt;
  const std::size_t last = reader.tails(core);
  const bool led = word_in(s, at, end, {"repeat", "repeats", "repeating", "recurring", "recurs"});
  // "daily", "weekly": a rule at the end of the text or with its time; an adjective before a noun ("monthly report").
  if (is_adverb(s, at, end) || led) {
    const bool leads = at == first && last > core && last < end;
    if (led ? !only_spans_follow(s, last, end) || (at == first && !only_spans_follow(s, last, end)) : !leads && (at == first || !only_spans_follow(s, last, end))) return std::nullopt;
  }
  const bool plain_days = s[at].lex && s[at].lex->weekday >= 0;
  if (plain_days && at > first && word_in(s, at - 1, end, {"from", "to", "by"})) return std::nullopt;     // "from friday to monday"
  if ((plain_days || word_in(s, at, end, {"weekdays", "weekends", "weekday", "weekend", "workdays"})) && (at == first || !only_spans_follow(s, last, end))) return std::nullopt;
  return recurrence_match{at, core, last, std::move(reader.value)};
}

std::size_t match_rule_tail(const sentence& s, std::size_t at, std::size_t end, rule_expr& rule) {
  if (!word_in(s, at, end, {"starting", "beginning", "until", "till", "except", "excluding", "effective"})) return at;
  rule_reader reader{s, at, end};
  reader.value = rule;
  const std::size_t next = reader.tail(at, true);
  if (next != at) rule = std::move(reader.value);
  return next;
}

void add_to_rule(rule_expr& e, const temporal& said) {
  if (e.times.empty() && said.time) e.times.push_back(*said.time);
  if (e.part == daypart::none) e.part = said.part;
  if (!e.zone) e.zone = said.zone;
  if (!said.date && !said.shift) return;
  const bool open = e.rule.by_day.empty() && e.rule.by_month_day.empty() && e.rule.by_month.empty();
  using form = date_expr::form;
  const auto kind = said.date ? said.date->kind : form::relative_day;
  if (open && said.date && kind == form::weekday && said.date->mod == modifier::none && e.rule.freq == frequency::weekly) {
    weekly_on(e, {said.date->day_index});
  } else if (open && said.date && kind == form::day_of_month && said.date->mod == modifier::none && e.rule.freq == frequency::monthly) {
    e.rule.by_month_day = {said.date->day};
  } else if (open && said.date && kind == form::month_day && said.date->year == 0 && e.rule.freq == frequency::yearly) {
    e.rule.by_month = {said.date->month};
    e.rule.by_month_day = {said.date->day};
  } else if (!e.starts) {
    e.starts = said;
    e.starts->time.reset();
    e.starts->part = daypart::none;
  }
}

}  // namespace chat::language
