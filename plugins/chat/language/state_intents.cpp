// Complete, reopen and delete.
#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

// The end of the clause without punctuation and politeness.
std::size_t spoken_end(const clause& c) {
  std::size_t last = c.last;
  while (last > c.first && ((c.s[last - 1].kind == token_kind::symbol && !c.s[last - 1].literal) || (last - c.first > 1 && c.in(last - 1, {"please", "pls", "thanks", "now", "already"})))) --last;
  return last;
}

bool completes(clause& c, std::size_t first, std::size_t last, bool may_be_a_title) {
  if (may_be_a_title) c.out.offer = as_task(c);
  c.out.intent = "complete";
  auto which = read_target(c, first, last);
  if (which.value.what == target::kind::filter || which.value.what == target::kind::last_list) c.out.confirm = confirmation::required;
  take_spans(c, which.spans);
  everything_open(which.value);
  c.out.command = complete_tasks{std::move(which.value)};
  return true;
}

bool reopens(clause& c, std::size_t first, std::size_t last) {
  c.out.intent = "reopen";
  auto which = read_target(c, first, last);
  if (which.value.what == target::kind::filter || which.value.what == target::kind::last_list) c.out.confirm = confirmation::required;
  take_spans(c, which.spans);
  c.out.command = reopen_tasks{std::move(which.value)};
  return true;
}

bool is_done_word(const clause& c, std::size_t i) { return c.in(i, {"done", "complete", "completed", "finished", "closed"}); }
bool is_open_word(const clause& c, std::size_t i) { return c.in(i, {"undone", "open", "incomplete", "unfinished", "uncompleted", "todo", "pending", "unchecked"}); }

// "mark X (as) done", "mark done X", "mark X as not done"
bool mark(clause& c, bool want_open) {
  if (!c.in(c.first, {"mark", "set", "flag"}) && !(c.is(c.first, "check") && c.is(c.first + 1, "mark"))) return false;
  const std::size_t last = spoken_end(c);
  const std::size_t from = c.first + 1;
  std::size_t end = last;
  const bool done = end > from && is_done_word(c, end - 1), open = end > from && is_open_word(c, end - 1);
  if (done || open) {
    --end;
    const bool negated = done && end > from && c.is(end - 1, "not");
    if (negated) --end;
    if (end > from && c.in(end - 1, {"as", "to", "be"})) --end;
    if (end <= from || want_open != (open || negated)) return false;
    return want_open ? reopens(c, from, end) : completes(c, from, end, false);
  }
  std::size_t k = from;
  if (c.is(k, "as")) ++k;
  const bool negated = c.is(k, "not");
  if (negated) ++k;
  if ((is_done_word(c, k) || is_open_word(c, k)) && k + 1 < last && c.is(c.first, "mark")) {
    if (want_open != (negated || is_open_word(c, k))) return false;
    return want_open ? reopens(c, k + 1, last) : completes(c, k + 1, last, false);
  }
  return false;
}

bool removes(clause& c, std::size_t first, std::size_t last, bool may_be_a_title) {
  if (may_be_a_title) c.out.offer = as_task(c);
  c.out.intent = "delete";
  c.out.confirm = confirmation::required;
  auto which = read_target(c, first, last);
  take_spans(c, which.spans);
  remove_tasks command;
  if (which.value.where && which.value.where->leaf) {
    const auto* st = std::get_if<filter::status_is>(&*which.value.where->leaf);
    command.everything = st && st->value == filter::status::all;
  }
  if (command.everything) c.out.confirm = confirmation::typed_count;
  command.which = std::move(which.value);
  c.out.command = std::move(command);
  return true;
}

}  // namespace

bool parse_reopen(clause& c) {
  std::size_t i = c.first;
  if (c.is(i, "not") && is_done_word(c, i + 1)) {                      // "not done, reopen the report"
    i += 2;
    if (c.is(i, "yet")) ++i;
    while (c.sym(i, ',') || c.sym(i, ':') || c.sym(i, '-')) ++i;
    if (!c.in(i, {"reopen", "uncomplete", "uncheck"})) return i < c.last ? reopens(c, c.is(i, "with") ? i + 1 : i, spoken_end(c)) : false;
  }
  if (c.in(i, {"reopen", "uncomplete", "uncheck", "unmark", "unfinish", "reactivate"})) return i + 1 < c.last ? reopens(c, i + 1, spoken_end(c)) : false;
  if (c.in(i, {"re", "un"}) && c.sym(i + 1, '-') && !c.s[i + 1].spaced && c.in(i + 2, {"open", "complete", "check"}) && i + 3 < c.last) return reopens(c, i + 3, spoken_end(c));
  if (c.is(i, "open") && c.last - i > 2 && c.is(spoken_end(c) - 1, "again")) return reopens(c, i + 1, spoken_end(c) - 1);
  if (mark(c, true)) return true;
  // "the report is not done", "report isn't done yet"
  std::size_t last = spoken_end(c);
  if (last > i && c.is(last - 1, "yet")) --last;
  if (last > i + 2 && is_done_word(c, last - 1)) {
    if (c.in(last - 2, {"isn't"})) return reopens(c, i, last - 2);
    if (last > i + 3 && c.is(last - 2, "not") && c.is(last - 3, "is")) return reopens(c, i, last - 3);
  }
  return false;
}

bool parse_complete(clause& c) {
  const std::size_t last = spoken_end(c);
  std::size_t i = c.first;
  if (mark(c, false)) return true;
  if (c.in(i, {"check", "tick", "cross", "strike"}) && c.is(i + 1, "off") && i + 2 < last) return completes(c, i + 2, last, false);
  if (c.in(i, {"check", "tick", "cross"}) && last - i > 2 && c.is(last - 1, "off")) return completes(c, i + 1, last - 1, false);
  if (c.is(i, "check") || c.is(i, "tick")) return false;
  // "I finished the report", "I'm done with milk", "done with milk", "done: milk", "finished milk"
  std::size_t k = i;
  if (c.in(k, {"i", "i'm", "i've", "we"})) ++k;
  if (c.in(k, {"am", "have", "just", "already"})) ++k;
  if (c.in(k, {"just", "already"})) ++k;
  const bool said_i = k > i;
  if (c.in(k, {"done", "finished", "completed"}) || (said_i && c.in(k, {"did"}))) {
    std::size_t from = k + 1;
    if (c.in(from, {"with", "doing"})) ++from;
    while (c.sym(from, ':') || c.sym(from, ',') || c.sym(from, '-')) ++from;
    if (from < last) return completes(c, from, last, false);
    if (!said_i && !c.is(k, "done")) return false;                    // "completed", "finished" alone: a list
    c.out.intent = "complete";
    complete_tasks command;
    command.which.what = target::kind::last_entity;
    c.out.command = std::move(command);
    if (!c.ctx.has_last_entity) c.out.question = clarification{"target", "Which task is done?", {}, {}};
    return true;
  }
  if (c.in(i, {"complete", "close"}) && i + 1 < last) {
    for (std::size_t n = i + 2; n < last; ++n)
      if (match_recurrence(c.s, n, i, last)) return false;              // "close books every friday"
    return completes(c, i + 1, last, true);
  }
  if (c.is(i, "finish") && i + 1 < last) {
    const bool pronoun = last - i == 2 && c.in(i + 1, {"it", "that", "this"});
    if (pronoun || !read_references(c.s, i + 1, last).empty()) return completes(c, i + 1, last, false);
    return false;
  }
  // "milk is done", "milk done", "2 and 3 are done"
  if (last - i >= 2 && is_done_word(c, last - 1)) {
    std::size_t end = last - 1;
    const bool verb = c.in(end - 1, {"is", "are", "was", "were", "got"});
    if (verb) --end;
    const bool order = c.in(i, {"get", "have", "need", "want", "make", "be", "is", "are", "did", "was", "add", "create", "to", "list", "show", "find", "all", "any", "what", "what's", "how", "until", "well", "when"});
    if (end > i && !order && (verb || c.is(last - 1, "done"))) return completes(c, i, end, !verb);
  }
  return false;
}

bool parse_remove(clause& c) {
  const std::size_t i = c.first, last = spoken_end(c);
  if (i + 1 >= last) return false;
  if (c.in(i, {"delete", "trash", "erase"})) {
    if (c.is(i, "trash") && (match_recurrence(c.s, i + 1, i, last) || match_temporal(c.s, i + 1, last))) return false;    // "trash every other tuesday": the bins
    // "delete the due date of X" is an update.
    std::size_t k = i + 1;
    if (c.is(k, "the")) ++k;
    if (c.in(k, {"reminder", "reminders", "tag", "tags", "label", "priority", "description", "note"}) || (c.is(k, "due") && c.is(k + 1, "date"))) return false;
    return removes(c, i + 1, last, false);
  }
  if (c.is(i, "get") && c.is(i + 1, "rid") && c.is(i + 2, "of") && i + 3 < last) return removes(c, i + 3, last, true);
  if (c.in(i, {"remove", "cancel", "discard"})) {
    if (c.is(i, "remove") && c.in(i + 1, {"tag", "tags", "label", "labels"})) return false;
    return removes(c, i + 1, last, true);
  }
  if (c.in(i, {"clear", "purge", "empty"})) {
    const auto f = read_filter(c.s, i + 1, last, c.ctx, false);
    const bool tasks = f.residue.empty() && ((f.narrowed && (f.noun || f.all || c.in(i + 1, {"completed", "done", "finished", "overdue"}))) || (f.all && f.noun));
    return tasks && removes(c, i + 1, last, false);
  }
  return false;
}

}  // namespace chat::language
