// The values events are made of: the task in full, when it is due, its reminders and its series, and who did something.
//
// Plain data, any thread. What a valid value is stands in json/common.schema.json.
#pragma once

#include "schemas/events/fields.hpp"

namespace evh_schemas {

enum class priority : std::uint8_t { low, medium, high, critical };   // p4 .. p1 in chat
enum class task_status : std::uint8_t { pending, completed };

// When something is due; exactly one of the four forms, or none. A date stays a date and a wall-clock time stays one:
// {date}, {local} (floating), {local, tz}, {instant}.
struct due {
  std::string date;      // 2026-08-19
  std::string local;     // 2026-08-19T17:00[:SS]
  std::string tz;        // IANA name, only beside local
  std::string instant;   // 2026-08-19T21:00:00Z
  bool operator==(const due&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.optional("date", self.date);
    visit.optional("local", self.local);
    visit.optional("tz", self.tz);
    visit.optional("instant", self.instant);
  }
};

// {offset} from the due time (-PT30M; -P1D with `time` 09:00 for a time of day), or {at} a moment of its own.
struct reminder {
  std::string id;                          // unique in the task, kept over updates
  std::string offset;                      // ISO 8601 duration with sign
  std::string time;                        // HH:MM, only beside a whole-day offset
  std::optional<due> at;                   // {local}, {local, tz} or {instant}
  std::string snooze_of;                   // the notification this one repeats; gone with the next change of the due
  bool operator==(const reminder&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.optional("offset", self.offset);
    visit.optional("time", self.time);
    visit.optional("at", self.at);
    visit.optional("snooze_of", self.snooze_of);
  }
};

enum class recurrence_anchor : std::uint8_t { schedule, completion };
enum class catch_up : std::uint8_t { skip_to_future, keep, pile_up };

// How a task repeats, and its own place in the series. Times are civil and of one form: 2026-08-19 or 2026-08-19T07:00.
// From outside come rrule, anchor, catch_up, exdates and rdates; everything else is the series' own bookkeeping.
struct recurrence {
  std::string rrule;                       // RFC 5545 RRULE, RFC 7529 SKIP
  recurrence_anchor anchor = recurrence_anchor::schedule;
  evh_schemas::catch_up catch_up = evh_schemas::catch_up::skip_to_future;
  std::string dtstart;                     // first occurrence
  std::string tz;                          // empty: floating, or a date
  std::vector<std::string> exdates, rdates;
  bool paused = false;
  std::string paused_until;                // a date; empty: until resumed
  std::string series_id;                   // the id of the series' first task
  std::int64_t series_version = 0;         // counted up by every change of the series: older commands are stale
  std::string occurrence;                  // where this task stands
  std::int64_t number = 0;                 // 1 for the first
  bool operator==(const recurrence&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("rrule", self.rrule);
    visit.required("anchor", self.anchor);
    visit.required("catch_up", self.catch_up);
    visit.optional("dtstart", self.dtstart);
    visit.optional("tz", self.tz);
    visit.optional("exdates", self.exdates);
    visit.optional("rdates", self.rdates);
    visit.required("paused", self.paused);
    visit.optional("paused_until", self.paused_until);
    visit.optional("series_id", self.series_id);
    visit.required("series_version", self.series_version);
    visit.optional("occurrence", self.occurrence);
    visit.required("number", self.number);
  }
};

struct task {
  std::string id;
  std::string owner;
  std::string title;
  std::string description;
  task_status status = task_status::pending;
  evh_schemas::priority priority = evh_schemas::priority::medium;
  std::vector<std::string> tags;
  std::optional<std::string> project_id;
  std::optional<std::string> parent_id;
  std::optional<evh_schemas::due> due;
  std::vector<reminder> reminders;
  std::optional<evh_schemas::recurrence> recurrence;
  std::int64_t version = 0;
  instant_ms created_at;
  instant_ms updated_at;
  std::optional<instant_ms> completed_at;
  std::optional<std::string> assignee_id;  // a member of the project
  bool operator==(const task&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("owner", self.owner);
    visit.required("title", self.title);
    visit.required("description", self.description);
    visit.required("status", self.status);
    visit.required("priority", self.priority);
    visit.required("tags", self.tags);
    visit.required("project_id", self.project_id);
    visit.required("parent_id", self.parent_id);
    visit.required("due", self.due);
    visit.required("reminders", self.reminders);
    visit.required("recurrence", self.recurrence);
    visit.required("version", self.version);
    visit.required("created_at", self.created_at);
    visit.required("updated_at", self.updated_at);
    visit.required("completed_at", self.completed_at);
    visit.required("assignee_id", self.assignee_id);
  }
};

// Who did it and through which door.
struct actor {
  std::string id;        // subject of the token, or the plugin's id
  std::string kind;      // user | system
  std::string source;    // rest | chat | undo | recurring
  bool operator==(const actor&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("id", self.id);
    visit.required("kind", self.kind);
    visit.optional("source", self.source);
  }
};

template <> struct enum_names<priority> {
  static constexpr std::array<std::string_view, 4> names{"low", "medium", "high", "critical"};
};
template <> struct enum_names<task_status> {
  static constexpr std::array<std::string_view, 2> names{"pending", "completed"};
};
template <> struct enum_names<recurrence_anchor> {
  static constexpr std::array<std::string_view, 2> names{"schedule", "completion"};
};
template <> struct enum_names<catch_up> {
  static constexpr std::array<std::string_view, 3> names{"skip_to_future", "keep", "pile_up"};
};

}  // namespace evh_schemas
