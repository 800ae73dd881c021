// The inbox: notifications of a person, newest first, and the reminders that are still to come.
//
// Plain SQL inside a unit; errors are evh::failure.
#pragma once

#include <evh/unit.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/notification/answers.hpp"
#include "schemas/events/values.hpp"

namespace notification {

struct notice {
  std::string id, task_id, title;
  evh_schemas::instant_ms fire_at, at;                        // at: when it was put into the inbox
  std::optional<evh_schemas::instant_ms> delivered_at;        // absent on missed
  bool late = false;
  evh_schemas::priority priority = evh_schemas::priority::medium;
  std::string status;                                         // unread | read | snoozed | missed
  std::optional<evh_schemas::instant_ms> snoozed_until;
  std::vector<std::string> channels;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("task_id", self.task_id);
    visit.required("title", self.title);
    visit.required("fire_at", self.fire_at);
    visit.required("delivered_at", self.delivered_at);
    visit.required("late", self.late);
    visit.required("priority", self.priority);
    visit.required("status", self.status);
    visit.required("snoozed_until", self.snoozed_until);
    visit.required("channels", self.channels);
  }
};

struct upcoming {
  std::string task_id, reminder_id, title;
  evh_schemas::instant_ms fire_at;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("task_id", self.task_id);
    visit.required("reminder_id", self.reminder_id);
    visit.required("fire_at", self.fire_at);
    visit.required("title", self.title);
  }
};

namespace inbox {

// status: empty for all. At most count, after the given place.
std::vector<notice> list(evh::unit& unit, std::string_view owner, std::string_view status, const std::optional<place>& after, std::size_t count);
std::optional<notice> find(evh::unit& unit, std::string_view owner, std::string_view id);
std::int64_t unread(evh::unit& unit, std::string_view owner);
// Unread and missed ones become read; a snoozed one stays snoozed.
void mark_read(evh::unit& unit, std::string_view owner, std::string_view id);
std::int64_t mark_all_read(evh::unit& unit, std::string_view owner);

std::vector<upcoming> reminders(evh::unit& unit, std::string_view owner, const std::optional<place>& after, std::size_t count);

// Deletes up to max rows of each table that are older than before_ms, finished jobs and tombstones among them.
void trim(evh::unit& unit, std::int64_t before_ms, std::int64_t max);

}  // namespace inbox
}  // namespace notification
