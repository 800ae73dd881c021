// The clause splitter.
#include "plugins/chat/language/clauses.hpp"

#include "plugins/chat/language/temporal.hpp"

namespace chat::language {
namespace {

// "and move 3 to friday", "and complete 2": a place in the last list, not "and move 3 boxes".
bool commands_a_place(const sentence& s, std::size_t i, std::size_t end) {
  if (!word_in(s, i, end, {"move", "push", "complete", "finish", "close", "tag", "skip", "pause", "make", "set", "bump"})) return false;
  std::size_t k = i + 1;
  if (symbol_is(s, k, end, '#') || word_in(s, k, end, {"number", "task"})) ++k;
  if (k >= end || s[k].literal || s[k].kind != token_kind::number || !s.free_right(k + 1)) return false;
  ++k;
  if (word_in(s, i, end, {"complete", "finish", "close", "skip", "pause"}))
    return k == end || (s[k].kind == token_kind::symbol && !s[k].literal) || word_in(s, k, end, {"and", "then", "please"});
  return word_in(s, k, end, {"to", "until", "till", "by", "with", "as", "p", "high", "low", "medium", "critical"}) && k + 1 < end;
}

// Verbs that only a command to the chat starts with; nobody writes them inside a title after "and".
bool commands(const sentence& s, std::size_t i, std::size_t end) {
  if (word_in(s, i, end, {"undo", "reschedule", "rename", "delete", "reopen", "postpone"})) return i + 1 < end || word_in(s, i, end, {"undo"});
  if (word_in(s, i, end, {"add", "create", "snooze"})) return i + 1 < end;
  // "and set it to tomorrow": the pronoun points at the command before.
  if (word_in(s, i, end, {"move", "make", "set", "push", "change", "assign", "tag", "complete", "share", "put", "skip", "pause"}) && word_in(s, i + 1, end, {"it", "them"})) return i + 2 < end || word_in(s, i, end, {"complete", "skip", "pause"});
  if (word_is(s, i, end, "remind") && word_is(s, i + 1, end, "me") && word_in(s, i + 2, end, {"to"})) return i + 3 < end;
  if (commands_a_place(s, i, end)) return true;
  if (word_is(s, i, end, "assign"))
    for (std::size_t k = i + 2; k + 1 < end && k < i + 8; ++k)
      if (word_is(s, k, end, "to")) return true;
  if (word_is(s, i, end, "share") && (symbol_is(s, i + 1, end, '#') || word_is(s, i + 2, end, "with"))) return true;
  if (word_is(s, i, end, "mark"))
    for (std::size_t k = i + 2; k < end && s[k].symbol != ';'; ++k)
      if (word_in(s, k, end, {"done", "complete", "completed", "finished"})) return true;
  return false;
}

bool finds(const sentence& s, std::size_t i, std::size_t end) {
  if (word_in(s, i, end, {"what's", "whats"})) return true;
  return word_in(s, i, end, {"show", "list"}) && (i + 1 == end || word_in(s, i + 1, end, {"today", "tomorrow", "my", "all", "me", "overdue", "the", "everything", "tasks", "this", "next", "what", "open"}) ||
                                                  symbol_is(s, i + 1, end, '#') || symbol_is(s, i + 1, end, '@') || symbol_is(s, i + 1, end, ';') || symbol_is(s, i + 1, end, '.'));
}

}  // namespace

std::vector<clause_range> split_clauses(const sentence& s, std::size_t from) {
  std::vector<clause_range> out;
  std::size_t first = from;
  const std::size_t end = s.size();
  const auto cut = [&](std::size_t last, std::size_t next) {
    while (last > first && s[last - 1].kind == token_kind::symbol && !s[last - 1].literal && (s[last - 1].symbol == ',' || s[last - 1].symbol == ';' || s[last - 1].symbol == '\n')) --last;
    if (last > first) out.push_back({first, last});
    first = next;
  };
  for (std::size_t i = from; i < end; ++i) {
    if (s[i].literal) continue;
    if (s[i].symbol == ';' || s[i].symbol == '\n') {
      cut(i, i + 1);
      continue;
    }
    if (i == first) continue;
    const bool stop = (s[i].symbol == '.' || s[i].symbol == '!' || s[i].symbol == '?') && i + 1 < end && s[i + 1].spaced;
    if (stop && (commands(s, i + 1, end) || finds(s, i + 1, end))) {
      cut(i, i + 1);
      continue;
    }
    std::size_t k = i;
    if (s[k].symbol == ',') ++k;
    const bool link = k > i || word_in(s, k, end, {"and", "then"});
    if (word_is(s, k, end, "and")) ++k;
    if (word_is(s, k, end, "then")) ++k;
    if (!link || k == i || k >= end) continue;
    const bool negation = i == first + 2 && word_is(s, first, end, "not");      // "not done, reopen the report" is one thought
    if (!negation && (commands(s, k, end) || finds(s, k, end))) {
      cut(i, k);
      i = k;
    }
  }
  cut(end, end);
  if (out.size() > clauses_max) return {{from, end}};
  return out;
}

}  // namespace chat::language
