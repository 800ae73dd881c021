// Lists of tasks: a filter becomes SQL that picks ids in order, ODB loads them. Used by REST and chat.
//
// Raw SQL because the shape depends on the filter: ODB would keep one prepared statement per shape for ever. Only ids and
// sort keys are read here; every shape starts from one person or one project, and the usual ones walk an index in the order
// asked for. Rights are checked before (a project of the list must be one the person may read).
// Any thread, inside a unit or a read. Errors: refusal 400 invalid-cursor, 422 for a filter that is none.
#pragma once

#include <evh/evh.hpp>

#include "plugins/chat/language/filter.hpp"
#include "plugins/chat/store/people.hpp"
#include "plugins/chat/store/store.hpp"
#include "plugins/chat/tasks/tokens.hpp"

namespace chat {

enum class sort_by { created, updated, due, priority, title };

// own: made by the person or given to them. visible: everything in their projects as well.
enum class list_scope { own, visible };

struct task_list {
  std::string owner;                                    // who asks
  list_scope scope = list_scope::own;                   // without `project`; with it: everything that stands there
  std::optional<language::filter::expression> where;   // a filter that names no status means open tasks only
  std::optional<task_status> status;
  std::optional<chat::priority> priority;
  std::optional<uuid> project, parent;
  std::vector<std::string> tags;                        // all of them
  std::optional<std::string> search;                    // in title and description, without case
  std::optional<std::string> title;                     // exactly this title, without case
  std::vector<std::string> title_words;                 // words of the title begin with each of them
  std::optional<calendar::civil_date> due_from, due_before;   // local days of the person, `before` excluded
  sort_by sort = sort_by::created;
  bool descending = true;
  std::size_t limit = 50;
  std::string tz = "UTC";                               // what "today" and dates mean
  std::int64_t now_ms = 0;
};

struct list_position {
  std::vector<std::int64_t> numbers;
  std::string text;
  uuid id{};
};

struct id_page {
  std::vector<uuid> ids;
  std::optional<list_position> next;                    // where the next page begins; nothing: this was the last
};

// A filter that asks for a project (`#work`) means all of that project: sets `project` when the person has one of that name.
void settle_project(evh::unit& unit, task_list& what);

std::string escape_like(std::string_view text);

id_page list_ids(evh::unit& unit, const task_list& what, const std::optional<list_position>& after = std::nullopt);
std::int64_t count_tasks(evh::unit& unit, const task_list& what);
std::vector<task> load_tasks(store::session& session, const std::vector<uuid>& ids);

// Completed in [from, to), local days.
std::int64_t count_completed(evh::unit& unit, const task_list& what, calendar::civil_date from, calendar::civil_date to);

}  // namespace chat
