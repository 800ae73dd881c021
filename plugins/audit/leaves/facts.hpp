// What the log wants to know of a payload: who acted and on what. One pass over the JSON, without a tree.
//
// The trail takes every event, so nothing here refuses: text that is no JSON simply yields no facts from where it stops
// making sense. Views point into the payload or into `decoded`. Any thread.
#pragma once
#include <forward_list>
#include <string>
#include <string_view>

namespace audit {

struct facts {
  std::string_view actor;    // actor.id, actor_id
  std::string_view task;     // task.id, task_id
  std::string_view project;  // project.id, project_id of events about projects
  std::string_view user;     // user_id
  std::string_view object;   // object of audit events: "user:...", "route:..."
  std::forward_list<std::string> decoded;  // texts that had escapes
};

facts facts_of(std::string_view payload);

}  // namespace audit
