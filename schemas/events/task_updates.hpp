// Topic task-updates, key = person: one record per person who may see a change, for screens. Its type is that of the
// change (todo.task.updated.v1, ...); what a screen must show stands in the record, so nothing is looked up later.
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace topic { inline constexpr std::string_view task_updates = "task-updates"; }

struct task_update {
  std::string event;                       // created | updated | completed | reopened | deleted
  std::string task_id;
  std::int64_t version = 0;
  std::optional<evh_schemas::task> task;   // absent on deleted
  evh_schemas::actor actor;
  std::string correlation_id;
  bool operator==(const task_update&) const = default;
  static constexpr compact_schema compact{8, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("event", self.event);
    visit.required("task_id", self.task_id);
    visit.required("version", self.version);
    visit.optional("task", self.task);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
  }
};

}  // namespace evh_schemas
