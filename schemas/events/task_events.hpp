// Topic task-events, key = owner: what happened to a task. One payload struct for all five types; the CloudEvents
// attributes (id, type, time) travel on the record.
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace topic { inline constexpr std::string_view task_events = "task-events"; }
namespace type {
inline constexpr std::string_view task_created = "todo.task.created.v1";
inline constexpr std::string_view task_updated = "todo.task.updated.v1";
inline constexpr std::string_view task_completed = "todo.task.completed.v1";
inline constexpr std::string_view task_reopened = "todo.task.reopened.v1";
inline constexpr std::string_view task_deleted = "todo.task.deleted.v1";
}  // namespace type

struct task_event {
  evh_schemas::task task;                          // after the change; for deleted: as it last was
  std::optional<evh_schemas::task> before;         // on updated
  std::vector<std::string> changed;                // names of the fields that differ, on updated
  evh_schemas::actor actor;
  std::string correlation_id;                      // one per request or command: everything it caused shares it
  std::string causation_id;                        // id of the event or request that led here
  bool operator==(const task_event&) const = default;
  static constexpr compact_schema compact{1, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("task", self.task);
    visit.optional("before", self.before);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
    visit.optional("causation_id", self.causation_id);
    visit.optional("changed", self.changed);
  }
};

}  // namespace evh_schemas
