// From a task before and after to everything the outside learns of it: the history row and the events. Pure.
//
// Any thread: a new task's change is prepared while the request is thought about, so that the unit only writes.
#pragma once

#include <string_view>

#include "plugins/chat/tasks/values.hpp"

namespace chat {

// Who asks for a change, through which door, and what binds it together.
struct origin {
  std::string subject;
  std::string source;             // rest | chat | undo | redo | recurring
  std::string kind = "user";      // user | system: nobody can undo what the system did
  std::string correlation_id;     // of the request
  uuid group{};                   // one per request: what one undo takes back
  std::int64_t now_ms = 0;
  std::string causation_id;       // of the event that led here
};

enum class topic_name { task_events, task_updates, reminders };

struct outgoing {
  topic_name topic;
  std::string_view type;          // a literal of schemas/events
  std::string payload;
  std::string key;                // empty: the owner; on task_updates everybody who may see the task
};

struct prepared_change {
  stored_task after;
  chat::change row;
  std::vector<outgoing> events;
  bool new_id = false;            // made here for a new task: nobody can have it
};

// before: absent for a new task. `after` comes with version and times set.
prepared_change prepare(const std::optional<stored_task>& before, stored_task after, change_kind kind, const origin& by, std::int32_t place);

// Fields of `json` (an object as change.before holds it) written over a task.
void overlay(task& to, std::string_view json);

}  // namespace chat
