// Which tasks a command means: quoted titles, words, places in the last list, "it", or a filter phrase.
#include <algorithm>

#include "plugins/chat/language/clause.hpp"

namespace chat::language {
namespace {

constexpr std::size_t references_max = 100;

// One place: "3", "#3", "number 3", "the second one", "last one".
bool read_reference(const sentence& s, std::size_t& i, std::size_t last, std::vector<int>& out, bool plain_numbers) {
  std::size_t k = i;
  if (word_is(s, k, last, "the")) ++k;
  bool led = false;
  if (word_in(s, k, last, {"number", "no", "nr", "task", "item", "todo", "numbers", "tasks", "items"})) { led = true; ++k; }
  if (symbol_is(s, k, last, '.') && led) ++k;
  if (symbol_is(s, k, last, '#')) { led = true; ++k; }
  if (word_is(s, k, last, "first"))
    if (const auto count = match_count(s, k + 1, last); count && !count->fuzzy && count->value > 1 && count->value <= 100 && s.free_right(count->next)) {
      for (int n = 1; n <= count->value; ++n) out.push_back(n);         // "the first two"
      i = count->next;
      if (word_in(s, i, last, {"tasks", "items", "todos", "ones"})) ++i;
      return true;
    }
  if (const auto nth = match_ordinal(s, k, last)) {
    std::size_t next = nth->next;
    if (word_in(s, next, last, {"one", "task", "item", "todo"})) ++next;
    else if (next != last && !word_is(s, next, last, "and") && !symbol_is(s, next, last, ',')) return false;
    out.push_back(nth->value);
    i = next;
    return true;
  }
  if (k < last && !s[k].literal && s[k].kind == token_kind::number && s[k].value >= 1 && s[k].value <= 1000 && (led || plain_numbers) &&
      (s.free_right(k + 1) || (symbol_is(s, k + 1, last, '-') && k + 2 < last && s[k + 2].kind == token_kind::number && s.free_right(k + 3)))) {
    const int from = s[k].value;
    out.push_back(from);
    i = k + 1;
    const bool range = symbol_is(s, i, last, '-') || word_in(s, i, last, {"to", "through"});
    if (range && i + 1 < last && s[i + 1].kind == token_kind::number && s[i + 1].value > from && s[i + 1].value - from < 100) {
      for (int n = from + 1; n <= s[i + 1].value; ++n) out.push_back(n);
      i += 2;
    }
    return true;
  }
  return false;
}

// Drops what wraps a title: articles, "task called", "from my list", closing punctuation.
void unwrap(const sentence& s, std::size_t& first, std::size_t& last) {
  while (last > first && s[last - 1].kind == token_kind::symbol && !s[last - 1].literal && std::string_view{".,;:!?"}.find(s[last - 1].symbol) != std::string_view::npos) --last;
  while (last > first && word_in(s, last - 1, last, {"please", "pls", "now", "thanks", "already", "too"}) && last - first > 1) --last;
  if (last - first >= 4 && word_in(s, last - 1, last, {"list", "todos"}) && word_in(s, last - 2, last, {"my", "the"}) && word_in(s, last - 3, last, {"from", "off", "on"})) last -= 3;
  while (first < last && (symbol_is(s, first, last, ':') || symbol_is(s, first, last, ','))) ++first;
  for (bool more = true; more && last - first > 1;) {
    more = false;
    if (word_in(s, first, last, {"the", "my", "our", "task", "todo", "called", "named", "a", "an"})) {
      if (s[first].capital && first > 0 && s[first].text == "the") break;    // "The 5th Wave"
      ++first;
      more = true;
    }
  }
  if (last - first > 1 && word_in(s, last - 1, last, {"task", "todo"})) --last;
}

void ask(clause& c, std::string code, std::string text) {
  if (!c.out.question) c.out.question = clarification{std::move(code), std::move(text), {}, {}};
}

void check_references(clause& c, const std::vector<int>& places, std::size_t first, std::size_t last) {
  if (c.ctx.last_list_count == 0) {
    c.out.error = failure{"no_list", "There is no list these numbers could refer to. Say \"show my tasks\" first.", c.s[first].begin, c.s[last - 1].end};
    return;
  }
  for (const int place : places)
    if (place > static_cast<int>(c.ctx.last_list_count))
      c.out.error = failure{"reference_out_of_range", "The last list has only " + std::to_string(c.ctx.last_list_count) + " tasks, there is no number " + std::to_string(place) + ".",
                            c.s[first].begin, c.s[last - 1].end};
}

// "them", "all of those": everything in the last list.
bool reads_last_list(clause& c, std::size_t first, std::size_t last, target_parse& out) {
  const sentence& s = c.s;
  const std::size_t words = last - first;
  const bool them = word_in(s, first, last, {"them", "those", "these"}), all = word_in(s, first, last, {"all", "both"});
  const bool meant = (words == 1 && (them || all)) || (words == 2 && word_is(s, first, last, "all") && word_in(s, first + 1, last, {"those", "these"})) ||
                     (words == 3 && all && word_is(s, first + 1, last, "of") && word_in(s, first + 2, last, {"them", "those", "these"}));
  if (!meant) return false;
  out.value.what = target::kind::last_list;
  out.spans.push_back({first, last, "reference"});
  if (c.ctx.last_list_count == 0) ask(c, "list", "Which tasks? There is no list yet that \"" + std::string{s.source(first, last)} + "\" could mean.");
  return true;
}

// "everything due today", "all completed tasks", "#work": a filter.
bool reads_filter(clause& c, std::size_t first, std::size_t last, target_parse& out) {
  const sentence& s = c.s;
  const bool quantified = word_in(s, first, last, {"all", "every", "everything", "each", "overdue", "completed", "done", "finished", "today", "tomorrow", "yesterday", "today's", "tomorrow's"});
  const bool plural_end = last > first && word_in(s, last - 1, last, {"tasks", "todos", "items"});
  const bool marked = (symbol_is(s, first, last, '#') || symbol_is(s, first, last, '@')) && !(first + 1 < last && s[first + 1].kind == token_kind::number);
  if (!quantified && !plural_end && !marked) return false;
  auto found = read_filter(s, first, last, c.ctx, false);
  const bool whole = found.residue.empty() && (found.narrowed || (found.all && found.noun));
  if (!whole && !(found.all && found.noun && !found.residue.empty())) return false;
  if (found.error) {
    c.out.error = found.error;
    return true;
  }
  out.value.what = target::kind::filter;
  std::vector<filter::expression> parts{std::move(found.where)};
  for (const auto i : found.residue)
    if (s[i].kind != token_kind::symbol) parts.push_back(filter::make(filter::contains{std::string{s.source(i, i + 1)}}));
  out.value.where = filter::all_of(std::move(parts));
  if (!found.narrowed && found.residue.empty()) out.value.where = filter::make(filter::status_is{filter::status::all});
  out.spans = std::move(found.spans);
  return true;
}

}  // namespace

void everything_open(target& which) {
  if (which.what != target::kind::filter || !which.where->leaf) return;
  auto* st = std::get_if<filter::status_is>(&*which.where->leaf);
  if (st && st->value == filter::status::all) st->value = filter::status::open;
}

std::vector<int> read_references(const sentence& s, std::size_t first, std::size_t last) {
  std::vector<int> out;
  std::size_t i = first;
  while (i < last && out.size() <= references_max) {
    if (!read_reference(s, i, last, out, true)) return {};
    const std::size_t before = i;
    if (symbol_is(s, i, last, ',')) ++i;
    if (word_in(s, i, last, {"and", "or"}) || symbol_is(s, i, last, '&')) ++i;
    if (i < last && i == before && !(s[i].kind == token_kind::number)) return {};
  }
  return i >= last && out.size() <= references_max ? out : std::vector<int>{};
}

std::optional<project_match> match_known_project(const sentence& s, std::size_t at, std::size_t end, const context& ctx) {
  std::optional<project_match> best;
  for (const auto& name : ctx.projects) {
    for (std::size_t last = at + 1; last <= end && last <= at + 8; ++last) {
      const auto written = s.source(at, last);
      if (written.size() > name.size()) break;
      if (same_name(written, name) && (!best || last > best->next)) best = project_match{name, last};
    }
  }
  return best;
}

target_parse read_target(clause& c, std::size_t first, std::size_t last) {
  const sentence& s = c.s;
  target_parse out;
  std::size_t trimmed = last;
  while (trimmed > first && s[trimmed - 1].kind == token_kind::symbol && !s[trimmed - 1].literal) --trimmed;
  if (reads_last_list(c, first, trimmed, out) || reads_filter(c, first, trimmed, out)) return out;
  std::size_t from = first, to = last;
  unwrap(s, from, to);
  if (from >= to) {
    ask(c, "target", "Which task?");
    return out;
  }
  const bool pronoun = to - from == 1 && word_in(s, from, to, {"it", "that", "this"});
  const bool that_one = to - from == 2 && word_in(s, from, to, {"that", "this"}) && word_in(s, from + 1, to, {"one", "task", "todo"});
  if (pronoun || that_one) {
    out.value.what = target::kind::last_entity;
    out.spans.push_back({from, to, "reference"});
    if (!c.ctx.has_last_entity) ask(c, "target", "Which task does \"" + std::string{s.source(from, to)} + "\" mean?");
    return out;
  }
  // Numbers only when nothing else could be meant: "2 and 3", "the second one", "task 4".
  if (auto places = read_references(s, first < from && word_in(s, first, last, {"the", "task"}) ? first : from, to); !places.empty()) {
    out.value.what = target::kind::references;
    out.value.references = std::move(places);
    out.spans.push_back({from, to, "reference"});
    check_references(c, out.value.references, from, to);
    return out;
  }
  // "milk from #groceries"
  std::vector<std::uint8_t> taken(s.size(), 0);
  for (std::size_t i = from + 1; i < to; ++i) {
    const auto project = match_marked_name(s, i, to, '#');
    if (!project || project->next != to) continue;
    std::size_t k = i;
    if (word_in(s, k - 1, to, {"from", "in", "of"}) && k - 1 > from) --k;
    out.value.project = project->name;
    out.spans.push_back({k, to, "project"});
    to = k;
    break;
  }
  out.value.exact = s[from].literal && s[to - 1].literal && std::string_view{"\"'`"}.find(s[from].symbol) != std::string_view::npos && s[from].symbol != 0;
  out.value.title = residual_title(s, from, to, taken);
  out.spans.push_back({from, to, "target"});
  if (out.value.title.empty()) ask(c, "target", "Which task?");
  return out;
}

}  // namespace chat::language
