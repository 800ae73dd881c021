// Repetition in words: "every other friday at 4pm", "on the 31st of every month", "every 8 hours starting 7am for 5 days".
//
// A core says how often, tails add the rest (rule_reader.hpp). Here is decided whether the words are a repetition at all.
// Nothing here knows what day it is (resolve_repeat.cpp does).
#include "plugins/chat/language/rule_reader.hpp"

namespace chat::language {

using calendar::frequency;

namespace {

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
  rule_reader reader{s, end};
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
  rule_reader reader{s, end};
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
