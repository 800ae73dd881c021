// What a request did, as answers show it: one entry per task.
#pragma once

#include <vector>

#include "plugins/chat/tasks/executor.hpp"

namespace chat {

struct effect_item {
  std::string op, task_id, title;
  std::int64_t before_version = 0, after_version = 0;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("op", self.op);
    visit.required("task_id", self.task_id);
    visit.required("title", self.title);
    visit.required("before_version", self.before_version);
    visit.required("after_version", self.after_version);
  }
};

inline std::vector<effect_item> effects_of(const std::vector<effect>& done) {
  std::vector<effect_item> out;
  for (const auto& each : done) out.push_back({each.op, each.value.id, each.value.title, each.before_version, each.value.version});
  return out;
}

}  // namespace chat
