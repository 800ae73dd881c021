// Topic reminders, key = owner: when somebody wants to be told. Complete in itself: whoever keeps the due index needs no
// other topic. task_version orders scheduled and cancelled of one task; the higher one counts.
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace topic { inline constexpr std::string_view reminders = "reminders"; }
namespace type {
inline constexpr std::string_view reminder_scheduled = "todo.reminder.scheduled.v1";
inline constexpr std::string_view reminder_cancelled = "todo.reminder.cancelled.v1";
}  // namespace type

// All reminders of one task as they now are: replaces what was scheduled for it before.
struct reminder_scheduled {
  std::string owner;
  std::string task_id;
  std::int64_t task_version = 0;
  std::string title;
  evh_schemas::priority priority = evh_schemas::priority::medium;
  std::optional<std::string> project_id;
  std::optional<evh_schemas::due> due;
  std::vector<reminder> reminders;
  evh_schemas::actor actor;
  std::string correlation_id;
  bool operator==(const reminder_scheduled&) const = default;
  static constexpr compact_schema compact{4, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("task_id", self.task_id);
    visit.required("task_version", self.task_version);
    visit.required("title", self.title);
    visit.required("priority", self.priority);
    visit.optional("project_id", self.project_id);
    visit.required("due", self.due);
    visit.required("reminders", self.reminders);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
  }
};

struct reminder_cancelled {
  std::string owner;
  std::string task_id;
  std::int64_t task_version = 0;
  std::string reason;                              // completed | deleted | removed
  evh_schemas::actor actor;
  std::string correlation_id;
  bool operator==(const reminder_cancelled&) const = default;
  static constexpr compact_schema compact{5, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("task_id", self.task_id);
    visit.required("task_version", self.task_version);
    visit.required("reason", self.reason);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
  }
};

}  // namespace evh_schemas
