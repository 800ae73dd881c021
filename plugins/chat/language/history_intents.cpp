// Questions about the record: "what changed yesterday", "who completed report", "history of dentist".
#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

std::string action_of(std::string_view verb) {
  struct entry { std::string_view word; const char* action; };
  static constexpr entry verbs[] = {{"completed", "task.completed"}, {"complete", "task.completed"}, {"finished", "task.completed"}, {"finish", "task.completed"}, {"closed", "task.completed"}, {"did", "task.completed"},
                                    {"created", "task.created"}, {"create", "task.created"}, {"added", "task.created"}, {"add", "task.created"}, {"made", "task.created"},
                                    {"deleted", "task.deleted"}, {"delete", "task.deleted"}, {"removed", "task.deleted"}, {"remove", "task.deleted"},
                                    {"reopened", "task.reopened"}, {"reopen", "task.reopened"},
                                    {"changed", "task.updated"}, {"change", "task.updated"}, {"edited", "task.updated"}, {"edit", "task.updated"}, {"moved", "task.updated"}, {"move", "task.updated"},
                                    {"rescheduled", "task.updated"}, {"renamed", "task.updated"}, {"updated", "task.updated"}, {"update", "task.updated"}, {"modified", "task.updated"}, {"assigned", "task.updated"}};
  for (const auto& [word, action] : verbs)
    if (word == verb) return action;
  return {};
}

// The days named in [from, last), and where their phrase begins.
std::optional<day_range> days_said(clause& c, std::size_t from, std::size_t last, std::size_t& begin) {
  for (std::size_t i = from; i < last; ++i) {
    std::size_t k = i;
    const bool since = c.in(k, {"since", "after", "from"});
    if (since || c.in(k, {"in", "during", "over", "within", "for"})) ++k;
    const auto now = local_now(c.ctx);
    // "in the last 3 days"
    std::size_t w = k;
    if (c.is(w, "the")) ++w;
    if (c.in(w, {"last", "past"}) && now)
      if (const auto span = match_duration(c.s, w + 1, last); span && !span->exact_time && span->next == last) {
        const auto today = calendar::date_of(*now);
        begin = i;
        add_span(c.out, c.s, i, last, "date");
        return day_range{calendar::add_days(calendar::add_months(today, -span->span.months), -span->span.days), calendar::add_days(today, 1)};
      }
    auto phrase = match_temporal(c.s, k, last);
    if (!phrase && c.in(i, {"on"})) phrase = match_temporal(c.s, i, last);
    if (!phrase || !phrase->date || phrase->last != last) continue;
    auto range = resolve_range(*phrase, c.ctx, direction::past);
    if (!range) continue;
    if (since && now) range->to = calendar::add_days(calendar::date_of(*now), 1);
    begin = i;
    add_span(c.out, c.s, i, last, "date");
    return range;
  }
  return std::nullopt;
}

bool asks(clause& c, query_history q, std::size_t from, std::size_t last, bool needs_target) {
  c.out.intent = "audit";
  std::size_t end = last;
  if (const auto days = days_said(c, from, last, end)) {
    q.from = days->from;
    q.to = days->to;
  }
  while (end > from && c.in(end - 1, {"on", "in", "since", "during", "for", "that", "happened"}) && end - from > 1) --end;
  if (c.in(from, {"with", "in", "of", "for", "about", "on", "to"}) && from < end) ++from;
  const bool everything = end == from + 1 && c.in(from, {"anything", "everything", "something", "tasks", "things", "stuff"});
  if (from < end && !everything) q.which = take_target(c, from, end);
  c.out.confirm = confirmation::none;
  if (!q.which && needs_target && !c.out.question) c.out.question = clarification{"target", "Of which task?", {}, {}};
  c.out.command = std::move(q);
  return true;
}

}  // namespace

bool parse_history(clause& c) {
  const std::size_t last = content_end(c);
  std::size_t i = c.first;
  query_history q;
  if (c.is(i, "who")) {                                    // who (has) completed report
    std::size_t k = i + 1;
    if (c.in(k, {"has", "last", "just"})) ++k;
    if (k >= last || c.s[k].kind != token_kind::word) return false;
    q.action = action_of(c.s[k].text);
    if (q.action.empty()) return false;
    add_span(c.out, c.s, k, k + 1, "action");
    return asks(c, std::move(q), k + 1, last, true);
  }
  if (c.in(i, {"what", "what's"})) {                        // what changed yesterday; what did I change today; what happened to report
    std::size_t k = i + 1;
    if (c.in(k, {"has", "have", "was", "else"})) ++k;
    if (c.in(k, {"changed", "happened", "been"})) {
      if (c.is(k, "been") && !c.in(k + 1, {"changed", "done", "going"})) return false;
      return asks(c, std::move(q), k + (c.is(k, "been") ? 2 : 1), last, false);
    }
    if (c.in(k, {"did"}) && c.in(k + 1, {"i", "we", "anyone", "anybody", "they", "you"}) && c.in(k + 2, {"change", "edit", "update", "delete", "remove", "create", "add", "reopen", "modify"})) {
      q.action = c.in(k + 2, {"change", "edit", "update", "modify"}) ? "" : action_of(c.s[k + 2].text);
      return asks(c, std::move(q), k + 3, last, false);
    }
    return false;
  }
  if (c.is(i, "when") && c.in(i + 1, {"did", "was"})) {      // when was report completed; when did I complete report
    if (c.is(i + 1, "was") && last > i + 3) {
      q.action = action_of(c.s[last - 1].text);
      if (q.action.empty()) return false;
      return asks(c, std::move(q), i + 2, last - 1, true);
    }
    if (c.is(i + 1, "did") && last > i + 4 && c.s[i + 3].kind == token_kind::word) {
      q.action = action_of(c.s[i + 3].text);
      if (q.action.empty()) return false;
      return asks(c, std::move(q), i + 4, last, true);
    }
    return false;
  }
  const bool show = c.in(i, {"show", "list", "display", "view", "see"});
  if (show) ++i;
  while (show && c.in(i, {"me", "the", "my", "all", "recent", "full"})) ++i;
  const bool log = c.is(i, "audit") && c.in(i + 1, {"log", "trail"});
  if (!log && !c.in(i, {"history", "activity", "changes"})) return false;
  std::size_t k = i + (log ? 2 : 1);
  if (c.is(i, "activity") && c.in(k, {"log", "feed"})) ++k;
  if (!show && k < last && !c.in(k, {"of", "for", "on", "since"}) && !match_temporal(c.s, k, last)) return false;   // "history homework"
  if (!show && c.in(i, {"history", "activity", "changes"}) && k == last && !c.in(i, {"history", "activity"})) return false;
  if (c.in(k, {"of", "for"}) && k + 1 < last && !match_temporal(c.s, k, last)) ++k;
  return asks(c, std::move(q), k, last, false);
}

}  // namespace chat::language
