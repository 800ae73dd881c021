// Recognising repetition, so that "gym every monday" is never mistaken for one date. The phrase is recorded whole.
#include "plugins/chat/language/temporal.hpp"

namespace chat::language {
namespace {

bool weekday_at(const sentence& s, std::size_t i, std::size_t end) { return i < end && !s[i].literal && s[i].lex && s[i].lex->weekday >= 0; }
bool month_at(const sentence& s, std::size_t i, std::size_t end) { return i < end && !s[i].literal && s[i].lex && s[i].lex->month > 0; }
bool unit_at(const sentence& s, std::size_t i, std::size_t end) {
  return i < end && !s[i].literal && s[i].lex && s[i].lex->time_unit != unit::none && !s[i].lex->abbreviated_unit;
}

// What makes "every" a repetition: a unit, a weekday, a month, a number or ordinal before one of those, "other", "weekday".
bool repeats_after_every(const sentence& s, std::size_t i, std::size_t end) {
  if (word_in(s, i, end, {"other", "second", "alternate"})) return unit_at(s, i + 1, end) || weekday_at(s, i + 1, end);
  if (word_in(s, i, end, {"single"})) ++i;
  if (unit_at(s, i, end) || weekday_at(s, i, end) || month_at(s, i, end)) return true;
  if (word_in(s, i, end, {"weekday", "weekdays", "workday", "weekend", "morning", "evening", "afternoon", "night", "quarter"})) return true;
  if (const auto nth = match_ordinal(s, i, end)) {
    std::size_t k = nth->next;
    while (word_is(s, k, end, "and") || symbol_is(s, k, end, ',')) {
      const auto more = match_ordinal(s, k + 1, end);
      if (!more) break;
      k = more->next;
    }
    return k >= end || weekday_at(s, k, end) || unit_at(s, k, end) || word_in(s, k, end, {"weekday", "workday", "of"}) || s[k].kind == token_kind::symbol || nth->value != 0;
  }
  if (i < end && s[i].kind == token_kind::number && !s[i].literal) return unit_at(s, i + 1, end) || (i + 1 < end && s[i + 1].lex && s[i + 1].lex->time_unit != unit::none);
  if (const auto count = match_count(s, i, end)) return unit_at(s, count->next, end) || weekday_at(s, count->next, end);
  return false;
}

// Everything that plausibly belongs to the rule: times, lists of days, "of the month", "until ...", "for 5 days", "except ...".
std::size_t rule_end(const sentence& s, std::size_t i, std::size_t end) {
  for (bool more = true; more && i < end;) {
    more = false;
    std::size_t k = i;
    while (k < end && (symbol_is(s, k, end, ',') || symbol_is(s, k, end, '!') || word_in(s, k, end, {"and", "of", "the", "starting", "from", "until", "till", "except", "other", "first", "last",
                                                                                                 "second", "for", "on", "at", "a", "single", "after", "in", "beginning"})))
      ++k;
    if (const auto m = match_temporal(s, k, end)) { i = m->last; more = true; continue; }
    if (const auto time = match_time(s, k, end, k > i)) { i = time->next; more = true; continue; }
    if (const auto span = match_duration(s, k, end)) { i = span->next; more = true; continue; }
    if (const auto nth = match_ordinal(s, k, end)) { i = nth->next; more = true; continue; }
    if (unit_at(s, k, end) || weekday_at(s, k, end) || month_at(s, k, end) ||
        word_in(s, k, end, {"weekday", "weekdays", "workday", "weekend", "weekends", "morning", "mornings", "evening", "evenings", "night", "nights", "afternoon", "quarter", "holidays"})) {
      i = k + 1;
      more = true;
      continue;
    }
    if (k > i && k < end && s[k].kind == token_kind::number && !s[k].literal && s[k].value >= 0) { i = k + 1; more = true; }   // "until 2028"
  }
  return i;
}

bool only_rule_follows(const sentence& s, std::size_t i, std::size_t end) {
  const std::size_t last = rule_end(s, i, end);
  for (std::size_t k = last; k < end; ++k)
    if (s[k].kind != token_kind::symbol || (s[k].symbol != '.' && s[k].symbol != ',' && s[k].symbol != '!' && s[k].symbol != '#' && s[k].symbol != '@')) {
      // Other spans (p1, #x, @y) may follow.
      const bool tag = k > 0 && (s[k - 1].symbol == '#' || s[k - 1].symbol == '@');
      const bool p = s[k].text == "p" || (k > 0 && s[k - 1].text == "p" && s[k].kind == token_kind::number);
      if (!tag && !p) return false;
    }
  return true;
}

}  // namespace

std::optional<recurrence_match> match_recurrence(const sentence& s, std::size_t at, std::size_t first, std::size_t end) {
  if (at >= end || s[at].literal || s[at].kind == token_kind::symbol || !s.free_left(at)) return std::nullopt;
  if (word_in(s, at, end, {"every", "each"})) {
    std::size_t i = at + 1;
    if (symbol_is(s, i, end, '!')) ++i;
    if (!repeats_after_every(s, i, end)) return std::nullopt;
    // "on the 31st of every month": the day before it belongs to the rule.
    std::size_t from = at;
    if (word_is(s, at - (at > first ? 1 : 0), end, "of") && at >= first + 2) {
      std::size_t k = at - 2;
      while (k > first && (s[k].kind == token_kind::number || word_in(s, k, end, {"st", "nd", "rd", "th", "the", "on", "last", "day", "weekday", "and", "first"}) || s[k].symbol == ',')) --k;
      from = word_in(s, k, end, {"the", "on", "last", "first"}) ? k : k + 1;
    }
    return recurrence_match{from, rule_end(s, i, end)};
  }
  // "daily", "weekly": a rule at the end of the text, an adjective before a noun ("monthly report").
  if (word_in(s, at, end, {"daily", "weekly", "biweekly", "fortnightly", "monthly", "quarterly", "yearly", "annually", "hourly", "nightly"})) {
    if (at > first && only_rule_follows(s, at + 1, end)) return recurrence_match{at, rule_end(s, at + 1, end)};
    return std::nullopt;
  }
  if (word_in(s, at, end, {"once", "twice"}) && (word_in(s, at + 1, end, {"a", "every", "per"})) && unit_at(s, at + 2, end))
    return recurrence_match{at, rule_end(s, at + 3, end)};
  const bool on = word_is(s, at, end, "on");
  const std::size_t day = on ? at + 1 : at;
  const bool plural = (weekday_at(s, day, end) && s[day].lex->plural_weekday) || word_in(s, day, end, {"weekdays", "weekends"});
  if (plural && (on || only_rule_follows(s, day + 1, end)) && day > first) return recurrence_match{at, rule_end(s, day + 1, end)};
  // "3 days after I finish"
  if (const auto span = match_duration(s, at, end); span && word_is(s, span->next, end, "after") && word_in(s, span->next + 1, end, {"i", "completion", "finishing", "done", "completing"})) {
    std::size_t last = span->next + 2;
    if (word_in(s, last, end, {"finish", "complete", "do", "done"})) ++last;
    if (word_is(s, last, end, "it")) ++last;
    return recurrence_match{at, last};
  }
  return std::nullopt;
}

}  // namespace chat::language
