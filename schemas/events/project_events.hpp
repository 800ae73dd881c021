// Topic task-events (key = owner of the project) and task-updates (key = each member): what happened to a project and to
// who may see it. One payload struct for all six types.
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace type {
inline constexpr std::string_view project_created = "todo.project.created.v1";
inline constexpr std::string_view project_updated = "todo.project.updated.v1";
inline constexpr std::string_view project_deleted = "todo.project.deleted.v1";
inline constexpr std::string_view project_member_added = "todo.project.member_added.v1";
inline constexpr std::string_view project_member_changed = "todo.project.member_changed.v1";
inline constexpr std::string_view project_member_removed = "todo.project.member_removed.v1";
}  // namespace type

struct project {
  std::string id, owner, name, description;
  bool archived = false;
  std::int64_t version = 0;
  instant_ms created_at, updated_at;
  bool operator==(const project&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("owner", self.owner);
    visit.required("name", self.name);
    visit.required("description", self.description);
    visit.required("archived", self.archived);
    visit.required("version", self.version);
    visit.required("created_at", self.created_at);
    visit.required("updated_at", self.updated_at);
  }
};

struct project_member {
  std::string user_id;       // empty: invited, no account with this address yet
  std::string email;
  std::string role;          // owner | editor | commenter | viewer
  bool operator==(const project_member&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.optional("user_id", self.user_id);
    visit.optional("email", self.email);
    visit.required("role", self.role);
  }
};

struct project_event {
  evh_schemas::project project;                    // after the change; for deleted: as it last was
  std::optional<project_member> member;            // on member_*
  evh_schemas::actor actor;
  std::string correlation_id;
  bool operator==(const project_event&) const = default;
  static constexpr compact_schema compact{9, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("project", self.project);
    visit.optional("member", self.member);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
  }
};

}  // namespace evh_schemas
