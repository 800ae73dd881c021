// user-events: the directory of people follows identity.
#include "plugins/chat/tasks/sharing.hpp"

#include <algorithm>

#include "schemas/events/project_events.hpp"

namespace chat {

namespace {

namespace es = evh_schemas;

origin system_origin(const es::user_event& event, std::int64_t now_ns) {
  origin by;
  by.subject = event.user_id;
  by.kind = "system";
  by.source = "identity";
  by.correlation_id = event.correlation_id;
  by.group = new_uuid(now_ns);
  by.now_ms = now_ns / 1'000'000;
  return by;
}

// Invitations to this address become memberships. The role that was promised; one that exists already stays as it is.
void bind_invitations(store::session& session, evh::unit& unit, const topics& topics, const origin& by, const person& who) {
  if (who.email.empty()) return;
  std::vector<std::pair<uuid, member>> waiting;
  unit.query("SELECT project_id, role, added_at FROM chat_member WHERE who = $1 AND invited = 1", {who.email}, [&](const evh::row& row) {
    waiting.emplace_back(uuid_of(row.text(0)), member{who.id, false, who.email, static_cast<role>(row.integer(1)), row.integer(2)});
  });
  for (const auto& [project, made] : waiting) {
    erase_member(unit, project, who.email);
    const auto others = members_of(unit, project);
    const bool there = std::any_of(others.begin(), others.end(), [&, &made = made](const member& each) { return each.who == made.who; });
    const auto of = session.find_project(project);
    if (there || !of) continue;
    put_member(unit, project, made);
    es::project_event event;
    event.project = {of->id, of->owner, of->name, of->description, of->archived, of->version, of->created_at, of->updated_at};
    event.member = es::project_member{made.who, made.email, std::string(to_text(made.as))};
    event.actor = {by.subject, by.kind, by.source};
    event.correlation_id = by.correlation_id;
    const std::string payload = es::to_json(event);
    unit.publish({.topic = topics.task_events, .type = es::type::project_member_added, .key = of->owner, .payload = payload});
    unit.publish({.topic = topics.task_updates, .type = es::type::project_member_added, .key = made.who, .payload = payload});
    for (const auto& each : others)
      if (!each.invited) unit.publish({.topic = topics.task_updates, .type = es::type::project_member_added, .key = each.who, .payload = payload});
  }
}

// Leaves every project that goes on without them; one they alone own keeps them, and with them its tasks.
void leave_projects(store::session& session, evh::unit& unit, const topics& topics, const origin& by) {
  for (const auto& each : memberships_of(unit, by.subject)) {
    executor commands(session, unit, topics, by);
    try {
      sharing(session, unit, topics, by, commands).remove(each.project, by.subject);
    } catch (const refusal&) {
      continue;
    }
  }
}

}  // namespace

void apply_user_event(store::session& session, evh::unit& unit, const topics& topics, std::string_view type, const es::user_event& event, std::int64_t now_ns) {
  const origin by = system_origin(event, now_ns);
  auto known = find_person(unit, event.user_id);
  if (type == es::type::user_deleted) {
    leave_projects(session, unit, topics, by);
    return erase_person(unit, event.user_id);
  }
  person who = known.value_or(person{event.user_id, "", "", {}, false});
  if (type == es::type::user_created || type == es::type::user_updated) {
    if (!event.email.empty()) who.email = fold(event.email);
    if (!event.name.empty()) who.name = event.name;
    if (event.preferences) who.preferences = *event.preferences;
    put_person(unit, who);
    return bind_invitations(session, unit, topics, by, who);
  }
  if (type == es::type::user_preferences && event.preferences) who.preferences = *event.preferences;
  else if (type == es::type::user_disabled) who.disabled = true;
  else if (type == es::type::user_enabled) who.disabled = false;
  else return;
  put_person(unit, who);
}

}  // namespace chat
