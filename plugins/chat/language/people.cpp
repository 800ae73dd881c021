// Names of people.
#include "plugins/chat/language/people.hpp"

namespace chat::language {

std::vector<std::string> people_called(const context& ctx, std::string_view name) {
  std::vector<std::string> exact, first;
  for (const auto& known : ctx.people) {
    if (same_name(known, name)) exact.push_back(known);
    else if (known.size() > name.size() && (known[name.size()] == ' ' || known[name.size()] == '@' || known[name.size()] == '.') && same_name(std::string_view{known}.substr(0, name.size()), name)) first.push_back(known);
  }
  return exact.empty() ? first : exact;
}

std::optional<person_match> match_person(const clause& c, std::size_t at, std::size_t end, bool whole) {
  std::size_t i = at;
  if (i >= end) return std::nullopt;
  if (c.sym(i, '@') && i + 1 < end && !c.s[i + 1].spaced) ++i;                 // "@ana"
  if (c.s[i].literal) {
    std::size_t next = i + 1;
    const char quote = c.s[i].symbol;
    if (quote == '"' || quote == '\'') {
      while (next < end && c.s[next].symbol != quote) ++next;
      if (next >= end || next == i + 1) return std::nullopt;
      return person_match{collapse(c.s.source(i + 1, next)), next + 1, true};
    }
    bool address = false;
    for (; next < end && c.s[next].literal && !c.s[next].spaced; ++next) address = address || c.s[next].symbol == '@';
    if (!address || (whole && next != end)) return std::nullopt;
    return person_match{std::string{c.s.source(i, next)}, next, true};
  }
  if (c.s[i].kind != token_kind::word) return std::nullopt;
  for (std::size_t last = std::min(end, i + 4); last > i; --last)
    if (!people_called(c.ctx, c.s.source(i, last)).empty()) {
      if (whole && last != end) break;
      return person_match{std::string{c.s.source(i, last)}, last, true};
    }
  if (c.in(i, {"me", "myself"}) && (!whole || i + 1 == end)) return person_match{"me", i + 1, true};
  std::size_t next = i + 1;
  while (next < end && c.s[next].kind == token_kind::word && !c.s[next].literal && (whole || c.s[next].capital) && next - i < 3) ++next;
  if (whole && next != end) return std::nullopt;
  return person_match{std::string{c.s.source(i, next)}, next, false};
}

void settle_person(clause& c, std::string& name, std::size_t first, std::size_t last) {
  auto meant = people_called(c.ctx, name);
  if (meant.size() == 1) name = std::move(meant.front());
  if (meant.size() < 2 || c.out.question) return;
  clarification question{"person", "Which " + name + "?", {}, name};
  for (const auto& each : meant) {
    const std::string said = each.find('@') == std::string::npos ? "\"" + each + "\"" : each;
    question.options.push_back({each, each, collapse(std::string{c.s.source(c.first, first)} + " " + said + " " + std::string{c.s.source(last, c.last)})});
  }
  c.out.question = std::move(question);
}

}  // namespace chat::language
