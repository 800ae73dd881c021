// Finding things out: list, search, count, "when is ...". None of these has an effect, so doubtful cases land here.
#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

// The words the filter has no use for are searched for.
void add_residue(clause& c, filter_parse& f) {
  if (f.residue.empty()) return;
  std::vector<std::uint8_t> taken(c.s.size(), 1);
  for (const auto i : f.residue) taken[i] = 0;
  std::string text = residual_title(c.s, c.first, c.last, taken);
  if (text.empty()) return;
  for (const auto i : f.residue) f.spans.push_back({i, i + 1, "search"});
  std::vector<filter::expression> parts{std::move(f.where), filter::make(filter::contains{std::move(text)})};
  f.where = filter::all_of(std::move(parts));
  f.narrowed = true;
}

bool list_of(clause& c, filter_parse f) {
  add_residue(c, f);
  if (f.error) c.out.error = f.error;
  if (!f.narrowed && f.all) f.narrowed = true;
  if (!f.sorted && f.done) {              // what was finished reads newest first
    f.sort = sort_key::updated;
    f.descending = true;
  }
  c.out.intent = "list";
  c.out.command = list_tasks{std::move(f.where), f.sort, f.descending, f.limit};
  take_spans(c, f.spans);
  return true;
}

bool contains_done_verb(const clause& c, std::size_t from) {
  for (std::size_t i = from; i < c.last; ++i) {
    if (!c.in(i, {"i", "we", "been"})) continue;
    if (c.in(i + 1, {"finished", "completed", "done", "closed", "accomplished"})) return true;
    const bool asked = i > c.first && c.in(i - 1, {"did", "have", "has"});        // "what should I do" looks ahead
    if (asked && c.in(i + 1, {"finish", "complete", "do", "close", "accomplish"})) return true;
    if (c.in(i + 1, {"get", "got"}) && c.is(i + 2, "done")) return true;
  }
  return false;
}

// The range of days named anywhere in [from, last), looking back.
std::optional<day_range> past_range(clause& c, std::size_t from) {
  for (std::size_t i = from; i < c.last; ++i) {
    const auto phrase = match_temporal(c.s, i, c.last);
    if (!phrase || !phrase->date) continue;
    const auto range = resolve_range(*phrase, c.ctx, direction::past);
    if (range) add_span(c.out, c.s, phrase->first, phrase->last, "date");
    return range;
  }
  return std::nullopt;
}

bool completed_count(clause& c, std::size_t from) {
  c.out.intent = "query";
  query_tasks q;
  q.what = query_tasks::metric::completed;
  if (const auto range = past_range(c, from)) {
    q.from = range->from;
    q.to = range->to;
  }
  c.out.command = std::move(q);
  return true;
}

// "what did I finish last week"
bool finished_list(clause& c) {
  const bool asks = c.is(c.first, "what") || (c.in(c.first, {"show", "list"}) && c.in(c.first + 1, {"what", "everything"})) || (c.is(c.first, "which"));
  if (!asks || !contains_done_verb(c, c.first)) return false;
  std::vector<filter::expression> parts;
  if (const auto range = past_range(c, c.first)) {
    parts.push_back(filter::make(filter::done_day{filter::compare::greater_equal, range->from}));
    parts.push_back(filter::make(filter::done_day{filter::compare::less, range->to}));
  } else {
    parts.push_back(filter::make(filter::status_is{filter::status::done}));
  }
  c.out.intent = "list";
  c.out.command = list_tasks{filter::all_of(std::move(parts)), sort_key::updated, true, 0};
  return true;
}

bool due_query(clause& c, std::size_t from, std::size_t to) {
  while (to > from && (c.in(to - 1, {"due", "again"}) || (c.s[to - 1].kind == token_kind::symbol && !c.s[to - 1].literal))) --to;
  if (from >= to) return false;
  c.out.intent = "query";
  query_tasks q;
  q.what = query_tasks::metric::due;
  auto which = read_target(c, from, to);
  q.which = std::move(which.value);
  take_spans(c, which.spans);
  c.out.command = std::move(q);
  return true;
}

}  // namespace

bool parse_query(clause& c) {
  const std::size_t i = c.first;
  std::size_t k = i;
  if (c.is(k, "how") && c.is(k + 1, "many")) k += 2;
  else if (c.is(k, "count") && c.last - k > 1) {
    const auto probe = read_filter(c.s, k + 1, c.last, c.ctx, false);
    if (!probe.residue.empty() || !(probe.noun || probe.narrowed)) return false;
    ++k;
  } else if (c.is(k, "number") && c.is(k + 1, "of") && c.in(k + 2, {"tasks", "open", "overdue", "todos"})) k += 2;
  if (k > i) {
    if (contains_done_verb(c, k) || (c.in(k, {"done", "completed", "finished"}) && [&] { auto p = past_range(c, k); c.out.spans.clear(); return p.has_value(); }())) return completed_count(c, k);
    auto f = read_filter(c.s, k, c.last, c.ctx, false);
    add_residue(c, f);
    if (f.error) c.out.error = f.error;
    c.out.intent = "query";
    query_tasks q;
    q.where = std::move(f.where);
    c.out.command = std::move(q);
    take_spans(c, f.spans);
    return true;
  }
  // "is milk done?", "did I finish the report?"
  std::size_t end = c.last;
  while (end > i && c.s[end - 1].kind == token_kind::symbol && !c.s[end - 1].literal) --end;
  if (c.in(i, {"is", "are"}) && end > i + 2 && !c.is(i + 1, "there") && c.in(end - 1, {"done", "finished", "completed", "complete", "due", "open"})) return due_query(c, i + 1, end - 1);
  if (c.in(i, {"did", "have"}) && c.in(i + 1, {"i", "we"}) && c.in(i + 2, {"finish", "complete", "do", "finished", "completed", "done"}) && end > i + 3) return due_query(c, i + 3, end);
  if (c.in(i, {"when", "when's"})) {
    std::size_t from = i + 1;
    if (c.is(i, "when") && c.in(from, {"is", "are", "was"})) ++from;
    else if (c.is(i, "when")) return false;
    return due_query(c, from, c.last);
  }
  return false;
}

bool parse_list(clause& c) {
  if (finished_list(c)) return true;
  std::size_t i = c.first;
  const bool show = c.in(i, {"show", "list", "display", "view", "print"});
  const bool find = c.in(i, {"find", "search"}) || (c.is(i, "look") && c.is(i + 1, "for"));
  if (show || find) {
    ++i;
    if (c.is(i, "me")) ++i;
    if (find && c.in(i, {"for", "anything"})) ++i;
    if (find && c.is(i, "anything")) ++i;
    // "show mom the photos": a sentence about people, not about tasks, is still only a search; offer the task.
    auto f = read_filter(c.s, i, c.last, c.ctx, show);
    if (find && !f.residue.empty() && !f.narrowed) {
      f = filter_parse{};
      std::size_t end = c.last;
      while (end > i && c.s[end - 1].kind == token_kind::symbol && !c.s[end - 1].literal) --end;
      std::size_t from = i;
      if (c.in(from, {"the", "my", "a", "an", "all", "tasks", "task", "anything"}) && from + 1 < end) ++from;
      if (c.in(from, {"about", "with", "containing", "named", "called"}) && from + 1 < end) ++from;
      for (std::size_t k = from; k < end; ++k) f.residue.push_back(k);
    }
    if (!f.residue.empty() && !f.noun) c.out.offer = as_task(c);
    return list_of(c, std::move(f));
  }
  // "see my list", "give me my tasks", "get my tasks"
  if (c.in(i, {"see", "give", "get", "check", "open", "pull"}) && (c.in(i + 1, {"my", "the", "me", "all", "today's", "up"}))) {
    auto f = read_filter(c.s, i + 1, c.last, c.ctx, true);
    if (f.residue.empty() && (f.noun || (f.narrowed && c.is(i, "see")))) return list_of(c, std::move(f));
    return false;
  }
  const bool what = c.in(i, {"what's", "whats", "which"}) || (c.is(i, "what") && c.in(i + 1, {"is", "are", "do", "tasks", "else", "have", "should", "needs", "must", "todos", "can"}));
  const bool any = c.is(i, "any") || c.is(i, "anything") || (c.in(i, {"do", "have"}) && c.in(i + 1, {"i", "we"})) || (c.in(i, {"is", "are"}) && c.is(i + 1, "there")) || (c.in(i, {"am"}) && c.is(i + 1, "i"));
  if (what || any) {
    auto f = read_filter(c.s, i, c.last, c.ctx, true);
    std::erase_if(f.residue, [&](std::size_t k) { return c.in(k, {"what", "whats", "which", "next", "else", "plate", "should", "do", "needs", "doing", "can", "must", "am", "happening", "schedule", "planned"}); });
    if (f.residue.empty() && (f.noun || f.narrowed || what)) return list_of(c, std::move(f));
    return false;
  }
  return false;
}

bool parse_bare_list(clause& c) {
  auto f = read_filter(c.s, c.first, c.last, c.ctx, true);
  if (!f.residue.empty() || !(f.narrowed || f.noun)) return false;
  // A lone time ("6pm") or a quotation is no question.
  bool search = false;
  for (const auto& sp : f.spans) search = search || sp.kind == "search";
  if (search && !f.noun) return false;
  return list_of(c, std::move(f));
}

}  // namespace chat::language
