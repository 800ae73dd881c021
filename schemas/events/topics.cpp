// The table of event types.
#include "schemas/events/topics.hpp"

#include <array>

#include "schemas/events/audit_events.hpp"
#include "schemas/events/notification_events.hpp"
#include "schemas/events/project_events.hpp"
#include "schemas/events/reminder_events.hpp"
#include "schemas/events/task_commands.hpp"
#include "schemas/events/task_events.hpp"
#include "schemas/events/task_updates.hpp"
#include "schemas/events/user_events.hpp"

namespace evh_schemas {

namespace {

template <class T> std::string round_trip(std::string_view json) {
  return to_json(from_compact<T>(to_compact(from_json<T>(json))));
}

constexpr auto table = std::to_array<event_type>({
    {topic::task_events, type::task_created, round_trip<task_event>},
    {topic::task_events, type::task_updated, round_trip<task_event>},
    {topic::task_events, type::task_completed, round_trip<task_event>},
    {topic::task_events, type::task_reopened, round_trip<task_event>},
    {topic::task_events, type::task_deleted, round_trip<task_event>},
    {topic::task_events, type::project_created, round_trip<project_event>},
    {topic::task_events, type::project_updated, round_trip<project_event>},
    {topic::task_events, type::project_deleted, round_trip<project_event>},
    {topic::task_events, type::project_member_added, round_trip<project_event>},
    {topic::task_events, type::project_member_changed, round_trip<project_event>},
    {topic::task_events, type::project_member_removed, round_trip<project_event>},
    {topic::task_updates, type::task_created, round_trip<task_update>},
    {topic::task_updates, type::task_updated, round_trip<task_update>},
    {topic::task_updates, type::task_completed, round_trip<task_update>},
    {topic::task_updates, type::task_reopened, round_trip<task_update>},
    {topic::task_updates, type::task_deleted, round_trip<task_update>},
    {topic::task_updates, type::project_created, round_trip<project_event>},
    {topic::task_updates, type::project_updated, round_trip<project_event>},
    {topic::task_updates, type::project_deleted, round_trip<project_event>},
    {topic::task_updates, type::project_member_added, round_trip<project_event>},
    {topic::task_updates, type::project_member_changed, round_trip<project_event>},
    {topic::task_updates, type::project_member_removed, round_trip<project_event>},
    {topic::task_updates, type::notification_due, round_trip<notification_event>},
    {topic::task_updates, type::notification_delivered, round_trip<notification_event>},
    {topic::task_updates, type::notification_failed, round_trip<notification_event>},
    {topic::task_updates, type::notification_snoozed, round_trip<notification_event>},
    {topic::task_commands, type::create_task, round_trip<create_task_command>},
    {topic::task_commands, type::withdraw_task, round_trip<withdraw_task_command>},
    {topic::reminders, type::reminder_scheduled, round_trip<reminder_scheduled>},
    {topic::reminders, type::reminder_cancelled, round_trip<reminder_cancelled>},
    {topic::notifications, type::notification_due, round_trip<notification_event>},
    {topic::notifications, type::notification_delivered, round_trip<notification_event>},
    {topic::notifications, type::notification_failed, round_trip<notification_event>},
    {topic::notifications, type::notification_snoozed, round_trip<notification_event>},
    {topic::user_events, type::user_created, round_trip<user_event>},
    {topic::user_events, type::user_requested, round_trip<user_event>},
    {topic::user_events, type::user_updated, round_trip<user_event>},
    {topic::user_events, type::user_enabled, round_trip<user_event>},
    {topic::user_events, type::user_preferences, round_trip<user_event>},
    {topic::user_events, type::user_preferences_requested, round_trip<user_event>},
    {topic::user_events, type::user_disabled, round_trip<user_event>},
    {topic::user_events, type::user_deleted, round_trip<user_event>},
    {topic::user_events, type::user_session_revoked, round_trip<user_event>},
    {topic::audit_events, type::audit_authentication, round_trip<audit_event>},
    {topic::audit_events, type::audit_denied, round_trip<audit_event>},
    {topic::audit_events, type::audit_admin, round_trip<audit_event>},
    {topic::audit_events, type::audit_plugin, round_trip<audit_event>},
    {topic::audit_events, type::audit_erasure, round_trip<audit_event>},
    {topic::audit_events, type::audit_gap, round_trip<audit_event>},
});

}  // namespace

std::span<const event_type> event_types() { return table; }

const event_type* find_event_type(std::string_view topic, std::string_view type) {
  for (const auto& each : table)
    if (each.topic == topic && each.type == type) return &each;
  return nullptr;
}

}  // namespace evh_schemas
