// What is said about the task before: "and every week", "also p1 @home", "no, every friday", "assigned to ana".
#include <algorithm>

#include "plugins/chat/language/people.hpp"
#include "plugins/chat/language/task_text.hpp"

namespace chat::language {

// A message of nothing but entities changes the last task when it says so ("and", "actually") or is a repetition alone.
bool parse_follow_up(clause& c) {
  const std::size_t last = content_end(c);
  const bool rule_first = match_recurrence(c.s, c.first, c.first, last).has_value();
  const bool told = c.follow_up || c.correction;
  if (!told && !(rule_first && c.ctx.has_last_entity)) return false;
  std::size_t from = c.first;
  if (told && c.in(from, {"make", "have"}) && c.in(from + 1, {"it", "that", "this"})) from += 2;
  entities e = scan_entities(c.s, from, last, c.ctx);
  if (e.recurrences.size() > 1) return false;
  const bool some = !e.recurrences.empty() || e.priority || e.project || !e.tags.empty() || !e.reminders.empty() || e.assignee;
  if (!some || (!e.times.empty() && e.recurrences.empty())) return false;
  for (const auto& m : e.times) std::fill(e.taken.begin() + static_cast<std::ptrdiff_t>(m.first), e.taken.begin() + static_cast<std::ptrdiff_t>(m.last), std::uint8_t{1});
  for (std::size_t i = from; i < last; ++i)
    if (!e.taken[i] && (c.s[i].literal || c.s[i].kind != token_kind::symbol) && !c.in(i, {"and", "also", "it", "that", "too", "in", "repeat", "please", "instead"})) return false;
  c.out.intent = "update";
  update_task change;
  change.which.what = target::kind::last_entity;
  change.priority = e.priority;
  change.project = e.project;
  change.tags_add = std::move(e.tags);
  change.reminders_add = std::move(e.reminders);
  change.assignee = std::move(e.assignee);
  for (const auto& note : e.notes) absorb(c.out, note, c.s, from, last);
  if (!e.recurrences.empty()) {
    auto& rule = e.recurrences.front();
    for (const auto& m : e.times) add_to_rule(rule.value, m);
    auto r = resolve_repeat(rule.value, c.ctx, false);
    say_options_whole(c, rule, r.notes);
    absorb(c.out, r.notes, c.s, rule.first, rule.last);
    if (!r.value.rrule.empty()) change.repeat = std::move(r.value);
    change.repeat_from = r.from;
    change.repeat_at = r.time;
  }
  take_spans(c, e.spans);
  if (!c.ctx.has_last_entity && !c.out.question) c.out.question = clarification{"target", "Which task does that belong to?", {}, {}};
  c.out.command = std::move(change);
  return true;
}

}  // namespace chat::language
