// Projects, members, and their events.
#include "plugins/chat/tasks/sharing.hpp"

#include <algorithm>

#include "schemas/events/project_events.hpp"

namespace chat {

namespace {

namespace es = evh_schemas;

es::project told(const project& of) {
  return {of.id, of.owner, of.name, of.description, of.archived, of.version, of.created_at, of.updated_at};
}

refusal name_taken() {
  return {409, "already-exists", "You have a project of this name (or id) already.", {{"/name", "invalid", "is taken"}}};
}

}  // namespace

// task-events has it once; task-updates once per member, the one it is about included.
void sharing::tell(std::string_view type, const project& about, const std::optional<member>& who) {
  es::project_event event;
  event.project = told(about);
  if (who) event.member = es::project_member{who->invited ? "" : who->who, who->email, std::string(to_text(who->as))};
  event.actor = {by_.subject, by_.kind, by_.source};
  event.correlation_id = by_.correlation_id;
  const std::string payload = es::to_json(event);
  unit_.publish({.topic = topics_.task_events, .type = type, .key = about.owner, .payload = payload});
  std::vector<std::string> people;
  for (const auto& each : commands_.access().members(parse_uuid(about.id).value()))
    if (!each.invited) people.push_back(each.who);
  if (who && !who->invited && std::find(people.begin(), people.end(), who->who) == people.end()) people.push_back(who->who);
  for (const auto& each : people) unit_.publish({.topic = topics_.task_updates, .type = type, .key = each, .payload = payload});
}

project sharing::load(const uuid& id, action what, const precondition& if_match) {
  commands_.access().require(what, id);
  auto found = session_.find_project(id);
  if (!found) throw not_found("project");
  if (if_match.given && !if_match.any && std::find(if_match.versions.begin(), if_match.versions.end(), found->version) == if_match.versions.end())
    throw refusal(412, "precondition-failed", "The project is at version " + std::to_string(found->version) + " by now: read it again and repeat the change.");
  return std::move(*found);
}

project sharing::create(project made) {
  try {
    session_.insert(made);
  } catch (const duplicate&) {
    throw name_taken();
  }
  const uuid id = parse_uuid(made.id).value();
  put_member(unit_, id, {made.owner, false, "", role::owner, made.created_at.value});
  commands_.access().forget();
  tell(es::type::project_created, made, std::nullopt);
  return made;
}

project sharing::update(const uuid& id, const project_patch& patch, const precondition& if_match) {
  project changed = load(id, action::manage_project, if_match);
  if (patch.name) changed.name = *patch.name;
  if (patch.description) changed.description = *patch.description;
  if (patch.archived) changed.archived = *patch.archived;
  ++changed.version;
  changed.updated_at.value = std::max(changed.updated_at.value, by_.now_ms);
  try {
    session_.update(changed);
  } catch (const duplicate&) {
    throw name_taken();
  }
  tell(es::type::project_updated, changed, std::nullopt);
  return changed;
}

void sharing::erase(const uuid& id, const precondition& if_match) {
  const project found = load(id, action::delete_project, if_match);
  std::int64_t left = 0;
  unit_.query("SELECT count(*) FROM chat_task WHERE project_id = $1 AND deleted_at IS NULL", {evh::value::blob(bytes_of(id))},
              [&](const evh::row& row) { left = row.integer(0); });
  if (left > 0) throw refusal(409, "project-not-empty", "The project holds " + std::to_string(left) + " tasks: move or delete them first.");
  tell(es::type::project_deleted, found, std::nullopt);
  session_.erase_project(id);
  erase_members(unit_, id);
  commands_.access().forget();
}

member_item sharing::item_of(const member& value) {
  member_item out;
  out.email = value.email;
  out.role = to_text(value.as);
  out.invited = value.invited;
  out.added_at.value = value.added_at;
  if (value.invited) return out;
  out.user_id = value.who;
  if (const auto known = find_person(unit_, value.who)) out.email = known->email, out.name = known->name;
  return out;
}

std::vector<member_item> sharing::members(const uuid& project) {
  commands_.access().require(action::read, project);
  std::vector<member_item> out;
  for (const auto& each : commands_.access().members(project)) out.push_back(item_of(each));
  return out;
}

member sharing::find(const uuid& project, const std::string& who) {
  const auto& all = commands_.access().members(project);
  const std::string folded = fold(who);
  for (const auto& each : all)
    if (each.who == who || (each.invited && each.who == folded)) return each;
  throw refusal(404, "not-found", "No member of this name in the project.");
}

member_item sharing::add(const uuid& project, const std::string& email, const std::string& user_id, role as) {
  const chat::project of = load(project, action::share);
  auto& access = commands_.access();
  if (access.members(project).size() >= members_max)
    throw refusal(409, "too-many-members", "A project has at most " + std::to_string(members_max) + " members.");
  member made{user_id, false, fold(email), as, by_.now_ms};
  if (user_id.empty()) {
    const auto known = find_person_by_email(unit_, email);
    made.who = known ? known->id : made.email;
    made.invited = !known;
  } else if (const auto known = find_person(unit_, user_id)) {
    made.email = known->email;
  }
  const auto& all = access.members(project);
  if (std::any_of(all.begin(), all.end(), [&](const member& each) { return each.who == made.who; }))
    throw refusal(409, "already-member", (email.empty() ? user_id : email) + " is a member of this project: change the role instead.");
  put_member(unit_, project, made);
  access.forget();
  tell(es::type::project_member_added, of, made);
  return item_of(made);
}

void sharing::keep_an_owner(const uuid& project, const std::string& without) {
  for (const auto& each : commands_.access().members(project))
    if (each.as == role::owner && !each.invited && each.who != without) return;
  throw refusal(409, "last-owner", "A project needs an owner: make somebody else one first.");
}

void sharing::settle_owner(project& of, const std::string& without) {
  if (of.owner != without) return;
  for (const auto& each : commands_.access().members(parse_uuid(of.id).value()))
    if (each.as == role::owner && !each.invited && each.who != without) {
      of.owner = each.who;
      break;
    }
  ++of.version;
  of.updated_at.value = std::max(of.updated_at.value, by_.now_ms);
  try {
    session_.update(of);
  } catch (const duplicate&) {
    throw refusal(409, "already-exists", "The next owner has a project of this name already: rename this one first.");
  }
}

member_item sharing::change(const uuid& project, const std::string& who, role as) {
  chat::project of = load(project, action::share);
  member changed = find(project, who);
  if (changed.as == as) return item_of(changed);
  if (changed.as == role::owner && !changed.invited) {
    keep_an_owner(project, changed.who);
    settle_owner(of, changed.who);
  }
  changed.as = as;
  put_member(unit_, project, changed);
  commands_.access().forget();
  tell(es::type::project_member_changed, of, changed);
  return item_of(changed);
}

void sharing::remove(const uuid& project, const std::string& who) {
  const bool self = who == by_.subject;
  chat::project of = load(project, self ? action::leave : action::share);
  const member gone = find(project, who);
  if (!gone.invited) {
    if (gone.as == role::owner) keep_an_owner(project, gone.who);
    settle_owner(of, gone.who);
    // Before the membership goes: what happens to those tasks is still theirs to see.
    commands_.hand_over(project, gone.who, of.owner);
  }
  erase_member(unit_, project, gone.who);
  commands_.access().forget();
  tell(es::type::project_member_removed, of, gone);
}

}  // namespace chat
