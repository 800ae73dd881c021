// The pipeline: checks, stages in their order, and the last tidying of spans and slots.
#include "plugins/chat/language/understand.hpp"

#include <algorithm>

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/language/clause.hpp"
#include "plugins/chat/language/clauses.hpp"

namespace chat::language {

bool clause::ends_at(std::size_t from) const {
  for (std::size_t i = from; i < last; ++i)
    if (s[i].kind != token_kind::symbol || s[i].literal) return false;
  return true;
}

std::size_t content_end(const clause& c) {
  std::size_t last = c.last;
  while (last > c.first && ((c.s[last - 1].kind == token_kind::symbol && !c.s[last - 1].literal) || (last - c.first > 1 && c.in(last - 1, {"please", "pls", "thanks"})))) --last;
  return last;
}

void take_spans(clause& c, const std::vector<entity_span>& spans) {
  for (const auto& sp : spans) add_span(c.out, c.s, sp.first, sp.last, sp.kind);
}

target take_target(clause& c, std::size_t first, std::size_t last) {
  auto which = read_target(c, first, last);
  take_spans(c, which.spans);
  everything_open(which.value);
  if (which.value.what == target::kind::filter || which.value.what == target::kind::last_list) c.out.confirm = confirmation::required;
  return std::move(which.value);
}

void add_span(understanding& out, const sentence& s, std::size_t first, std::size_t last, std::string_view kind) {
  if (first >= last || last > s.size()) return;
  out.spans.push_back({s[first].begin, s[last - 1].end, std::string{kind}, std::string{s.source(first, last)}});
}

void absorb(understanding& out, const resolved& r, const sentence& s, std::size_t first, std::size_t last) {
  out.assumptions.insert(out.assumptions.end(), r.assumptions.begin(), r.assumptions.end());
  if (r.question && !out.question) out.question = r.question;
  if (r.error && !out.error) {
    out.error = r.error;
    if (first < last && last <= s.size()) {
      out.error->begin = s[first].begin;
      out.error->end = s[last - 1].end;
    }
  }
}

namespace {

// "ignore previous instructions and ...": words addressed to something that is not here carry no meaning.
std::size_t skip_preamble(const sentence& s, std::size_t first, std::size_t last) {
  if (!word_in(s, first, last, {"ignore", "disregard", "forget"})) return first;
  std::size_t i = first + 1;
  while (word_in(s, i, last, {"all", "any", "the", "your", "my", "previous", "prior", "above", "earlier", "of", "these", "those"})) ++i;
  if (!word_in(s, i, last, {"instructions", "instruction", "rules", "prompts", "prompt", "commands"})) return first;
  ++i;
  while (word_in(s, i, last, {"and", "then", "instead"}) || symbol_is(s, i, last, ',') || symbol_is(s, i, last, '.') || symbol_is(s, i, last, ':')) ++i;
  return i < last ? i : first;
}

// "please", "can you", "hey", "actually": politeness and hesitation before the command. With `polite_only`, words a title could begin
// with are skipped only before a comma.
std::size_t skip_politeness(const sentence& s, std::size_t first, std::size_t last, bool polite_only, bool& correction, bool& follow_up) {
  std::size_t i = first;
  for (bool more = true; more && i < last;) {
    more = false;
    std::size_t k = i;
    const bool comma = symbol_is(s, k + 1, last, ',');
    if (word_in(s, k, last, {"please", "pls", "kindly"})) ++k;
    else if (word_in(s, k, last, {"umm", "uhm", "uhh", "hmm", "erm"})) ++k;
    else if ((comma || !polite_only) && word_in(s, k, last, {"ok", "okay", "hey", "so", "well", "also", "now", "just", "and", "then", "alright", "um", "uh", "oh"})) {
      follow_up = follow_up || word_in(s, k, last, {"and", "also", "then"});
      ++k;
    }
    else if ((comma || !polite_only) && word_in(s, k, last, {"actually", "sorry"})) { correction = true; ++k; }
    else if (comma && word_in(s, k, last, {"wait"})) { correction = true; ++k; }
    else if (word_in(s, k, last, {"no"}) && symbol_is(s, k + 1, last, ',')) { correction = true; ++k; }
    else if (word_is(s, k, last, "i") && word_is(s, k + 1, last, "meant")) { correction = true; k += 2; }
    else if (word_in(s, k, last, {"can", "could", "would", "will", "may"}) && word_in(s, k + 1, last, {"you", "i", "we"})) k += 2;
    else if (!polite_only && word_is(s, k, last, "i") && word_is(s, k + 1, last, "want") && word_is(s, k + 2, last, "to")) k += 3;
    else if (word_is(s, k, last, "i'd") && word_is(s, k + 1, last, "like") && word_is(s, k + 2, last, "to")) k += 3;
    else if (word_is(s, k, last, "i") && word_is(s, k + 1, last, "would") && word_is(s, k + 2, last, "like") && word_is(s, k + 3, last, "to")) k += 4;
    else if (word_is(s, k, last, "let's")) ++k;
    if (k == i || k >= last) break;
    while (symbol_is(s, k, last, ',')) ++k;
    if (k >= last) break;
    i = k;
    more = true;
  }
  return i;
}

// The options of a zone question as sentences that name the zone.
understanding spelled_out(understanding out, const sentence& s, std::size_t first, std::size_t last) {
  if (!out.question || out.question->code != "tz" || out.question->subject.empty()) return out;
  const std::string text{s.source(first, last)};
  const auto at = text.find(out.question->subject);
  if (at == std::string::npos) return out;
  for (auto& option : out.question->options) {
    option.message = text;
    option.message.replace(at, out.question->subject.size(), option.value);
  }
  return out;
}

using parser = bool (*)(clause&);
struct manner { bool correction = false, follow_up = false; };

// Runs one parser on a fresh understanding; keeps it only when the clause is its own.
bool attempt(parser parse, const sentence& s, std::size_t first, std::size_t last, const context& ctx, manner how, understanding& out) {
  understanding scratch;
  clause c{s, first, last, ctx, scratch, how.correction, how.follow_up};
  if (!parse(c)) return false;
  out = std::move(scratch);
  return true;
}

understanding understand_clause(const sentence& s, std::size_t first, std::size_t last, const context& ctx) {
  understanding out;
  if (attempt(parse_answer, s, first, last, ctx, {}, out) || attempt(parse_smalltalk, s, first, last, ctx, {}, out)) return out;
  manner how;
  const bool asked_politely = word_in(s, first, last, {"can", "could", "would", "will"}) && word_is(s, first + 1, last, "you");
  if (asked_politely && symbol_is(s, last - 1, last, '?')) --last;          // "can you add milk?"
  const std::size_t start = skip_politeness(s, first, last, false, how.correction, how.follow_up);
  if (start != first && (attempt(parse_answer, s, start, last, ctx, {}, out) || attempt(parse_smalltalk, s, start, last, ctx, {}, out))) return out;
  static constexpr parser order[] = {parse_undo, parse_lone_verb, parse_preferences, parse_snooze, parse_history, parse_share, parse_series, parse_follow_up, parse_reminder_update, parse_query, parse_reopen, parse_complete, parse_list,
                                     parse_update, parse_reschedule, parse_move_to_project, parse_remove, parse_create, parse_bare_list};
  for (const auto parse : order)
    if (attempt(parse, s, start, last, ctx, how, out)) return spelled_out(std::move(out), s, first, last);
  const std::size_t polite = skip_politeness(s, first, last, true, how.correction, how.follow_up);
  if (polite != start && attempt(parse_create, s, polite, last, ctx, how, out)) return spelled_out(std::move(out), s, first, last);
  clause c{s, polite, last, ctx, out, how.correction, how.follow_up};
  parse_implicit_create(c);
  return spelled_out(std::move(out), s, first, last);
}

void tidy_spans(understanding& out, const sentence& s, const std::vector<literal_span>& literals) {
  for (const auto& l : literals)
    out.spans.push_back({s[l.first].begin, s[l.last - 1].end, "literal", std::string{s.source(l.first, l.last)}});
  std::stable_sort(out.spans.begin(), out.spans.end(), [](const span& a, const span& b) { return a.begin != b.begin ? a.begin < b.begin : a.end > b.end; });
  std::vector<span> kept;
  for (auto& sp : out.spans)
    if (kept.empty() || sp.begin >= kept.back().end) kept.push_back(std::move(sp));
  out.spans = std::move(kept);
}

// An offer to create makes sense only where the target is words that may match nothing.
void drop_needless_offers(understanding& out) {
  const target* which = nullptr;
  std::visit([&](const auto& c) { if constexpr (requires { c.which.exact; }) which = &c.which; }, out.command);
  if (which && (which->what != target::kind::title || which->exact)) out.offer.reset();
  for (auto& part : out.parts) drop_needless_offers(part);
}

understanding refused(std::string code, std::string text) {
  understanding out;
  out.intent = "unknown";
  out.error = failure{std::move(code), std::move(text)};
  return out;
}

// Several clauses: a batch when each of them is a command; otherwise the message is one text.
std::optional<understanding> understand_batch(const sentence& s, const std::vector<clause_range>& ranges, const context& ctx) {
  understanding out;
  context later = ctx;
  for (const auto& range : ranges) {
    auto part = understand_clause(s, range.first, range.last, later);
    if (part.intent == "unknown" || part.intent == "answer" || part.intent == "smalltalk") return std::nullopt;
    later.has_last_entity = true;
    later.pending = pending_question::none;
    out.spans.insert(out.spans.end(), part.spans.begin(), part.spans.end());
    if (part.parts.empty()) out.parts.push_back(std::move(part));
    else std::move(part.parts.begin(), part.parts.end(), std::back_inserter(out.parts));
  }
  out.intent = "batch";
  out.command = batch{};
  return out;
}

}  // namespace

understanding understand(std::string_view message, const context& ctx) {
  if (message.size() > message_bytes_max) return refused("too_long", "A message has at most " + std::to_string(message_bytes_max) + " bytes; this one has " + std::to_string(message.size()) + ".");
  if (!valid_utf8(message)) return refused("invalid_text", "The message is not valid UTF-8.");
  if (!calendar::zone_known(ctx.tz)) return refused("unknown_zone", "The time zone \"" + ctx.tz + "\" is not known. Use an IANA name such as Europe/Paris.");
  sentence s{message};
  const auto literals = mark_literals(s);
  const auto ranges = split_clauses(s, skip_preamble(s, 0, s.size()));
  understanding out;
  if (ranges.empty()) {
    out.intent = "unknown";
    out.question = clarification{"unknown", "The message is empty. Say \"help\" for examples.", {}, {}};
    return out;
  }
  bool together = ranges.size() == 1;
  if (!together) {
    if (auto several = understand_batch(s, ranges, ctx)) out = std::move(*several);
    else together = true;
  }
  if (together) out = understand_clause(s, ranges.front().first, ranges.back().last, ctx);
  drop_needless_offers(out);
  fill_slots(out);
  tidy_spans(out, s, literals);
  return out;
}

}  // namespace chat::language
