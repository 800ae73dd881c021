// Lists of days and months.
#include "plugins/chat/language/recurrence_days.hpp"

#include <algorithm>

namespace chat::language {
namespace {

const lexeme* lex_at(const sentence& s, std::size_t i, std::size_t end) {
  return i < end && !s[i].literal && s[i].kind == token_kind::word ? s[i].lex : nullptr;
}

bool separates(const sentence& s, std::size_t i, std::size_t end) {
  return symbol_is(s, i, end, ',') || symbol_is(s, i, end, '&') || symbol_is(s, i, end, '/') || symbol_is(s, i, end, '+') || word_is(s, i, end, "and");
}

// The token after one separator ("," "and" "/" ", and"), or `at`.
std::size_t skip_separator(const sentence& s, std::size_t at, std::size_t end) {
  std::size_t i = at;
  if (!separates(s, i, end)) return at;
  ++i;
  if (word_is(s, i, end, "and")) ++i;
  return i;
}

void add(std::vector<int>& to, int value) {
  if (std::find(to.begin(), to.end(), value) == to.end()) to.push_back(value);
}

// One day, a range of days, or a named set; appends and returns the token after it, or `at`.
std::size_t one_weekday(const sentence& s, std::size_t at, std::size_t end, weekday_list& out) {
  if (word_in(s, at, end, {"weekday", "weekdays", "workday", "workdays"})) {
    for (int day = 1; day <= 5; ++day) add(out.days, day);
    out.plural = out.plural || s[at].text.back() == 's';
    return at + 1;
  }
  if (word_in(s, at, end, {"weekend", "weekends"})) {
    add(out.days, 6);
    add(out.days, 0);
    out.plural = out.plural || s[at].text.back() == 's';
    return at + 1;
  }
  const auto* lex = lex_at(s, at, end);
  if (!lex || lex->weekday < 0) return at;
  out.plural = out.plural || lex->plural_weekday;
  std::size_t next = at + 1;
  const bool range = symbol_is(s, next, end, '-') || word_in(s, next, end, {"to", "through", "thru"});
  const auto* far = range ? lex_at(s, next + 1, end) : nullptr;
  if (far && far->weekday >= 0 && far->weekday != lex->weekday) {
    for (int day = lex->weekday; day != far->weekday; day = (day + 1) % 7) add(out.days, day);
    add(out.days, far->weekday);
    return next + 2;
  }
  add(out.days, lex->weekday);
  return next;
}

}  // namespace

std::optional<weekday_list> match_weekdays(const sentence& s, std::size_t at, std::size_t end) {
  weekday_list out;
  std::size_t i = one_weekday(s, at, end, out);
  if (i == at) return std::nullopt;
  for (;;) {
    std::size_t k = skip_separator(s, i, end);
    if (k == i) {
      // "every monday wednesday friday": names in full, or short ones after short ones ("sun" may be the sun).
      const auto *here = lex_at(s, i, end), *before = lex_at(s, i - 1, end);
      if (!here || here->weekday < 0 || !before || before->weekday < 0 || (here->shaky && s[i - 1].text.size() > 5)) break;
    }
    if (word_in(s, k, end, {"on", "every"})) ++k;
    const std::size_t next = one_weekday(s, k, end, out);
    if (next == k) break;
    i = next;
  }
  if (!s.free_right(i)) return std::nullopt;
  std::sort(out.days.begin(), out.days.end(), [](int a, int b) { return (a + 6) % 7 < (b + 6) % 7; });
  out.next = i;
  return out;
}

std::optional<int_list> match_ordinals(const sentence& s, std::size_t at, std::size_t end) {
  int_list out;
  auto one = match_ordinal(s, at, end);
  if (!one) return std::nullopt;
  while (one) {
    add(out.values, one->value);
    out.next = one->next;
    std::size_t k = skip_separator(s, out.next, end);
    if (k == out.next) break;
    if (word_is(s, k, end, "on")) ++k;
    if (word_is(s, k, end, "the")) ++k;
    one = match_ordinal(s, k, end);
  }
  return out;
}

std::optional<int_list> match_months(const sentence& s, std::size_t at, std::size_t end) {
  int_list out;
  std::size_t i = at;
  for (;;) {
    const auto* lex = lex_at(s, i, end);
    if (!lex || lex->month == 0 || !s.free_right(i + 1)) break;
    add(out.values, lex->month);
    out.next = i + 1;
    i = skip_separator(s, out.next, end);
    if (i == out.next) break;
  }
  if (out.values.empty()) return std::nullopt;
  return out;
}

std::size_t match_workday(const sentence& s, std::size_t at, std::size_t end) {
  if (word_in(s, at, end, {"weekday", "weekdays", "workday", "workdays"})) return at + 1;
  if (word_in(s, at, end, {"working", "business", "work", "week"}) && word_in(s, at + 1, end, {"day", "days"})) return at + 2;
  return at;
}

unit repeat_unit(const sentence& s, std::size_t at, std::size_t end, bool after_number) {
  const auto* lex = lex_at(s, at, end);
  if (!lex || lex->time_unit <= unit::second || !s.free_right(at + 1)) return unit::none;
  if (lex->abbreviated_unit && (!after_number || (s[at].text.size() == 1 && s[at].spaced))) return unit::none;
  return lex->time_unit;
}

}  // namespace chat::language
