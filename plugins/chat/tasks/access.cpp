// Roles from memberships.
#include "plugins/chat/tasks/access.hpp"

#include <algorithm>

namespace chat {

namespace {

std::string_view words_of(action what) {
  switch (what) {
    case action::read: return "see this";
    case action::comment: return "comment here";
    case action::create_task: return "add tasks to this project";
    case action::update_task: return "change this task";
    case action::complete_task: return "complete or reopen this task";
    case action::delete_task: return "delete a task somebody else made";
    case action::take_task_out: return "take a task somebody else made out of the project";
    case action::leave: return "leave this project";
    case action::manage_project: return "change this project";
    case action::share: return "manage the members of this project";
    case action::delete_project: return "delete this project";
  }
  return "do this";
}

}  // namespace

refusal forbidden(action what, role as) {
  const bool viewing = what == action::delete_task && as < role::editor;
  return {403, "forbidden", "As " + std::string(to_text(as)) + " of the project you may not " +
                                (viewing ? std::string("delete its tasks") : std::string(words_of(what))) + "."};
}

const std::vector<member>& access::members(const uuid& project) {
  for (const auto& [id, members] : known_)
    if (id == project) return members;
  return known_.emplace_back(project, members_of(unit_, project)).second;
}

role access::in(const uuid& project) {
  for (const auto& each : members(project))
    if (!each.invited && each.who == subject_) return each.as;
  return role::none;
}

bool access::is_member(const uuid& project, std::string_view user) {
  const auto& all = members(project);
  return std::any_of(all.begin(), all.end(), [&](const member& each) { return !each.invited && each.who == user; });
}

role access::on(const task& value) {
  if (value.project_id)
    if (const uuid project = parse_uuid(*value.project_id).value(); !members(project).empty()) return in(project);   // else the project is gone
  return value.owner == subject_ ? role::owner : role::none;
}

bool access::may(action what, const task& value) { return authorize(on(value), what, {.own = value.owner == subject_}); }

namespace {

refusal unseen(const std::string& name, const std::string& pointer) {
  if (pointer.empty()) return not_found(name);
  return {404, "not-found", "No " + name + " with this id.", {{pointer, "not-found", "names no " + name + " you can see"}}};
}
refusal refused(action what, role as, const std::string& pointer) {
  const refusal why = forbidden(what, as);
  if (pointer.empty()) return why;
  return {403, why.code(), why.what(), {{pointer, "forbidden", "is not yours to use like this"}}};
}

}  // namespace

void access::require(action what, const task& value, const std::string& pointer) {
  const role as = on(value);
  if (!authorize(as, action::read, {})) throw unseen("task", pointer);
  if (!authorize(as, what, {.own = value.owner == subject_})) throw refused(what, as, pointer);
}

void access::require(action what, const uuid& project, const std::string& pointer) {
  const role as = in(project);
  if (!authorize(as, action::read, {})) throw unseen("project", pointer);
  if (!authorize(as, what, {})) throw refused(what, as, pointer);
}

std::vector<std::string> access::viewers(const task& value) {
  std::vector<std::string> out{value.owner};
  if (!value.project_id) return out;
  for (const auto& each : members(parse_uuid(*value.project_id).value()))
    if (!each.invited && each.who != value.owner) out.push_back(each.who);
  return out;
}

}  // namespace chat
