// Finding priority, project, tags, reminders and description in a task's text.
#include "plugins/chat/language/entities.hpp"

#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

bool nothing_but_spans(const entities& e, const sentence& s, std::size_t from, std::size_t last) {
  for (std::size_t i = from; i < last; ++i)
    if (!e.taken[i] && (s[i].literal || s[i].kind != token_kind::symbol || s[i].symbol == '#' || s[i].symbol == '@')) return false;
  return true;
}

void take(entities& e, std::size_t first, std::size_t last, std::string_view kind) {
  std::fill(e.taken.begin() + static_cast<std::ptrdiff_t>(first), e.taken.begin() + static_cast<std::ptrdiff_t>(last), std::uint8_t{1});
  e.spans.push_back({first, last, kind});
}

bool is_reminder_lead(const sentence& s, std::size_t i, std::size_t last, std::size_t& next) {
  if (word_in(s, i, last, {"remind", "alert", "notify", "ping"}) && word_is(s, i + 1, last, "me")) return next = i + 2, true;
  std::size_t k = i;
  if (word_is(s, k, last, "with")) ++k;
  if (word_is(s, k, last, "a")) ++k;
  if (word_in(s, k, last, {"reminder", "reminders", "alert"})) {
    ++k;
    if (symbol_is(s, k, last, ':')) ++k;
    return next = k, true;
  }
  return false;
}

// ", remind me a week before and the day before at 9"
std::size_t take_reminders(entities& e, const sentence& s, std::size_t at, std::size_t last, const context& ctx) {
  std::size_t i = at;
  while (i < last && (symbol_is(s, i, last, ',') || word_in(s, i, last, {"and", "also", "please", "but", "then"}))) ++i;
  std::size_t next = 0;
  if (!is_reminder_lead(s, i, last, next)) return at;
  std::vector<reminder_match> found;
  while (const auto one = match_reminder(s, next, last, ctx)) {
    found.push_back(*one);
    next = one->next;
    std::size_t k = next;
    while (k < last && (symbol_is(s, k, last, ',') || word_in(s, k, last, {"and", "also", "again"}))) ++k;
    if (k == next || !match_reminder(s, k, last, ctx)) break;
    next = k;
  }
  if (found.empty()) return at;
  for (auto& one : found) {
    e.reminders.push_back(one.value);
    e.notes.push_back(std::move(one.details));
  }
  take(e, at, next, "reminder");
  return next;
}

// "tagged x, y and z", "with tags a and b" at the end of the text.
std::size_t take_tag_words(entities& e, const sentence& s, std::size_t at, std::size_t last) {
  std::size_t i = at;
  if (word_in(s, i, last, {"tagged", "labelled", "labeled"})) ++i;
  else if (word_is(s, i, last, "with") && word_in(s, i + 1, last, {"tag", "tags", "label", "labels"})) i += 2;
  else return at;
  if (word_is(s, i, last, "as") || symbol_is(s, i, last, ':')) ++i;
  std::vector<std::string> tags;
  std::size_t end = i;
  while (i < last && !s[i].literal) {
    if (auto marked = match_marked_name(s, i, last, symbol_is(s, i, last, '#') ? '#' : '@')) {
      tags.push_back(marked->name);
      i = marked->next;
    } else if (s[i].kind == token_kind::word && s.free_right(i + 1) && !e.taken[i]) {
      tags.emplace_back(s.source(i, i + 1));
      ++i;
    } else {
      break;
    }
    end = i;
    if (symbol_is(s, i, last, ',')) ++i;
    if (word_is(s, i, last, "and")) ++i;
    else if (i == end) break;
  }
  if (tags.empty() || !nothing_but_spans(e, s, end, last)) return at;
  e.tags.insert(e.tags.end(), tags.begin(), tags.end());
  take(e, at, end, "tag");
  return end;
}

// "assigned to ana@example.com", "assign it to Ana" at the end of the text.
std::size_t take_assignee(entities& e, const sentence& s, std::size_t at, std::size_t last) {
  std::size_t i = at;
  if (symbol_is(s, i, last, ',') || word_is(s, i, last, "and")) ++i;
  if (!word_in(s, i, last, {"assigned", "assign", "assignee"})) return at;
  const bool colon = word_is(s, i, last, "assignee") && symbol_is(s, i + 1, last, ':');
  ++i;
  if (word_in(s, i, last, {"it", "this", "that"})) ++i;
  if (!colon && !word_is(s, i, last, "to")) return at;
  ++i;
  std::size_t end = i;
  if (end < last && s[end].literal) {
    while (end < last && s[end].literal && (end == i || !s[end].spaced)) ++end;
  } else {
    while (end < last && end - i < 3 && s[end].kind == token_kind::word && !e.taken[end] && (end == i || s[end].capital)) ++end;
  }
  if (end == i || !nothing_but_spans(e, s, end, last)) return at;
  e.assignee = collapse(s.source(i, end));
  take(e, at, end, "assignee");
  return end;
}

// "description: ...", "note: ..." up to the end.
std::size_t take_description(entities& e, const sentence& s, std::size_t at, std::size_t first, std::size_t last) {
  if (at == first || !word_in(s, at, last, {"description", "desc", "note", "notes", "details"}) || !symbol_is(s, at + 1, last, ':') || at + 2 >= last) return at;
  std::size_t from = at;
  while (from > first && (symbol_is(s, from - 1, last, ',') || symbol_is(s, from - 1, last, '-') || symbol_is(s, from - 1, last, '(') || word_is(s, from - 1, last, "with"))) --from;
  e.description = collapse(s.source(at + 2, last));
  take(e, from, last, "description");
  return last;
}

std::string canonical_project(std::string name, const context& ctx) {
  for (const auto& known : ctx.projects)
    if (same_name(known, name)) return known;
  return name;
}

}  // namespace

std::optional<name_match> match_marked_name(const sentence& s, std::size_t at, std::size_t end, char mark) {
  if (!symbol_is(s, at, end, mark) || !s.free_left(at) || at + 1 >= end || s[at + 1].spaced) return std::nullopt;
  if (s[at + 1].literal && s[at + 1].symbol == '"') {
    std::size_t close = at + 2;
    while (close < end && s[close].literal && s[close].symbol != '"') ++close;
    if (close >= end || s[close].symbol != '"' || close == at + 2) return std::nullopt;
    return name_match{collapse(s.source(at + 2, close)), close + 1};
  }
  std::size_t last = at + 1;
  bool letter = false;
  while (last < end && !s[last].literal && (last == at + 1 || !s[last].spaced)) {
    const token& t = s[last];
    const bool joint = (t.symbol == '-' || t.symbol == '/' || t.symbol == '.' || t.symbol == '&') && last > at + 1 && last + 1 < end && !s[last + 1].spaced &&
                       s[last + 1].kind != token_kind::symbol;
    if (t.kind == token_kind::symbol && !joint) break;
    letter = letter || t.kind == token_kind::word;
    ++last;
  }
  if (!letter || (mark == '@' && s[at + 1].kind == token_kind::number)) return std::nullopt;
  return name_match{std::string{s.source(at + 1, last)}, last};
}

std::optional<priority_match> match_priority(const sentence& s, std::size_t at, std::size_t end, bool words) {
  const auto level = [](int n) { return static_cast<priority>(4 - n); };
  if (at >= end || s[at].literal || !s.free_left(at)) return std::nullopt;
  if ((word_is(s, at, end, "p") || symbol_is(s, at, end, '!')) && at + 1 < end && !s[at + 1].spaced && s[at + 1].value >= 1 && s[at + 1].value <= 4 &&
      s[at + 1].end - s[at + 1].begin == 1 && s.free_right(at + 2))
    return priority_match{level(s[at + 1].value), at + 2};
  const auto named = [&](std::size_t i) -> std::optional<priority> {
    if (word_in(s, i, end, {"critical", "highest", "top", "urgent"})) return priority::critical;
    if (word_is(s, i, end, "high")) return priority::high;
    if (word_in(s, i, end, {"medium", "normal"})) return priority::medium;
    if (word_in(s, i, end, {"low", "lowest"})) return priority::low;
    return std::nullopt;
  };
  if (const auto value = named(at)) {
    std::size_t k = at + 1;
    if (symbol_is(s, k, end, '-') && !s[k].spaced) ++k;
    if (word_is(s, k, end, "priority") && s.free_right(k + 1)) return priority_match{*value, k + 1};
    if (words && s.free_right(at + 1)) return priority_match{*value, at + 1};
  }
  if (word_in(s, at, end, {"priority", "prio"})) {
    std::size_t k = at + 1;
    if (symbol_is(s, k, end, ':') || symbol_is(s, k, end, '=')) ++k;
    if (const auto value = named(k); value && s.free_right(k + 1)) return priority_match{*value, k + 1};
    if (k < end && s[k].kind == token_kind::number && s[k].value >= 1 && s[k].value <= 4 && s.free_right(k + 1)) return priority_match{level(s[k].value), k + 1};
    if (word_is(s, k, end, "p"))
      if (auto marked = match_priority(s, k, end, false)) return marked;
  }
  if (words && at < end && s[at].kind == token_kind::number && s[at].value >= 1 && s[at].value <= 4 && s.free_right(at + 1)) return priority_match{level(s[at].value), at + 1};
  return std::nullopt;
}

std::optional<reminder_match> match_reminder(const sentence& s, std::size_t at, std::size_t end, const context& ctx) {
  reminder_match out;
  std::size_t i = at;
  const auto read_time = [&](std::size_t from) {
    std::size_t k = from;
    const bool said_at = word_in(s, k, end, {"at", "around"});
    if (said_at) ++k;
    const auto time = match_time(s, k, end, said_at);
    if (!time) return from;
    temporal phrase;
    phrase.time = time->value;
    phrase.date.emplace();
    phrase.date->number = 1;
    out.details = resolve(phrase, ctx);
    out.value.time = out.details.time;
    return time->next;
  };
  if (word_is(s, i, end, "the") && word_in(s, i + 1, end, {"day", "night", "morning", "week", "hour"}) && word_in(s, i + 2, end, {"before", "of"})) {
    const bool same_day = word_is(s, i + 2, end, "of");
    const auto& what = s[i + 1].text;
    if (what == "week" && !same_day) out.value.offset.days = -7;
    else if (what == "hour") out.value.offset.seconds = -std::chrono::hours{1};
    else if (!same_day) out.value.offset.days = -1;
    if (what == "night") out.value.time = ctx.prefs.tonight;
    if (what == "morning" || (what == "day" && same_day)) out.value.time = ctx.prefs.morning;
    out.relative = true;
    out.next = read_time(i + 3);
    return out;
  }
  if (const auto span = match_duration(s, i, end)) {
    std::size_t k = span->next;
    const bool advance = word_in(s, k, end, {"in", "ahead"}) && word_in(s, k + 1, end, {"advance", "of"});
    if (word_in(s, k, end, {"before", "prior", "early", "earlier", "beforehand", "ahead"}) || advance) {
      out.value.offset = {-span->span.months, -span->span.days, -span->span.seconds};
      out.relative = true;
      k += advance ? 2 : 1;
      if (word_in(s, k, end, {"hand"})) ++k;
      out.next = k;
      if (span->span.seconds.count() == 0) out.next = read_time(k);
      return out;
    }
  }
  if (word_is(s, i, end, "when") && (word_is(s, i + 1, end, "due") || ((word_in(s, i + 1, end, {"it's", "its"}) && word_is(s, i + 2, end, "due"))))) {
    out.next = i + (word_is(s, i + 1, end, "due") ? 2 : 3);
    out.relative = true;
    return out;
  }
  if (const auto phrase = match_temporal(s, i, end)) {
    if (!phrase->date && !phrase->shift && phrase->time) {
      temporal timed = *phrase;
      timed.date.emplace();
      timed.date->number = 1;
      out.details = resolve(timed, ctx);
      out.value.time = out.details.time;
      if (!out.details.error && !out.details.time) return std::nullopt;
    } else {
      out.details = resolve(*phrase, ctx);
      out.value.at = out.details.value;
      if (out.value.at && !calendar::has_time(*out.value.at))
        out.value.at = calendar::floating{calendar::at_time(std::get<calendar::civil_date>(*out.value.at), ctx.prefs.morning)};
    }
    out.next = phrase->last;
    return out;
  }
  return std::nullopt;
}

entities scan_entities(const sentence& s, std::size_t first, std::size_t last, const context& ctx) {
  entities e;
  e.taken.assign(s.size(), 0);
  for (std::size_t i = first; i < last;) {
    if (auto rule = match_recurrence(s, i, first, last)) {
      take(e, rule->first, rule->last, "recurrence");
      i = rule->last;
      e.recurrences.push_back(std::move(*rule));
      continue;
    }
    if (!e.recurrences.empty())
      if (const std::size_t next = match_rule_tail(s, i, last, e.recurrences.front().value); next > i) {
        take(e, i, next, "recurrence");
        i = next;
        continue;
      }
    if (i > first) {
      if (const std::size_t next = take_reminders(e, s, i, last, ctx); next > i) { i = next; continue; }
      if (const std::size_t next = take_description(e, s, i, first, last); next > i) { i = next; continue; }
      if (const std::size_t next = take_assignee(e, s, i, last); next > i) { i = next; continue; }
    }
    if (const auto project = match_marked_name(s, i, last, '#')) {
      e.project = canonical_project(project->name, ctx);
      // "put it in #work": the preposition goes with it, unless it is half of a verb ("log in #work").
      const bool linked = i > first + 1 && !e.taken[i - 1] && word_in(s, i - 1, last, {"in", "to", "under", "into", "from", "for"});
      const bool half_verb = linked && word_is(s, i - 1, last, "in") && word_in(s, i - 2, last, {"log", "sign", "check", "plug", "turn", "hand", "fill", "drop", "send", "come"});
      take(e, linked && !half_verb ? i - 1 : i, project->next, "project");
      i = project->next;
      continue;
    }
    if (const auto tag = match_marked_name(s, i, last, '@')) {
      if (std::find(e.tags.begin(), e.tags.end(), tag->name) == e.tags.end()) e.tags.push_back(tag->name);
      take(e, i, tag->next, "tag");
      i = tag->next;
      continue;
    }
    ++i;
  }
  // "starting in may, gym every monday": what is said of the rule before it.
  if (!e.recurrences.empty())
    for (std::size_t i = first; i < e.recurrences.front().first; ++i)
      if (const std::size_t next = e.taken[i] ? i : match_rule_tail(s, i, e.recurrences.front().first, e.recurrences.front().value); next > i) {
        take(e, i, next, "recurrence");
        i = next - 1;
      }
  // Right to left: words count as priority or tags only where nothing but other spans follows, or at the very start.
  for (std::size_t i = last; i-- > first;) {
    if (e.taken[i] || s[i].literal) continue;
    if (i > first && take_tag_words(e, s, i, last) > i) continue;
    const auto p = match_priority(s, i, last, false);
    if (!p || e.taken[p->next - 1]) continue;
    const bool short_form = p->next - i == 2 && s[i + 1].kind == token_kind::number && !s[i + 1].spaced;
    std::size_t from = i;
    const bool led = i > first && word_in(s, i - 1, last, {"with", "as", "at", "a"});
    if (led) --from;
    if (led && word_is(s, from, last, "a") && from > first && word_in(s, from - 1, last, {"with", "as"})) --from;
    if (!short_form && !nothing_but_spans(e, s, p->next, last) && i != first && !led) continue;
    if (e.priority) continue;
    e.priority = p->value;
    take(e, from, p->next, "priority");
  }
  e.times = scan_temporal(s, first, last, e.taken);
  return e;
}

}  // namespace chat::language
