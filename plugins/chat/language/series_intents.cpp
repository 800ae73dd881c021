// Repeating tasks: skip one, pause, resume, stop, another rule ("change gym to every tue and thu from now on").
#include "plugins/chat/language/clause.hpp"
#include "plugins/chat/language/task_text.hpp"

namespace chat::language {
namespace {

// "this week's", "next week's", "today's", "tomorrow's", "friday's": the days, and the token after it.
struct possessive { day_range days; std::size_t next; };
std::optional<possessive> read_possessive(const clause& c, std::size_t i) {
  temporal phrase;
  phrase.date.emplace();
  auto& date = *phrase.date;
  std::size_t k = i;
  if (c.is(k, "the")) ++k;
  if (c.in(k, {"this", "next", "coming"}) && c.in(k + 1, {"week's", "month's", "weekend's"})) {
    date.mod = c.is(k, "next") ? modifier::next : modifier::current;
    date.kind = c.is(k + 1, "weekend's") ? date_expr::form::weekend : date_expr::form::period;
    date.time_unit = c.is(k + 1, "month's") ? unit::month : unit::week;
    k += 2;
  } else if (c.in(k, {"today's", "tonight's", "tomorrow's"})) {
    date.number = c.is(k, "tomorrow's") ? 1 : 0;
    ++k;
  } else {
    if (c.in(k, {"this", "next"})) date.mod = c.is(k++, "next") ? modifier::next : modifier::current;
    if (k >= c.last || c.s[k].kind != token_kind::word || c.s[k].literal || c.s[k].text.size() < 5 || c.s[k].text.substr(c.s[k].text.size() - 2) != "'s") return std::nullopt;
    const auto* day = find_lexeme(c.s[k].text.substr(0, c.s[k].text.size() - 2));
    if (!day || day->weekday < 0) return std::nullopt;
    date.kind = date_expr::form::weekday;
    date.day_index = day->weekday;
    ++k;
  }
  const auto days = resolve_range(phrase, c.ctx, direction::future);
  if (!days) return std::nullopt;
  return possessive{*days, k};
}

target last_entity(clause& c, const char* question) {
  target out;
  out.what = target::kind::last_entity;
  if (!c.ctx.has_last_entity && !c.out.question) c.out.question = clarification{"target", question, {}, {}};
  return out;
}

std::size_t skip_occurrence_words(const clause& c, std::size_t i) {
  std::size_t k = i;
  if (c.in(k, {"the", "one", "a", "just"})) ++k;
  if (c.in(k, {"next", "upcoming", "coming", "this", "following"})) ++k;
  const std::size_t adjective = k;
  if (c.in(k, {"occurrence", "instance", "one", "time", "session"})) {
    ++k;
    if (c.in(k, {"of", "for"})) ++k;
    return k;
  }
  return adjective;
}

// skip this week's retro; skip the next gym; skip gym tomorrow; skip it
bool skips(clause& c) {
  if (!c.is(c.first, "skip")) return false;
  std::size_t i = c.first + 1, last = content_end(c);
  series_skip command;
  bool sure = false;
  if (c.is(i, "only") || c.is(i, "just")) ++i;
  if (const auto own = read_possessive(c, i)) {
    command.from = own->days.from;
    command.to = own->days.to;
    add_span(c.out, c.s, i, own->next, "date");
    i = own->next;
    sure = true;
    if (c.in(i, {"occurrence", "instance"})) {
      ++i;
      if (c.in(i, {"of", "for"})) ++i;
    }
  } else {
    // "skip next week", "skip tomorrow", "skip gym on friday"
    for (std::size_t k = i; k < last; ++k) {
      const auto phrase = match_temporal(c.s, k, last);
      if (!phrase || !phrase->date || phrase->last != last) continue;
      const auto days = resolve_range(*phrase, c.ctx, direction::future);
      if (!days) break;
      command.from = days->from;
      command.to = days->to;
      add_span(c.out, c.s, k, last, "date");
      last = k;
      sure = true;
      break;
    }
    const std::size_t after = skip_occurrence_words(c, i);
    sure = sure || (after > i && c.in(after - 1, {"occurrence", "of", "for", "next", "one", "instance"}));
    if (after <= last) i = after;
  }
  while (last > i && c.in(last - 1, {"once", "time", "this", "only"})) {
    --last;
    sure = true;
  }
  const bool pronoun = i >= last || (last == i + 1 && c.in(i, {"it", "that", "this", "one"}));
  if (!sure && !pronoun) c.out.offer = as_task(c);
  c.out.intent = "series.skip";
  command.which = pronoun ? last_entity(c, "Skip which task?") : take_target(c, i, last);
  c.out.command = std::move(command);
  return true;
}

// The first day that counts again: "until october", "for 2 weeks", "this week".
std::optional<calendar::civil_date> read_resume_day(clause& c, std::size_t at, std::size_t last) {
  const auto now = local_now(c.ctx);
  if (!now) return std::nullopt;
  const auto today = calendar::date_of(*now);
  std::size_t i = at;
  const bool span_word = c.in(i, {"for", "during", "over"});
  const bool until = c.in(i, {"until", "till", "til"});
  if (span_word || until) ++i;
  if (span_word && c.is(i, "the") && c.is(i + 1, "next")) i += 2;
  if (const auto span = match_duration(c.s, i, last); span && span->next == last && !until)
    return calendar::add_days(calendar::add_months(today, span->span.months), span->span.days + (span->span.seconds.count() > 0 ? 1 : 0));
  if (c.is(i, "the") && !match_date(c.s, i, last, true)) ++i;
  const auto date = match_date(c.s, i, last, true);
  if (!date || date->next != last) return std::nullopt;
  temporal phrase;
  phrase.date = date->value;
  const auto range = resolve_range(phrase, c.ctx, direction::future);
  if (!range) {
    absorb(c.out, resolve(phrase, c.ctx), c.s, i, last);
    return std::nullopt;
  }
  const auto day = until ? range->from : range->to;
  if (day <= today) c.out.question = clarification{"past", calendar::format_date(day) + " has already passed. Until when?", {}, {}};
  return day;
}

bool pauses(clause& c) {
  const std::size_t i = c.first;
  std::size_t last = content_end(c);
  const bool hold = c.is(i, "put") || c.is(i, "place");
  if (!c.in(i, {"pause", "suspend"}) && !hold) return false;
  series_pause command;
  std::size_t end = last;
  for (std::size_t k = i + 1; k < last && end == last; ++k)
    if (c.in(k, {"until", "till", "til", "for", "during", "over", "this", "next"}) && !c.s[k].literal)
      if ((command.until = read_resume_day(c, k, last))) end = k;
  if (end < last) add_span(c.out, c.s, end, last, "date");
  if (hold) {
    std::size_t k = end;
    while (k > i + 2 && !(c.is(k - 1, "hold") && c.is(k - 2, "on"))) --k;
    if (k <= i + 2) return c.out.spans.clear(), c.out.question.reset(), false;
    end = k - 2;
    if (end == i + 1 || end > last) return c.out.spans.clear(), c.out.question.reset(), false;
  }
  std::size_t from = i + 1;
  if (c.is(end - 1, "series") && end > from + 1) --end;
  c.out.intent = "series.pause";
  if (!command.until) c.out.offer = as_task(c);
  const bool pronoun = from >= end || (end == from + 1 && c.in(from, {"it", "that", "this"}));
  command.which = pronoun ? last_entity(c, "Pause which task?") : take_target(c, from, end);
  c.out.command = std::move(command);
  return true;
}

bool resumes(clause& c) {
  const std::size_t i = c.first;
  std::size_t last = content_end(c);
  std::size_t from = i + 1;
  if (c.is(i, "take") && last > i + 3 && c.is(last - 1, "hold") && c.is(last - 2, "off")) last -= 2;
  else if (!c.in(i, {"resume", "unpause", "unsuspend"})) return false;
  if (last > from + 1 && c.is(last - 1, "series")) --last;
  if (c.is(i, "resume") && last > from) c.out.offer = as_task(c);
  c.out.intent = "series.resume";
  const bool pronoun = from >= last || (last == from + 1 && c.in(from, {"it", "that", "this"}));
  target which = pronoun ? last_entity(c, "Resume which task?") : take_target(c, from, last);
  c.out.command = series_resume{std::move(which)};
  return true;
}

// stop repeating X; remove the recurrence from X; don't repeat X anymore
bool stops(clause& c) {
  const std::size_t i = c.first;
  std::size_t last = content_end(c), from = 0;
  if (c.is(i, "stop") && c.in(i + 1, {"repeating", "recurring"})) from = i + 2;
  else if (c.is(i, "stop") && last > i + 3 && c.is(last - 1, "repeating") && c.is(last - 2, "from")) { from = i + 1; last -= 2; }
  else if (c.in(i, {"don't", "do"}) && (c.is(i + 1, "repeat") || (c.is(i + 1, "not") && c.is(i + 2, "repeat")))) from = c.is(i + 1, "not") ? i + 3 : i + 2;
  else if (c.in(i, {"cancel", "stop", "end"}) && last > i + 2 && c.is(last - 1, "series")) { from = i + 1; --last; }
  else if (c.in(i, {"remove", "clear", "delete", "drop", "cancel", "stop"})) {
    std::size_t k = i + 1;
    if (c.in(k, {"the", "its"})) ++k;
    if (!c.in(k, {"recurrence", "repetition", "repeat", "schedule", "rule"})) return false;
    ++k;
    if (c.is(k, "rule")) ++k;
    if (!c.in(k, {"from", "of", "on", "for"})) return false;
    from = k + 1;
  } else {
    return false;
  }
  while (last > from + 1 && c.in(last - 1, {"anymore", "more", "any"})) --last;
  c.out.intent = "update";
  update_task change;
  change.clear_repeat = true;
  const bool pronoun = from >= last || (last == from + 1 && c.in(from, {"it", "that", "this"}));
  change.which = pronoun ? last_entity(c, "Which task should stop repeating?") : take_target(c, from, last);
  c.out.command = std::move(change);
  return true;
}

struct scope_match { series_scope scope; std::size_t next; };
std::optional<scope_match> read_scope(const clause& c, std::size_t at, std::size_t last) {
  std::size_t i = at;
  if (c.sym(i, ',')) ++i;
  const auto found = [&](series_scope scope, std::size_t next) -> std::optional<scope_match> { return next == last ? std::optional{scope_match{scope, next}} : std::nullopt; };
  if (c.is(i, "from") && c.in(i + 1, {"now", "today", "here"})) return found(series_scope::following, c.in(i + 2, {"on", "onwards", "onward"}) ? i + 3 : i + 2);
  if (c.is(i, "going") && c.is(i + 1, "forward")) return found(series_scope::following, i + 2);
  if (c.is(i, "in") && c.is(i + 1, "future")) return found(series_scope::following, i + 2);
  if (c.is(i, "in") && c.is(i + 1, "the") && c.is(i + 2, "future")) return found(series_scope::following, i + 3);
  std::size_t k = i;
  if (c.in(k, {"for", "only", "just"})) ++k;
  if (c.in(k, {"just", "only"})) ++k;
  if (c.is(k, "this") && c.in(k + 1, {"and"}) && c.in(k + 2, {"following", "all", "future"})) {
    k += 3;
    while (c.in(k, {"following", "ones", "occurrences", "future"})) ++k;
    return found(series_scope::following, k);
  }
  if (c.in(k, {"this", "once"})) {
    k += c.is(k, "once") || !c.in(k + 1, {"one", "time", "occurrence", "once"}) ? 1 : 2;
    if (c.is(k, "only")) ++k;
    return found(series_scope::one, k);
  }
  if (c.in(k, {"all", "always", "everything", "every"}) || (c.is(k, "the") && c.in(k + 1, {"whole", "entire"}))) {
    ++k;
    while (c.in(k, {"of", "them", "occurrences", "occurrence", "the", "whole", "entire", "series", "time", "past", "and", "future"})) ++k;
    return found(series_scope::all, k);
  }
  return std::nullopt;
}

void take_rule(clause& c, recurrence_match& rule, resolved_repeat& r) {
  r = resolve_repeat(rule.value, c.ctx, false);
  say_options_whole(c, rule, r.notes);
  absorb(c.out, r.notes, c.s, rule.first, rule.last);
  add_span(c.out, c.s, rule.first, rule.last, "recurrence");
}

// change gym to every tue and thu [from now on]; make it every week; repeat gym weekly; set report to repeat monthly
bool changes(clause& c) {
  const std::size_t i = c.first, last = content_end(c);
  const bool repeat = c.is(i, "repeat"), make = c.in(i, {"make", "have"}), change = c.in(i, {"change", "move", "switch", "set", "shift", "update", "reschedule"});
  if ((!repeat && !make && !change) || i + 2 >= last) return false;
  for (std::size_t k = i + 2; k < last; ++k) {
    auto rule = match_recurrence(c.s, k, i, last);
    if (!rule) continue;
    std::size_t end = k;
    bool linked = repeat, says_repeat = repeat || c.in(k, {"repeat", "repeating", "recurring"});
    while (end > i + 1 && c.in(end - 1, {"to", "repeat", "recur", "be", "happen", "run", "on", "occur", "into"})) {
      linked = linked || c.is(end - 1, "to");
      says_repeat = says_repeat || c.in(end - 1, {"repeat", "recur", "happen"});
      --end;
    }
    const bool pronoun = end == i + 2 && c.in(i + 1, {"it", "that", "this"});
    if (!pronoun && !linked && !says_repeat) return false;                  // "make bed every morning" is a task
    if (end <= i + 1) return false;
    const auto scope = read_scope(c, rule->last, last);
    if (rule->last != last && !scope) return false;
    resolved_repeat r;
    take_rule(c, *rule, r);
    if (says_repeat || (pronoun && !scope && !rule->value.from_now_on)) {
      c.out.intent = "update";
      update_task change_it;
      change_it.which = take_target(c, i + 1, end);
      if (!r.value.rrule.empty()) change_it.repeat = std::move(r.value);
      change_it.repeat_from = r.from;
      change_it.repeat_at = r.time;
      c.out.command = std::move(change_it);
      return true;
    }
    c.out.intent = "series.update";
    series_update command;
    command.which = take_target(c, i + 1, end);
    command.scope = scope ? scope->scope : series_scope::following;
    if (!scope && !rule->value.from_now_on) c.out.assumptions.push_back({"scope", "this and the following occurrences", std::nullopt});
    if (!r.value.rrule.empty()) command.repeat = std::move(r.value);
    command.from = r.from;
    command.time = r.time;
    c.out.command = std::move(command);
    return true;
  }
  return false;
}

// "water plants should repeat every 2 days", "report repeats weekly"
bool should_repeat(clause& c) {
  const std::size_t last = content_end(c);
  for (std::size_t k = c.first + 1; k + 1 < last; ++k) {
    const bool should = c.in(k, {"should", "must"}) && c.in(k + 1, {"repeat", "recur"});
    if (!should && !c.in(k, {"repeats", "recurs"})) continue;
    auto rule = match_recurrence(c.s, k + (should ? 1 : 0), c.first, last);
    if (!rule || rule->last != last) return false;
    resolved_repeat r;
    take_rule(c, *rule, r);
    c.out.intent = "update";
    update_task change;
    change.which = take_target(c, c.first, k);
    if (!r.value.rrule.empty()) change.repeat = std::move(r.value);
    change.repeat_from = r.from;
    change.repeat_at = r.time;
    c.out.command = std::move(change);
    return true;
  }
  return false;
}

// "move gym to 8am from now on", "change every gym to 7pm": the time of the whole series
bool changes_time(clause& c) {
  const std::size_t i = c.first, last = content_end(c);
  if (!c.in(i, {"change", "move", "set", "shift", "reschedule", "make"}) || i + 3 >= last) return false;
  for (std::size_t k = i + 2; k < last; ++k) {
    if (!c.in(k, {"to", "at"})) continue;
    const auto time = match_time(c.s, k + 1, last, true);
    if (!time || time->next >= last) continue;
    const auto scope = read_scope(c, time->next, last);
    if (!scope || scope->scope == series_scope::one) continue;
    temporal phrase;
    phrase.time = time->value;
    phrase.date.emplace();
    phrase.date->number = 1;
    const auto r = resolve(phrase, c.ctx);
    absorb(c.out, r, c.s, k + 1, time->next);
    c.out.intent = "series.update";
    series_update command;
    command.which = take_target(c, c.in(i + 1, {"every", "each"}) && i + 2 < k ? i + 2 : i + 1, k);
    add_span(c.out, c.s, k + 1, time->next, "time");
    command.scope = scope->scope;
    command.time = r.time;
    c.out.command = std::move(command);
    return true;
  }
  return false;
}

}  // namespace

bool parse_series(clause& c) { return skips(c) || pauses(c) || resumes(c) || stops(c) || changes(c) || changes_time(c) || should_repeat(c); }

}  // namespace chat::language
