// Topic task-commands, key = owner: what another plugin asks chat to do. chat drops what is stale (series_version) or
// already done (the task id is derived from the occurrence, so a repeat meets its own task).
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace topic { inline constexpr std::string_view task_commands = "task-commands"; }
namespace type {
inline constexpr std::string_view create_task = "todo.command.create_task.v1";
inline constexpr std::string_view withdraw_task = "todo.command.withdraw_task.v1";
}  // namespace type

struct create_task_command {
  std::string owner;
  evh_schemas::task task;                          // id, title and so on; version and times are chat's to set
  std::optional<std::string> series_id;
  std::int64_t series_version = 0;                 // the version of the series this was computed from
  std::optional<std::string> predecessor_id;
  evh_schemas::actor actor;
  std::string correlation_id;
  std::string causation_id;
  bool operator==(const create_task_command&) const = default;
  static constexpr compact_schema compact{2, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("task", self.task);
    visit.optional("series_id", self.series_id);
    visit.required("series_version", self.series_version);
    visit.optional("predecessor_id", self.predecessor_id);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
    visit.optional("causation_id", self.causation_id);
  }
};

// Takes an untouched task back: obeyed only while the task still has this version.
struct withdraw_task_command {
  std::string owner;
  std::string task_id;
  std::int64_t task_version = 0;
  evh_schemas::actor actor;
  std::string correlation_id;
  std::string causation_id;
  bool operator==(const withdraw_task_command&) const = default;
  static constexpr compact_schema compact{3, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("task_id", self.task_id);
    visit.required("task_version", self.task_version);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
    visit.optional("causation_id", self.causation_id);
  }
};

}  // namespace evh_schemas
