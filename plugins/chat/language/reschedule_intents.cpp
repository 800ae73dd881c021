// Moving tasks in time: "move dentist to friday", "push everything due today to tomorrow", "postpone 2 by a week", "make it 6pm".
#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

struct when_tail {
  when value;
  std::size_t begin = 0;        // first token of the tail, its "to" included
  std::vector<entity_span> spans;
  resolved details;
};

bool closing(const clause& c, std::size_t from) {
  for (std::size_t i = from; i < c.last; ++i)
    if (!c.in(i, {"instead", "please", "pls", "now", "thanks", "rather"}) && (c.s[i].kind != token_kind::symbol || c.s[i].literal)) return false;
  return true;
}

std::optional<when_tail> read_shift(clause& c, std::size_t at, int sign) {
  std::size_t i = at;
  if (c.is(i, "by")) ++i;
  else if (c.is(i, "for")) ++i;
  const auto span = match_duration(c.s, i, c.last);
  if (!span) return std::nullopt;
  std::size_t next = span->next;
  if (c.in(next, {"later", "forward", "out", "back"})) ++next;
  else if (c.in(next, {"earlier", "sooner", "ahead"})) { sign = -1; ++next; }
  if (!closing(c, next)) return std::nullopt;
  when_tail out;
  out.begin = at;
  out.value.shift = calendar::period{sign * span->span.months, sign * span->span.days, sign * span->span.seconds};
  out.spans.push_back({at, next, "duration"});
  return out;
}

// The new time, when [at, end of clause) is nothing else.
std::optional<when_tail> read_point(clause& c, std::size_t at) {
  std::size_t i = at;
  bool at_like = false;
  if (c.in(i, {"to", "until", "till", "for"})) { at_like = c.is(i, "to"); ++i; }
  if (c.is(i, "be") || c.is(i, "due")) ++i;
  auto phrase = match_temporal(c.s, i, c.last);
  if (!phrase && at_like) {
    // "move it to 5": after "to" a bare number is a time, as after "at".
    const auto time = match_time(c.s, i, c.last, true);
    if (time && closing(c, time->next)) {
      phrase.emplace();
      phrase->first = phrase->core = i;
      phrase->last = time->next;
      phrase->time = time->value;
    }
  }
  if (!phrase && at_like && c.is(i, "the")) {
    if (const auto day = match_date(c.s, i, c.last, true)) {
      phrase.emplace();
      phrase->first = phrase->core = i;
      phrase->last = day->next;
      phrase->date = day->value;
    }
  }
  if (!phrase) return std::nullopt;
  std::size_t last = phrase->last;
  temporal whole = *phrase;
  while (!closing(c, last)) {
    if (c.sym(last, ',')) ++last;
    const auto more = match_temporal(c.s, last, c.last);
    const bool joins = more && ((more->date && !whole.date && !more->time) || (more->time && !whole.time && !more->date));
    if (!joins) return std::nullopt;
    whole = merge(whole, *more);
    last = more->last;
  }
  when_tail out;
  out.begin = at;
  const bool time_only = whole.time && !whole.date && !whole.shift;
  temporal question = whole;
  if (time_only) {                     // the day is the task's own: resolve the clock alone
    question.date.emplace();
    question.date->number = 1;
  }
  out.details = resolve(question, c.ctx);
  out.value.tz = out.details.tz;
  if (time_only) {
    out.value.time = out.details.time;
    out.details.value.reset();
    out.details.instant.reset();
  } else if (out.details.value && !calendar::has_time(*out.details.value)) {
    out.value.date = std::get<calendar::civil_date>(*out.details.value);
  } else {
    out.value.due = out.details.value;
  }
  out.spans.push_back({phrase->first, last, time_only ? "time" : whole.time || whole.shift || whole.part != daypart::none ? "datetime" : "date"});
  return out;
}

// "move dentist to 13/45": written as a date, and none. Nothing else after a moving verb has that form.
std::optional<when_tail> read_impossible_day(clause& c, std::size_t at) {
  const auto digit_pair = [&](std::size_t i) { return i < c.last && !c.s[i].literal && c.s[i].kind == token_kind::number && c.s[i].end - c.s[i].begin <= 2; };
  const std::size_t i = at + 1;
  if (!c.in(at, {"to", "until", "till", "on"}) || !digit_pair(i) || !c.sym(i + 1, '/') || !digit_pair(i + 2) || c.s[i + 1].spaced || c.s[i + 2].spaced || !closing(c, i + 3)) return std::nullopt;
  when_tail out;
  out.begin = at;
  out.spans.push_back({i, i + 3, "date"});
  out.details.error = failure{"invalid_date", "\"" + std::string{c.s.source(i, i + 3)} + "\" is no date in the calendar. Nothing was saved. Write it as month/day, or as 2026-08-31."};
  return out;
}

// The leftmost split after which everything is the new time.
std::optional<when_tail> find_tail(clause& c, std::size_t from, int sign, bool needs_link) {
  for (std::size_t k = from; k < c.last; ++k) {
    const bool link = c.in(k, {"to", "until", "till", "for", "by", "at", "on"});
    if (c.s[k].literal || (needs_link && !link)) continue;
    if (k > from || !needs_link) {
      if (!c.is(k, "to") && !c.is(k, "on") && !c.is(k, "at"))
        if (auto shift = read_shift(c, k, sign)) return shift;
    }
    if (auto point = read_point(c, k)) return point;
    if (auto impossible = read_impossible_day(c, k)) return impossible;
  }
  return std::nullopt;
}

bool reschedules(clause& c, std::size_t first, std::size_t last, when_tail tail) {
  // "from friday to monday": the old time is not part of the name.
  for (std::size_t k = first + 1; k < last; ++k)
    if (c.is(k, "from")) {
      const auto old = match_temporal(c.s, k + 1, last);
      const auto old_time = match_time(c.s, k + 1, last, true);
      if ((old && old->last == last) || (old_time && old_time->next == last)) last = k;
    }
  while (last > first && c.in(last - 1, {"back", "forward", "up", "off", "out", "over", "ahead", "due", "deadline"}) && last - first > 1) --last;
  while (first < last && c.in(first, {"back", "forward", "off", "out", "up"}) && last - first > 1) ++first;
  c.out.intent = "reschedule";
  auto which = read_target(c, first, last);
  if (which.value.what == target::kind::filter || which.value.what == target::kind::last_list) c.out.confirm = confirmation::required;
  take_spans(c, which.spans);
  take_spans(c, tail.spans);
  if (!tail.spans.empty()) absorb(c.out, tail.details, c.s, tail.spans[0].first, tail.spans[0].last);
  everything_open(which.value);
  c.out.command = reschedule_tasks{std::move(which.value), std::move(tail.value)};
  return true;
}

std::size_t skip_due_words(const clause& c, std::size_t i) {
  std::size_t k = i;
  if (c.is(k, "the")) ++k;
  if (c.is(k, "due")) {
    ++k;
    if (c.in(k, {"date", "time"})) ++k;
  } else if (c.in(k, {"deadline", "date"})) ++k;
  else return i;
  return c.in(k, {"of", "for", "on", "from"}) ? k + 1 : i;
}

// "clear the due date of X", "remove deadline from X"
bool clears(clause& c) {
  if (!c.in(c.first, {"clear", "remove", "delete", "drop", "unset"})) return false;
  const std::size_t from = skip_due_words(c, c.first + 1);
  if (from == c.first + 1 || from >= c.last) return false;
  when_tail tail;
  tail.value.clear = true;
  return reschedules(c, from, c.last, std::move(tail));
}

bool last_entity_moves(clause& c, when_tail tail) {
  c.out.intent = "reschedule";
  reschedule_tasks command;
  command.which.what = target::kind::last_entity;
  command.to = std::move(tail.value);
  take_spans(c, tail.spans);
  absorb(c.out, tail.details, c.s, tail.spans[0].first, tail.spans[0].last);
  if (!c.ctx.has_last_entity && !c.out.question) c.out.question = clarification{"target", "Which task should move?", {}, {}};
  c.out.command = std::move(command);
  return true;
}

}  // namespace

bool parse_reschedule(clause& c) {
  const std::size_t i = c.first;
  if (clears(c)) return true;
  // "actually 6pm", "no, friday", "i meant tomorrow"
  if (c.correction || c.in(i, {"instead"})) {
    std::size_t k = i;
    if (c.is(k, "on") || c.is(k, "at")) {}
    if (auto tail = read_point(c, k)) return last_entity_moves(c, std::move(*tail));
  }
  if (c.in(i, {"make", "have"}) && c.in(i + 1, {"it", "that", "this"}) && i + 2 < c.last) {
    std::size_t k = i + 2;
    if (c.in(k, {"at", "on", "for", "to", "by", "due"})) {}
    if (auto tail = read_point(c, k)) return reschedules(c, i + 1, i + 2, std::move(*tail));
    if (auto tail = read_shift(c, k, 1); tail && (c.in(c.last - 1, {"later", "earlier", "sooner"}) || c.sym(c.last - 1, '.'))) return reschedules(c, i + 1, i + 2, std::move(*tail));
    return false;
  }
  const bool strong = c.in(i, {"reschedule", "postpone", "defer"});
  const bool weak = c.in(i, {"move", "push", "delay", "shift", "change", "set", "bring", "bump", "put"});
  if ((!strong && !weak) || i + 1 >= c.last) return false;
  std::size_t from = i + 1;
  int sign = 1;
  const bool bring = c.is(i, "bring");
  for (std::size_t k = from; k < c.last; ++k)
    if (bring && c.in(k, {"forward", "up"})) sign = -1;
  const std::size_t after_due = skip_due_words(c, from);
  if (after_due != from) from = after_due;
  const bool needs_link = weak;
  auto tail = find_tail(c, from + 1 <= c.last ? from + 1 : from, sign, needs_link && !c.in(i, {"push", "delay", "bump", "shift"}));
  if (tail && tail->begin > from) {
    // "set the table for friday", "put milk on monday": these verbs move a task only when they say so.
    const bool vague = c.in(i, {"set", "put", "bring"}) && after_due == i + 1;
    const bool pronoun = c.in(from, {"it", "that", "this"}) && tail->begin == from + 1;
    if (vague && !pronoun && !(c.is(i, "bring") && sign < 0)) return false;
    if (weak) c.out.offer = as_task(c);
    return reschedules(c, from, tail->begin, std::move(*tail));
  }
  if (!strong) return false;
  c.out.offer = as_task(c);
  c.out.intent = "reschedule";
  auto which = read_target(c, from, c.last);
  take_spans(c, which.spans);
  c.out.command = reschedule_tasks{std::move(which.value), {}};
  if (!c.out.question) c.out.question = clarification{"when", "To when should it move?", {}, {}};
  return true;
}

}  // namespace chat::language
