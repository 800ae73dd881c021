// Sharing a project and assigning a task: "share #groceries with ana@example.com as editor", "assign report to ana".
#include "plugins/chat/language/people.hpp"

namespace chat::language {
namespace {

struct project_words { std::string name; std::size_t next = 0; };

// "#groceries", "the groceries list", "my project work".
std::optional<project_words> read_project(const clause& c, std::size_t at, std::size_t end) {
  std::size_t i = at;
  while (c.in(i, {"the", "my", "our", "this"}) && i + 1 < end) ++i;
  const bool led = c.in(i, {"project", "list"}) && i + 1 < end;
  if (led) ++i;
  const auto after = [&](std::size_t next) { return word_in(c.s, next, end, {"project", "list"}) ? next + 1 : next; };
  if (const auto marked = match_marked_name(c.s, i, end, '#')) {
    for (const auto& known : c.ctx.projects)
      if (same_name(known, marked->name)) return project_words{known, after(marked->next)};
    return project_words{marked->name, after(marked->next)};
  }
  if (const auto known = match_known_project(c.s, i, end, c.ctx)) return project_words{known->name, after(known->next)};
  if (led && i < end && c.s[i].kind == token_kind::word) return project_words{std::string{c.s.source(i, i + 1)}, i + 1};
  if (i + 1 < end && c.s[i].kind == token_kind::word && !c.s[i].literal && word_in(c.s, i + 1, end, {"project"})) return project_words{std::string{c.s.source(i, i + 1)}, i + 2};
  return std::nullopt;
}

// "as editor", "as a viewer", "can edit", "read only", "with edit access": the token after it, or `at`.
std::size_t read_role(const clause& c, std::size_t at, std::size_t end, std::optional<member_role>& role) {
  std::size_t i = at;
  if (c.sym(i, ',')) ++i;
  if (c.sym(i, '(')) ++i;
  if (c.in(i, {"as", "with", "and", "who", "they", "so", "for", "to"})) ++i;
  while (c.in(i, {"a", "an", "they", "can", "may", "only", "the", "role", "be"})) ++i;
  struct entry { std::string_view word; member_role role; };
  static constexpr entry words[] = {{"editor", member_role::editor}, {"edit", member_role::editor}, {"editing", member_role::editor}, {"write", member_role::editor}, {"writer", member_role::editor},
                                    {"viewer", member_role::viewer}, {"view", member_role::viewer}, {"viewing", member_role::viewer}, {"reader", member_role::viewer}, {"read", member_role::viewer},
                                    {"commenter", member_role::commenter}, {"comment", member_role::commenter}, {"owner", member_role::owner}};
  for (const auto& [word, value] : words) {
    if (!c.is(i, word)) continue;
    ++i;
    if (c.sym(i, '-')) ++i;
    while (c.in(i, {"only", "access", "rights", "permission", "permissions", "role"})) ++i;
    if (i > end) return at;
    role = value;
    return i < end && c.sym(i, ')') ? i + 1 : i;
  }
  return at;
}

bool shares(clause& c, share_project command, std::optional<member_role> role, std::size_t person_first, std::size_t person_last) {
  c.out.intent = command.remove ? "unshare" : "share";
  c.out.confirm = confirmation::required;
  add_span(c.out, c.s, person_first, person_last, "person");
  settle_person(c, command.person, person_first, person_last);
  if (role) command.role = *role;
  else if (!command.remove) c.out.assumptions.push_back({"role", "the role was not said, editor used", "viewer"});
  if (command.project.empty() && !c.out.question) c.out.question = clarification{"project", "Which project?", {}, {}};
  c.out.command = std::move(command);
  return true;
}

// share X with P as R; unshare X with P; stop sharing X with P; remove sharing
bool share_verb(clause& c, std::size_t last) {
  std::size_t i = c.first;
  const bool stop = c.is(i, "stop") && c.is(i + 1, "sharing"), un = c.is(i, "unshare");
  if (!c.is(i, "share") && !stop && !un) return false;
  i += stop ? 2 : 1;
  share_project command;
  command.remove = stop || un;
  const auto project = read_project(c, i, last);
  const bool pronoun = !project && (c.in(i, {"this", "it", "that"}) || (c.in(i, {"the", "my"}) && c.in(i + 1, {"list", "project"})));
  if (!project && !pronoun) return false;
  std::size_t k = project ? project->next : c.in(i + 1, {"project", "list"}) ? i + 2 : i + 1;
  if (!c.in(k, {"with", "to", "from"})) return false;
  if (project) {
    command.project = project->name;
    add_span(c.out, c.s, i, project->next, "project");
  }
  ++k;
  std::optional<member_role> role;
  const auto who = match_person(c, k, last, false);
  if (!who) return false;
  const std::size_t end = read_role(c, who->next, last, role);
  if (end != last) return c.out.spans.clear(), false;
  command.person = who->name;
  return shares(c, std::move(command), role, k, who->next);
}

// invite P to X as R; add P to X; give P access to X; remove P from X
bool person_verb(clause& c, std::size_t last) {
  const bool invite = c.is(c.first, "invite"), add = c.is(c.first, "add"), give = c.in(c.first, {"give", "grant"}), remove = c.in(c.first, {"remove", "kick", "uninvite"}), make = c.in(c.first, {"make", "set"});
  if (!invite && !add && !give && !remove && !make) return false;
  const std::size_t at = c.first + 1;
  const auto who = match_person(c, at, last, false);
  if (!who || (!who->known && !invite) || who->name == "me") return false;
  std::optional<member_role> role;
  std::size_t i = who->next;
  if (give || make) i = read_role(c, i, last, role);
  if (make && !role) return false;
  if (give && !role && !c.is(i, "access")) return false;
  if (c.is(i, "access")) ++i;
  if (!c.in(i, {"to", "from", "in", "of", "on", "into", "for"})) return false;
  const auto project = read_project(c, i + 1, last);
  if (!project) return false;
  const std::size_t end = remove ? project->next : read_role(c, project->next, last, role);
  if (end != last) return false;
  add_span(c.out, c.s, i + 1, project->next, "project");
  share_project command;
  command.project = project->name;
  command.person = who->name;
  command.remove = remove;
  return shares(c, std::move(command), role, at, who->next);
}

bool assigns(clause& c, std::size_t first, std::size_t last, std::string person) {
  c.out.intent = "update";
  update_task change;
  change.which = take_target(c, first, last);
  change.assignee = std::move(person);
  c.out.command = std::move(change);
  return true;
}

// assign X to P; assign P to X; unassign X
bool assign(clause& c, std::size_t last) {
  const std::size_t i = c.first;
  if (c.is(i, "unassign") && i + 1 < last) {
    std::size_t end = last;
    for (std::size_t k = i + 2; k < last; ++k)
      if (c.is(k, "from")) return assigns(c, k + 1, last, "");
    return assigns(c, i + 1, end, "");
  }
  if (c.in(i, {"remove", "clear"}) && (c.is(i + 1, "assignee") || (c.is(i + 1, "the") && c.is(i + 2, "assignee")))) {
    const std::size_t k = i + (c.is(i + 1, "the") ? 3 : 2);
    if (c.in(k, {"from", "of"}) && k + 1 < last) return assigns(c, k + 1, last, "");
  }
  const bool gives = c.in(i, {"give", "hand", "delegate"});
  if (!c.in(i, {"assign", "reassign"}) && !gives) return false;
  for (std::size_t k = last; k-- > i + 2;) {
    if (!c.is(k, "to") || k + 1 >= last) continue;
    if (c.in(k + 1, {"nobody", "no"})) return assigns(c, i + 1, k, "");
    auto who = match_person(c, k + 1, last, true);
    if (!who) return false;
    const auto other = match_person(c, i + 1, k, true);
    const bool swapped = !who->known && other && other->known;                 // "assign ana to report"
    if (gives && !who->known && !c.is(i, "delegate")) return false;
    std::string name = swapped ? other->name : who->name;
    const std::size_t from = swapped ? i + 1 : k + 1, to = swapped ? k : last;
    add_span(c.out, c.s, from, to, "person");
    settle_person(c, name, from, to);
    return swapped ? assigns(c, k + 1, last, std::move(name)) : assigns(c, i + 1, k, std::move(name));
  }
  return false;
}

}  // namespace

bool parse_share(clause& c) {
  const std::size_t last = content_end(c);
  return share_verb(c, last) || person_verb(c, last) || assign(c, last);
}

}  // namespace chat::language
