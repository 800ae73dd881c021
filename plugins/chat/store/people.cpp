// SQL of people and memberships.
#include "plugins/chat/store/people.hpp"

#include <algorithm>

#include "plugins/chat/store/store.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"

namespace chat {

std::string_view bytes_of(const uuid& id) { return {reinterpret_cast<const char*>(id.data), sizeof id.data}; }

uuid uuid_of(std::string_view bytes) {
  uuid id{};
  if (bytes.size() == sizeof id.data) std::copy(bytes.begin(), bytes.end(), id.data);
  return id;
}

namespace {

evh::value blob(const uuid& id) { return evh::value::blob(bytes_of(id)); }

constexpr std::string_view person_columns = "SELECT user_id, email, name, preferences, disabled FROM chat_person ";

person person_of(const evh::row& row) {
  person out;
  out.id = row.text(0);
  out.email = row.text(1);
  out.name = row.text(2);
  if (row.text(3) != "{}") out.preferences = evh_schemas::from_json<evh_schemas::user_preferences>(row.text(3));
  out.disabled = row.integer(4) != 0;
  return out;
}

std::optional<person> one(evh::unit& unit, std::string_view where, std::string_view value) {
  std::optional<person> out;
  unit.query(std::string(person_columns) + std::string(where), {value}, [&](const evh::row& row) { out = person_of(row); });
  return out;
}

}  // namespace

std::optional<person> find_person(evh::unit& unit, std::string_view user_id) { return one(unit, "WHERE user_id = $1", user_id); }

std::optional<person> find_person_by_email(evh::unit& unit, std::string_view email) {
  if (email.empty()) return std::nullopt;
  return one(unit, "WHERE email = $1 AND email <> '' AND disabled = 0 ORDER BY user_id LIMIT 1", fold(email));
}

void put_person(evh::unit& unit, const person& value) {
  unit.exec("INSERT INTO chat_person (user_id, email, name, preferences, disabled) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) "
            "DO UPDATE SET email = excluded.email, name = excluded.name, preferences = excluded.preferences, disabled = excluded.disabled",
            {value.id, fold(value.email), value.name, evh_schemas::to_json(value.preferences), value.disabled ? 1 : 0});
}

void erase_person(evh::unit& unit, std::string_view user_id) { unit.exec("DELETE FROM chat_person WHERE user_id = $1", {user_id}); }

std::vector<person> companions(evh::unit& unit, std::string_view user_id, std::size_t limit) {
  std::vector<person> out;
  unit.query(std::string(person_columns) +
                 "WHERE user_id = $1 OR user_id IN (SELECT other.who FROM chat_member mine JOIN chat_member other ON other.project_id = mine.project_id "
                 "WHERE mine.who = $1 AND mine.invited = 0 AND other.invited = 0) ORDER BY name, user_id LIMIT $2",
             {user_id, static_cast<std::int64_t>(limit)}, [&](const evh::row& row) { out.push_back(person_of(row)); });
  return out;
}

std::vector<member> members_of(evh::unit& unit, const uuid& project) {
  std::vector<member> out;
  unit.query("SELECT who, invited, email, role, added_at FROM chat_member WHERE project_id = $1", {blob(project)}, [&](const evh::row& row) {
    out.push_back({std::string(row.text(0)), row.integer(1) != 0, std::string(row.text(2)), static_cast<role>(row.integer(3)), row.integer(4)});
  });
  std::stable_sort(out.begin(), out.end(), [](const member& a, const member& b) { return a.added_at != b.added_at ? a.added_at < b.added_at : a.as > b.as; });
  return out;
}

void put_member(evh::unit& unit, const uuid& project, const member& value) {
  unit.exec("INSERT INTO chat_member (project_id, who, invited, email, role, added_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (project_id, who) "
            "DO UPDATE SET invited = excluded.invited, email = excluded.email, role = excluded.role",
            {blob(project), value.who, value.invited ? 1 : 0, value.email, static_cast<std::int64_t>(value.as), value.added_at});
}

void erase_member(evh::unit& unit, const uuid& project, std::string_view who) {
  unit.exec("DELETE FROM chat_member WHERE project_id = $1 AND who = $2", {blob(project), who});
}

void erase_members(evh::unit& unit, const uuid& project) { unit.exec("DELETE FROM chat_member WHERE project_id = $1", {blob(project)}); }

std::vector<membership> memberships_of(evh::unit& unit, std::string_view who) {
  std::vector<membership> out;
  unit.query("SELECT project_id, role FROM chat_member WHERE who = $1 ORDER BY project_id", {who},
             [&](const evh::row& row) { out.push_back({uuid_of(row.text(0)), static_cast<role>(row.integer(1))}); });
  return out;
}

std::vector<listed_project> projects_of(evh::unit& unit, std::string_view who, std::string_view after_name, const uuid& after_id, std::size_t limit) {
  std::vector<listed_project> out;
  unit.query("SELECT p.id, p.name_folded, m.role FROM chat_member m JOIN chat_project p ON p.id = m.project_id WHERE m.who = $1 AND m.invited = 0 "
             "AND (p.name_folded > $2 OR (p.name_folded = $2 AND p.id > $3)) ORDER BY p.name_folded, p.id LIMIT $4",
             {who, after_name, blob(after_id), static_cast<std::int64_t>(limit)}, [&](const evh::row& row) {
               out.push_back({uuid_of(row.text(0)), std::string(row.text(1)), static_cast<role>(row.integer(2))});
             });
  return out;
}

std::vector<std::string> project_names(evh::unit& unit, std::string_view who, std::size_t limit) {
  std::vector<std::string> out;
  unit.query("SELECT p.name FROM chat_member m JOIN chat_project p ON p.id = m.project_id WHERE m.who = $1 AND m.invited = 0 ORDER BY p.name_folded LIMIT $2",
             {who, static_cast<std::int64_t>(limit)}, [&](const evh::row& row) { out.emplace_back(row.text(0)); });
  return out;
}

std::optional<uuid> project_named(evh::unit& unit, std::string_view who, std::string_view name) {
  std::optional<uuid> out;
  unit.query("SELECT p.id FROM chat_member m JOIN chat_project p ON p.id = m.project_id WHERE m.who = $1 AND m.invited = 0 AND p.name_folded = $2 "
             "ORDER BY CASE WHEN p.owner = $1 THEN 0 ELSE 1 END, p.id LIMIT 1",
             {who, fold(name)}, [&](const evh::row& row) { out = uuid_of(row.text(0)); });
  return out;
}

}  // namespace chat
