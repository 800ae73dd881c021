// Clock phrases, counts and durations: 5pm, 17:45, half past seven, noon, eod, "an hour and a half", 1h30m.
#include "plugins/chat/language/temporal.hpp"

namespace chat::language {
namespace {

using meridiem = time_expr::meridiem;
using form = time_expr::form;

bool number_at(const sentence& s, std::size_t i, std::size_t end) {
  return i < end && !s[i].literal && s[i].kind == token_kind::number && s[i].value >= 0;
}
std::size_t digits(const token& t) { return t.end - t.begin; }

// am, pm, a.m., p.m., a, p (glued) after a clock number; returns the token after it, or `i`.
std::size_t meridiem_after(const sentence& s, std::size_t i, std::size_t end, meridiem& out) {
  if (i >= end || s[i].literal) return i;
  if (word_in(s, i, end, {"am", "pm"})) {
    out = s[i].text == "am" ? meridiem::am : meridiem::pm;
    return i + 1;
  }
  const bool letter = word_in(s, i, end, {"a", "p"});
  if (letter && symbol_is(s, i + 1, end, '.') && word_is(s, i + 2, end, "m") && !s[i + 1].spaced && !s[i + 2].spaced) {
    out = s[i].text == "a" ? meridiem::am : meridiem::pm;
    const bool dot = symbol_is(s, i + 3, end, '.') && !s[i + 3].spaced;
    return i + (dot ? 4 : 3);
  }
  if (letter && !s[i].spaced && s.free_right(i + 1)) {
    out = s[i].text == "a" ? meridiem::am : meridiem::pm;
    return i + 1;
  }
  return i;
}

time_expr clock(int hour, int minute, meridiem half, bool definite) {
  time_expr t;
  t.hour = hour;
  t.minute = minute;
  t.half = half;
  t.definite = definite || hour > 12 || hour == 0;
  t.valid = minute < 60 && (half == meridiem::none ? hour < 24 : hour >= 1 && hour <= 12);
  return t;
}

// 17:45, 5:30pm, 5.30pm, 07:30:15, 5pm, 5 pm, 17h, 17h30
std::optional<time_match> digital(const sentence& s, std::size_t at, std::size_t end) {
  if (!number_at(s, at, end) || digits(s[at]) > 2) return std::nullopt;
  const int hour = s[at].value;
  const bool zero_led = digits(s[at]) == 2 && hour < 10;
  std::size_t i = at + 1;
  meridiem half = meridiem::none;
  const bool colon = symbol_is(s, i, end, ':') || symbol_is(s, i, end, '.');
  if (colon && !s[i].spaced && number_at(s, i + 1, end) && !s[i + 1].spaced && digits(s[i + 1]) == 2) {
    const int minute = s[i + 1].value;
    const bool dot = s[i].symbol == '.';
    int second = 0;
    std::size_t next = i + 2;
    if (!dot && symbol_is(s, next, end, ':') && !s[next].spaced && number_at(s, next + 1, end) && !s[next + 1].spaced && digits(s[next + 1]) == 2) {
      second = s[next + 1].value;
      next += 2;
    }
    const std::size_t after = meridiem_after(s, next, end, half);
    if (dot && after == next) return std::nullopt;      // 5.30 alone is a decimal
    if (!s.free_right(after)) return std::nullopt;
    auto t = clock(hour, minute, half, zero_led);
    t.second = second;
    t.valid = t.valid && second < 60;
    return time_match{t, after, half != meridiem::none};
  }
  if (word_is(s, i, end, "h") && !s[i].spaced && hour <= 24) {
    int minute = 0;
    std::size_t next = i + 1;
    if (number_at(s, next, end) && !s[next].spaced && digits(s[next]) == 2) minute = s[next++].value;
    if (!s.free_right(next) || hour < 13) return std::nullopt;   // "2h" is a duration
    return time_match{clock(hour, minute, half, true), next, false};
  }
  const std::size_t after = meridiem_after(s, i, end, half);
  if (after != i && s.free_right(after)) return time_match{clock(hour, 0, half, false), after, true};
  return std::nullopt;
}

// half past seven, quarter to 8, ten past five
std::optional<time_match> spoken(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  int minutes = -1;
  if (word_is(s, i, end, "a") && word_is(s, i + 1, end, "quarter")) ++i;
  if (word_is(s, i, end, "half") && word_is(s, i + 1, end, "past")) { minutes = 30; ++i; }
  else if (word_is(s, i, end, "quarter") && word_in(s, i + 1, end, {"past", "to", "after"})) { minutes = 15; ++i; }
  else if (const auto count = match_count(s, i, end); count && !count->fuzzy && count->value >= 1 && count->value < 60) {
    std::size_t k = count->next;
    if (word_in(s, k, end, {"minutes", "min"})) ++k;
    if (!word_in(s, k, end, {"past", "to"}) || count->value % 5 != 0) return std::nullopt;
    minutes = count->value;
    i = k;
  }
  if (minutes < 0) return std::nullopt;
  const bool to = word_is(s, i, end, "to");
  const auto hour = match_count(s, i + 1, end);
  if (!hour || hour->fuzzy || hour->value < 1 || hour->value > 12 || word_in(s, i + 1, end, {"a", "an"})) return std::nullopt;
  // "five to ten people": a spoken minute before "to" in digits is a range unless it says quarter or half.
  if (to && minutes != 15 && number_at(s, at, end)) return std::nullopt;
  meridiem half = meridiem::none;
  const std::size_t next = meridiem_after(s, hour->next, end, half);
  int h = hour->value, m = minutes;
  if (to) {
    m = 60 - minutes;
    h = h == 1 ? 12 : h - 1;
  }
  return time_match{clock(h, m, half, false), next, true};
}

std::optional<time_match> named(const sentence& s, std::size_t at, std::size_t end) {
  time_expr t;
  if (word_in(s, at, end, {"noon", "midday"})) t.kind = form::noon;
  else if (word_is(s, at, end, "midnight")) t.kind = form::midnight;
  else if (word_in(s, at, end, {"eod", "cob", "eob"})) {
    t.kind = form::end_of_day;
    return time_match{t, at + 1, true};
  } else {
    std::size_t i = at;
    if (word_is(s, i, end, "the")) ++i;
    if (word_is(s, i, end, "end") && word_is(s, i + 1, end, "of")) {
      std::size_t k = i + 2;
      if (word_in(s, k, end, {"the", "business"})) ++k;
      if (word_in(s, k, end, {"day", "business"})) {
        t.kind = form::end_of_day;
        return time_match{t, k + 1, true};
      }
      return std::nullopt;
    }
    if (word_is(s, i, end, "close") && word_is(s, i + 1, end, "of") && word_is(s, i + 2, end, "business")) {
      t.kind = form::end_of_day;
      return time_match{t, i + 3, true};
    }
    if (word_is(s, i, end, "same") && word_is(s, i + 1, end, "time")) {
      t.kind = form::same_time;
      return time_match{t, i + 2, false};
    }
    return std::nullopt;
  }
  return time_match{t, at + 1, false};
}

// "at 5", "at seven", "at seven thirty", "at 1730", "at 5 o'clock": a bare number is a time only after "at".
std::optional<time_match> bare(const sentence& s, std::size_t at, std::size_t end) {
  if (number_at(s, at, end) && s.free_right(at + 1) && s.free_left(at)) {
    const int value = s[at].value;
    if (digits(s[at]) == 4 && value / 100 < 24 && value % 100 < 60) return time_match{clock(value / 100, value % 100, meridiem::none, true), at + 1, false};
    if (digits(s[at]) > 2 || value > 23) return std::nullopt;
    auto t = clock(value, 0, meridiem::none, digits(s[at]) == 2 && value < 10);
    if (word_is(s, at + 1, end, "o'clock")) return time_match{t, at + 2, true};
    return time_match{t, at + 1, false};
  }
  const auto hour = match_count(s, at, end);
  if (!hour || hour->fuzzy || hour->value < 1 || hour->value > 12 || word_in(s, at, end, {"a", "an"})) return std::nullopt;
  std::size_t next = hour->next;
  int minute = 0;
  if (word_is(s, next, end, "o'clock")) return time_match{clock(hour->value, 0, meridiem::none, false), next + 1, true};
  if (const auto more = match_count(s, next, end); more && !more->fuzzy && !word_in(s, next, end, {"a", "an"}) && more->value >= 10 && more->value < 60) {
    minute = more->value;
    next = more->next;
  }
  meridiem half = meridiem::none;
  next = meridiem_after(s, next, end, half);
  return time_match{clock(hour->value, minute, half, false), next, half != meridiem::none};
}

calendar::period scaled(unit u, int count) {
  using std::chrono::seconds;
  switch (u) {
    case unit::second: return {0, 0, seconds{count}};
    case unit::minute: return {0, 0, std::chrono::minutes{count}};
    case unit::hour: return {0, 0, std::chrono::hours{count}};
    case unit::day: return {0, count, seconds{0}};
    case unit::week: return {0, 7 * count, seconds{0}};
    case unit::fortnight: return {0, 14 * count, seconds{0}};
    case unit::month: return {count, 0, seconds{0}};
    case unit::quarter: return {3 * count, 0, seconds{0}};
    case unit::year: return {12 * count, 0, seconds{0}};
    case unit::none: break;
  }
  return {};
}

int most_of(unit u) {
  switch (u) {
    case unit::second: case unit::minute: return 600000;
    case unit::hour: return 20000;
    case unit::day: return 36500;
    case unit::week: case unit::fortnight: return 2600;
    case unit::month: case unit::quarter: return 1200;
    default: return 100;
  }
}

calendar::period sum(const calendar::period& a, const calendar::period& b) { return {a.months + b.months, a.days + b.days, a.seconds + b.seconds}; }

// A unit word right after a count. Single letters count only when glued to digits: "5m", never "5 m".
unit unit_at(const sentence& s, std::size_t i, std::size_t end) {
  if (i >= end || s[i].literal || s[i].kind != token_kind::word || !s[i].lex) return unit::none;
  if (s[i].lex->abbreviated_unit && s[i].text.size() == 1 && s[i].spaced) return unit::none;
  return s[i].lex->time_unit;
}

// One "count unit" pair, or "half an hour", "1.5 hours", "an hour and a half".
std::optional<duration_match> one_duration(const sentence& s, std::size_t at, std::size_t end) {
  if (word_is(s, at, end, "half") && word_in(s, at + 1, end, {"an", "a"})) {
    if (word_is(s, at + 2, end, "hour")) return duration_match{{0, 0, std::chrono::minutes{30}}, at + 3, false, true};
    if (word_is(s, at + 2, end, "day")) return duration_match{{0, 0, std::chrono::hours{12}}, at + 3, false, true};
    return std::nullopt;
  }
  if (number_at(s, at, end) && symbol_is(s, at + 1, end, '.') && !s[at + 1].spaced && number_at(s, at + 2, end) && !s[at + 2].spaced && digits(s[at + 2]) == 1) {
    const unit u = unit_at(s, at + 3, end);
    if (u != unit::hour || s[at].value > 1000) return std::nullopt;
    return duration_match{{0, 0, std::chrono::minutes{s[at].value * 60 + s[at + 2].value * 6}}, at + 4, false, true};
  }
  const auto count = match_count(s, at, end);
  if (!count) return std::nullopt;
  std::size_t i = count->next;
  if (word_in(s, i, end, {"more", "full", "whole"})) ++i;
  const unit u = unit_at(s, i, end);
  if (u == unit::none || count->value > most_of(u) || (s[i].lex->ordinal != 0 && count->value == 1 && s[i].text == "second" && !word_in(s, at, end, {"a", "one", "1"})))
    return std::nullopt;
  duration_match out{scaled(u, count->value), i + 1, count->fuzzy, u <= unit::hour};
  if (u == unit::hour && word_is(s, i + 1, end, "and") && word_is(s, i + 2, end, "a") && word_is(s, i + 3, end, "half")) {
    out.span.seconds += std::chrono::minutes{30};
    out.next = i + 4;
  }
  return out;
}

}  // namespace

bool word_is(const sentence& s, std::size_t at, std::size_t end, std::string_view wanted) {
  return at < end && at < s.size() && s[at].kind == token_kind::word && !s[at].literal && s[at].text == wanted;
}

bool word_in(const sentence& s, std::size_t at, std::size_t end, std::initializer_list<std::string_view> wanted) {
  if (at >= end || at >= s.size() || s[at].kind != token_kind::word || s[at].literal) return false;
  for (const auto word : wanted)
    if (s[at].text == word) return true;
  return false;
}

bool symbol_is(const sentence& s, std::size_t at, std::size_t end, char wanted) {
  return at < end && at < s.size() && s[at].symbol == wanted && !s[at].literal;
}

std::optional<count_match> match_count(const sentence& s, std::size_t at, std::size_t end) {
  if (at >= end || s[at].literal) return std::nullopt;
  if (s[at].kind == token_kind::number) {
    if (s[at].value < 0) return std::nullopt;
    return count_match{s[at].value, at + 1};
  }
  if (s[at].kind != token_kind::word) return std::nullopt;
  std::size_t i = at;
  if (word_is(s, i, end, "a") && word_in(s, i + 1, end, {"couple", "few"})) ++i;
  if (word_is(s, i, end, "couple")) return count_match{2, word_is(s, i + 1, end, "of") ? i + 2 : i + 1};
  if (word_is(s, i, end, "few")) return count_match{3, i + 1, true};
  if (word_is(s, i, end, "several") ) return std::nullopt;
  const auto* lex = s[at].lex;
  if (!lex || lex->number < 0) return std::nullopt;
  const bool tens = lex->number >= 20 && lex->number % 10 == 0;
  std::size_t next = at + 1;
  if (tens && symbol_is(s, next, end, '-') && !s[next].spaced) ++next;
  if (tens && next < end && !s[next].literal && s[next].lex && s[next].lex->number >= 1 && s[next].lex->number <= 9 && !word_in(s, next, end, {"a", "an"}))
    return count_match{lex->number + s[next].lex->number, next + 1};
  return count_match{lex->number, at + 1};
}

std::optional<duration_match> match_duration(const sentence& s, std::size_t at, std::size_t end) {
  if (at >= end || !s.free_left(at)) return std::nullopt;
  auto total = one_duration(s, at, end);
  if (!total) return std::nullopt;
  for (int parts = 1; parts < 4; ++parts) {
    std::size_t i = total->next;
    if (word_is(s, i, end, "and") || symbol_is(s, i, end, ',')) ++i;
    if (i < end && s[i].kind == token_kind::word && !word_in(s, i, end, {"a", "an", "half"}) && !(s[i].lex && s[i].lex->number > 0)) break;
    const auto more = one_duration(s, i, end);
    if (!more) break;
    total->span = sum(total->span, more->span);
    total->next = more->next;
    total->fuzzy = total->fuzzy || more->fuzzy;
    total->exact_time = total->exact_time || more->exact_time;
  }
  if (!s.free_right(total->next)) return std::nullopt;
  return total;
}

std::optional<time_match> match_time(const sentence& s, std::size_t at, std::size_t end, bool after_at, bool glued) {
  if (at >= end || s[at].literal || s[at].kind == token_kind::symbol || (!glued && !s.free_left(at))) return std::nullopt;
  std::optional<time_match> found = digital(s, at, end);
  if (!found) found = spoken(s, at, end);
  if (!found) found = named(s, at, end);
  if (!found && after_at) found = bare(s, at, end);
  if (found && !s.free_right(found->next)) return std::nullopt;
  return found;
}

}  // namespace chat::language
