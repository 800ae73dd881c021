// The typed commands a message can become. Targets stay symbolic: whoever executes resolves them against the store.
//
// Plain values. Names and meanings of task fields are those of the REST API.
#pragma once

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
struct unsupported { std::string what; };          // recognised, without effect: recurrence, snooze, share, preferences, audit
struct batch {};                                   // several commands: see understanding::parts

using any_command = std::variant<unknown, create_task, list_tasks, query_tasks, complete_tasks, reopen_tasks, remove_tasks, update_task,
                                 reschedule_tasks, undo_last, answer, smalltalk, unsupported, batch>;

}  // namespace chat::language
