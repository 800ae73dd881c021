// What strangers send as a task: read strictly, every wrong field named by its JSON pointer, nothing unknown let through.
//
// Pure, any thread. Errors: refusal 400 invalid-json, 422 unknown-field or validation-failed with all fields at fault.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "plugins/chat/tasks/refusal.hpp"
#include "plugins/chat/tasks/values.hpp"

namespace chat {

inline constexpr std::size_t title_max = 500;          // characters, as all lengths here
inline constexpr std::size_t description_max = 20'000;
inline constexpr std::size_t tag_max = 50;
inline constexpr std::size_t tags_max = 50;
inline constexpr std::size_t reminders_max = 20;
inline constexpr std::size_t project_name_max = 200;

// The fields of a task that may be set from outside; absent means untouched, an inner absence means cleared.
struct task_patch {
  std::optional<std::string> title, description;
  std::optional<task_status> status;
  std::optional<chat::priority> priority;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::optional<std::string>> project_id, parent_id;
  std::optional<std::optional<chat::due>> due;
  std::optional<std::vector<reminder>> reminders;
  std::optional<std::optional<evh_schemas::recurrence>> recurrence;
  std::optional<std::optional<std::string>> assignee_id;

  bool touches_fields() const {   // besides status
    return title || description || priority || tags || project_id || parent_id || due || reminders || recurrence || assignee_id;
  }
};

struct project_patch {
  std::optional<std::string> name, description;
  std::optional<bool> archived;
};

// The JSON object in a body. 400 invalid-json for anything else.
boost::json::object read_object(std::string_view body);

// id: what the client chose (a UUIDv7), if it did.
task_patch read_new_task(const boost::json::object& body, std::optional<uuid>& id);
task_patch read_task_patch(const boost::json::object& body);
project_patch read_project(const boost::json::object& body, bool creating, std::optional<uuid>& id);

void apply(const task_patch& patch, task& to);          // everything but status
// What only the whole task can tell: a reminder before the due time needs one. Gives reminders their ids.
void settle(task& value);

// Single values, for the chat as well. Empty optional: not valid; `why` says how.
std::optional<std::string> clean_tag(std::string_view text, std::string& why);
std::optional<std::string> clean_title(std::string_view text, std::string& why);

}  // namespace chat
