// People and memberships: rows read on many requests and found by key, so plain SQL on the unit instead of entities.
//
// Inside a unit or a read, any thread. Addresses are compared folded (lower case).
#pragma once

#include <evh/evh.hpp>

#include "plugins/chat/tasks/permissions.hpp"
#include "plugins/chat/tasks/values.hpp"
#include "schemas/events/user_events.hpp"

namespace chat {

struct person {
  std::string id, email, name;                  // email folded
  evh_schemas::user_preferences preferences;
  bool disabled = false;
};

std::optional<person> find_person(evh::unit& unit, std::string_view user_id);
std::optional<person> find_person_by_email(evh::unit& unit, std::string_view email);   // an enabled one
void put_person(evh::unit& unit, const person& value);
void erase_person(evh::unit& unit, std::string_view user_id);
// Everybody who shares a project with the person, themselves included, by name.
std::vector<person> companions(evh::unit& unit, std::string_view user_id, std::size_t limit);

struct member {
  std::string who;                              // user id, or the address of an invitation
  bool invited = false;
  std::string email;
  role as = role::none;
  std::int64_t added_at = 0;
};

std::vector<member> members_of(evh::unit& unit, const uuid& project);                 // longest standing first
void put_member(evh::unit& unit, const uuid& project, const member& value);           // new or changed
void erase_member(evh::unit& unit, const uuid& project, std::string_view who);
void erase_members(evh::unit& unit, const uuid& project);

struct membership {
  uuid project{};
  role as = role::none;
};
std::vector<membership> memberships_of(evh::unit& unit, std::string_view who);
// Projects a person is a member of, by name then id, behind (name, id).
struct listed_project {
  uuid id{};
  std::string name_folded;
  role as = role::none;
};
std::vector<listed_project> projects_of(evh::unit& unit, std::string_view who, std::string_view after_name, const uuid& after_id, std::size_t limit);
// Names of the projects a person sees, for the language to know.
std::vector<std::string> project_names(evh::unit& unit, std::string_view who, std::size_t limit = 200);
// The project of this name: one's own before shared ones.
std::optional<uuid> project_named(evh::unit& unit, std::string_view who, std::string_view name);

// Ids as they stand in BLOB columns.
std::string_view bytes_of(const uuid& id);
uuid uuid_of(std::string_view bytes);

}  // namespace chat
