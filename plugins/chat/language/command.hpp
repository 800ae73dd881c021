// The typed commands a message can become. Targets stay symbolic: whoever executes resolves them against the store.
//
// Plain values. Names and meanings of task fields are those of the REST API.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "plugins/calendar/due.hpp"
#include "plugins/chat/language/filter.hpp"

namespace chat::language {

enum class priority { low, medium, high, critical };   // p4 .. p1

// Fires `before` the due time (zero or negative period); with `time`, at that time of the day so reached. Or at a fixed point.
struct reminder {
  calendar::period offset;
  std::optional<calendar::time_of_day> time;
  std::optional<calendar::due> at;                 // set: offset and time mean nothing
  bool operator==(const reminder&) const = default;
};

// Which tasks a command means.
struct target {
  enum class kind { title, references, last_entity, last_list, filter };
  kind what = kind::title;
  std::string title;                               // title: words to look for; `exact` when they were quoted
  bool exact = false;
  std::vector<int> references;                     // references: 1-based places in the last list shown; -1 is its last
  std::optional<filter::expression> where;         // filter
  std::optional<std::string> project;              // title: "remove milk from #groceries"
};

// A new time for a task. `due` is complete when the words were; otherwise `date`, `time` or `shift` say what changes, and
// apply_reschedule (apply.hpp) combines them with the task's present due.
struct when {
  std::optional<calendar::due> due;
  std::optional<calendar::civil_date> date;
  std::optional<calendar::time_of_day> time;
  std::optional<std::string> tz;
  std::optional<calendar::period> shift;
  bool clear = false;                              // "remove the due date"
};

// How a task repeats. The rule is canonical (plugins/calendar/recurrence.hpp); anchor and catch-up are those of the REST API.
struct recurrence {
  enum class anchored { schedule, completion };              // completion: counted from when the person finishes
  enum class missed { skip_to_future, keep, pile_up };
  std::string rrule;                                         // RFC 5545, with RFC 7529 RSCALE and SKIP where a day may be missing
  anchored anchor = anchored::schedule;
  std::optional<missed> catch_up;
  bool operator==(const recurrence&) const = default;
};

struct create_task {
  std::string title;
  std::optional<calendar::due> due;
  std::optional<calendar::instant> instant;        // set with a zoned due whose clock time was skipped or repeated
  std::optional<language::priority> priority;
  std::optional<std::string> project;
  std::vector<std::string> tags;
  std::optional<target> parent;
  std::optional<std::string> description;
  std::vector<reminder> reminders;
  std::optional<recurrence> repeat;                // with it `due` is the first occurrence
  std::optional<std::string> assignee;             // e-mail, name, or "me"
};

enum class sort_key { due, priority, created, updated, title };

struct list_tasks {
  filter::expression where;                        // no status inside means open tasks only
  sort_key sort = sort_key::due;
  bool descending = false;
  std::size_t limit = 0;                           // 0: the usual page
};

struct query_tasks {
  enum class metric { count, completed, due };     // how many / how many finished in [from, to) / when is that due
  metric what = metric::count;
  filter::expression where;                        // count and completed
  std::optional<target> which;                     // due
  std::optional<calendar::civil_date> from, to;    // completed: local days, `to` excluded
};

struct complete_tasks { target which; };
struct reopen_tasks { target which; };
struct remove_tasks { target which; bool everything = false; };   // everything: ask for the count to be typed

struct update_task {
  target which;
  std::optional<std::string> title;
  std::optional<language::priority> priority;
  bool clear_priority = false;
  std::vector<std::string> tags_add, tags_remove;
  std::optional<std::string> project;              // empty string: out of its project
  std::optional<std::string> description;
  bool append_description = false;
  std::vector<reminder> reminders_add;
  bool clear_reminders = false;
  std::optional<std::string> assignee;             // e-mail, name, or "me"; empty string: nobody
  // "and every week": makes it repeat, or changes the whole rule of one that does; apply_repeat (apply.hpp) finds the new due.
  std::optional<recurrence> repeat;
  std::optional<calendar::civil_date> repeat_from; // said: "every week from monday on"
  std::optional<calendar::time_of_day> repeat_at;  // said: "every week at 9"
  bool clear_repeat = false;                       // "stop repeating": this occurrence stays as a plain task
};

// Series. Times of day and rules only; moving one occurrence is reschedule_tasks.
struct series_skip { target which; std::optional<calendar::civil_date> from, to; };   // the occurrence in [from, to), else the next one
struct series_pause { target which; std::optional<calendar::civil_date> until; };     // without: until resumed
struct series_resume { target which; };
enum class series_scope { one, following, all };
struct series_update {
  target which;
  series_scope scope = series_scope::following;
  std::optional<recurrence> repeat;                // apply_repeat (apply.hpp) finds the next due
  std::optional<calendar::civil_date> from;
  std::optional<calendar::time_of_day> time;
};

enum class member_role { viewer, commenter, editor, owner };
struct share_project {
  std::string project, person;                     // person: e-mail address, or a name as the person writes it
  member_role role = member_role::editor;
  bool remove = false;
};

// Again later. The due time stays. Without `which`: the last notification.
struct snooze {
  std::optional<target> which;
  calendar::instant until{};
  calendar::civil_time local{};                    // `until` as the person reads it
};

// Only what was said is set. Times since local midnight.
struct set_preferences {
  struct span { calendar::time_of_day from{}, to{}; };       // may pass midnight
  struct digest_setting { std::string channel, rrule; calendar::time_of_day time{}; };   // channel: email, in_app
  std::optional<span> quiet_hours;
  bool clear_quiet_hours = false;
  std::optional<digest_setting> digest;
  bool clear_digest = false;
  std::optional<std::string> tz, locale;
  std::optional<std::chrono::weekday> week_start;
  std::optional<calendar::period> default_reminder;          // offset for tasks with a time, zero or negative
  bool clear_default_reminder = false;
  std::optional<calendar::time_of_day> morning, afternoon, evening, tonight, eod;
  std::vector<std::string> channels_add, channels_remove;    // email, in_app, webhook
};

// The record of what happened. `from`, `to` are local days, `to` excluded.
struct query_history {
  std::optional<target> which;                     // a task's history, or "who completed report"
  std::string action;                              // task.created, .updated, .completed, .reopened, .deleted; empty: any
  std::optional<calendar::civil_date> from, to;
};

struct reschedule_tasks { target which; language::when to; };   // keeps the time of day when only a date is given
struct undo_last { int count = 1; bool redo = false; };

struct answer {
  enum class kind { yes, no, choice, count };
  kind what = kind::yes;
  int number = 0;                                  // choice: 1-based, -1 is the last; count: the number typed
};

struct smalltalk { enum class kind { greeting, thanks, farewell, help } what = kind::greeting; };
struct unknown {};
struct batch {};                                   // several commands: see understanding::parts

using any_command = std::variant<unknown, create_task, list_tasks, query_tasks, complete_tasks, reopen_tasks, remove_tasks, update_task,
                                 reschedule_tasks, undo_last, answer, smalltalk, batch, series_skip, series_pause, series_resume, series_update, share_project, snooze,
                                 set_preferences, query_history>;

}  // namespace chat::language
