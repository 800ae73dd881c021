// Topic notifications, key = owner: the life of one notification, from due to seen. One payload struct; the type says
// which step it is.
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace topic { inline constexpr std::string_view notifications = "notifications"; }
namespace type {
inline constexpr std::string_view notification_due = "todo.notification.due.v1";
inline constexpr std::string_view notification_delivered = "todo.notification.delivered.v1";
inline constexpr std::string_view notification_failed = "todo.notification.failed.v1";
inline constexpr std::string_view notification_snoozed = "todo.notification.snoozed.v1";
}  // namespace type

struct notification_event {
  std::string owner;
  std::string notification_id;
  std::string task_id;
  std::int64_t task_version = 0;
  std::string reminder_id;
  instant_ms fire_at;                              // when it was to fire, after the zone's rules
  std::string title;
  evh_schemas::priority priority = evh_schemas::priority::medium;
  std::string channel;                             // on delivered and failed: in_app | email | webhook | push
  std::string error;                               // on failed
  std::int64_t attempt = 0;                        // on delivered and failed
  std::optional<instant_ms> snoozed_until;         // on snoozed
  bool late = false;                               // delivered after downtime, inside the grace window
  std::string correlation_id;
  bool operator==(const notification_event&) const = default;
  static constexpr compact_schema compact{6, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("notification_id", self.notification_id);
    visit.required("task_id", self.task_id);
    visit.required("task_version", self.task_version);
    visit.required("reminder_id", self.reminder_id);
    visit.required("fire_at", self.fire_at);
    visit.required("title", self.title);
    visit.required("priority", self.priority);
    visit.optional("channel", self.channel);
    visit.optional("error", self.error);
    visit.required("attempt", self.attempt);
    visit.optional("snoozed_until", self.snoozed_until);
    visit.required("late", self.late);
    visit.required("correlation_id", self.correlation_id);
  }
};

}  // namespace evh_schemas
