// Reminding again later: "snooze that for 20 minutes", "remind me again at 3". The due time stays.
#include "plugins/calendar/zone.hpp"
#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

void ask_how_long(clause& c) {
  const std::string said = collapse(c.s.source(c.first, content_end(c)));
  c.out.question = clarification{"when", "For how long?", {}, {}};
  c.out.question->options = {{"short", "10 minutes", said + " for 10 minutes"}, {"hour", "1 hour", said + " for 1 hour"}, {"tomorrow", "Tomorrow morning", said + " until tomorrow morning"}};
}

void set_until(clause& c, snooze& command, calendar::instant at) {
  command.until = at;
  command.local = calendar::to_local(at, c.ctx.tz).value_or(calendar::civil_time{});
}

// "for 20 minutes", "20m", "until 3", "till tomorrow morning", "at 3", "in an hour", "tomorrow"
bool read_until(clause& c, std::size_t at, std::size_t last, snooze& command) {
  std::size_t i = at;
  while (c.in(i, {"for", "another", "by", "again", "in"})) ++i;
  if (const auto span = match_duration(c.s, i, last); span && span->next == last) {
    temporal later;
    later.shift = span->span;
    const auto r = resolve(later, c.ctx);
    if (!r.value) return false;
    set_until(c, command, std::get<calendar::instant>(*r.value));
    add_span(c.out, c.s, at, last, "duration");
    return true;
  }
  i = at;
  if (c.in(i, {"until", "till", "til", "to"})) ++i;
  auto phrase = match_temporal(c.s, i, last);
  if (!phrase || phrase->last != last) {
    const auto time = match_time(c.s, i, last, true);
    if (!time || time->next != last) return false;
    phrase.emplace();
    phrase->time = time->value;
  }
  auto r = resolve(*phrase, c.ctx);
  if (r.value && !calendar::has_time(*r.value)) {
    r.value = calendar::floating{calendar::at_time(std::get<calendar::civil_date>(*r.value), c.ctx.prefs.morning)};
    r.assumptions.push_back({"daypart", "at " + calendar::format_time(c.ctx.prefs.morning) + " by preference", std::nullopt});
  }
  absorb(c.out, r, c.s, at, last);
  add_span(c.out, c.s, at, last, phrase->date ? "datetime" : "time");
  if (r.value)
    if (const auto when = calendar::instant_of(*r.value, c.ctx.tz)) set_until(c, command, *when);
  return true;
}

bool snoozes(clause& c, std::size_t from, std::size_t last, bool may_name) {
  c.out.intent = "snooze";
  snooze command;
  // The split between what and how long: the first place from which everything is a time.
  std::size_t split = last;
  for (std::size_t k = from; k < last && split == last; ++k)
    if (!c.s[k].literal && read_until(c, k, last, command)) split = k;
  std::size_t to = split;
  while (to > from && c.in(to - 1, {"again", "for"})) --to;
  std::size_t what = from;
  if (c.is(what, "me")) ++what;
  const bool pronoun = to == what || (to == what + 1 && c.in(what, {"it", "that", "this"})) || (c.in(what, {"the", "this", "that", "last"}) && c.in(to - 1, {"reminder", "notification", "one", "alarm", "alert"}));
  if (!pronoun && !may_name) return false;
  if (!pronoun) {
    command.which = take_target(c, what, to);
  } else {
    add_span(c.out, c.s, what, to, "reference");
    if (!c.ctx.has_last_notification && !c.out.question) c.out.question = clarification{"target", "There is no reminder to snooze yet. Which task?", {}, {}};
  }
  if (split == last && !c.out.question && !c.out.error) ask_how_long(c);
  c.out.command = std::move(command);
  return true;
}

}  // namespace

bool parse_snooze(clause& c) {
  const std::size_t last = content_end(c), i = c.first;
  if (c.is(i, "snooze")) return snoozes(c, i + 1, last, true);
  if (c.in(i, {"remind", "ping", "notify"}) && c.is(i + 1, "me")) {
    if (c.in(i + 2, {"again", "later"})) return snoozes(c, i + 3, last, false);
    // "remind me about that again in an hour"
    if (c.in(last - 1, {"again", "later"}) && last > i + 3) {
      clause shorter{c.s, c.first, last - 1, c.ctx, c.out, c.correction};
      if (match_temporal(c.s, i + 2, last - 1)) return snoozes(shorter, i + 2, last - 1, false);
    }
    if (c.in(i + 2, {"about", "of"}) && c.in(i + 3, {"that", "it", "this"}) && (c.is(i + 4, "again") || c.is(i + 4, "later"))) return snoozes(c, i + 5, last, false);
  }
  return false;
}

}  // namespace chat::language
