// The one way tasks change, whoever asks: REST, chat and undo all come here. Lives inside one unit of work.
//
// Every command checks before it writes, so a refusal leaves the unit usable (a chat message with three commands goes on).
// Others' tasks do not exist: 404. Errors: refusal.
#pragma once

#include <evh/evh.hpp>

#include "plugins/chat/store/store.hpp"
#include "plugins/chat/tasks/changes.hpp"
#include "plugins/chat/tasks/input.hpp"

namespace chat {

// The topics' numbers in this process.
struct topics {
  std::uint32_t task_events = 0, task_updates = 0, reminders = 0;
};

// What a command did.
struct effect {
  std::string op;                            // created | updated | completed | reopened | deleted | restored | unchanged
  task value;                                // after it
  std::int64_t before_version = 0;           // 0: did not exist
};

// What If-Match asked for.
struct precondition {
  bool given = false, any = false;
  std::vector<std::int64_t> versions;
};

class executor {
 public:
  executor(store::session& session, evh::unit& unit, const topics& topics, const origin& by);

  effect create(const prepared_change& prepared);                       // prepared by prepare_new()
  effect update(const uuid& id, const task_patch& patch, const precondition& if_match = {});
  effect complete(const uuid& id, const precondition& if_match = {});
  effect reopen(const uuid& id, const precondition& if_match = {});
  effect remove(const uuid& id, const precondition& if_match = {});

  // Takes a whole group back, or nothing of it: 404 unknown, 409 already-undone, 409 undo-conflict naming the task.
  std::vector<effect> undo(const uuid& group);
  // The newest group that undo (or redo) would take, or none.
  std::optional<uuid> last_group(bool redo);

  stored_task find(const uuid& id);           // own and not in the trash, else 404
  project find_project(const uuid& id);

 private:
  stored_task load(const uuid& id, const precondition& if_match);
  void check_links(const task& value, const std::optional<task>& before);
  effect write(const std::optional<stored_task>& before, stored_task after, change_kind kind);
  effect commit(const std::optional<stored_task>& before, const prepared_change& prepared, bool inserting);
  effect set_status(const uuid& id, task_status status, const precondition& if_match);
  effect take_back(const change& what);
  std::int64_t content_of(const uuid& task_id, std::int64_t version);

  store::session& session_;
  evh::unit& unit_;
  const topics& topics_;
  const origin& by_;
  std::int32_t place_ = 0;
  std::optional<std::int64_t> restores_;       // while taking back
  std::optional<uuid> undoes_;
  std::string taking_back_;                    // undo | redo: what the history calls the door, whoever opened it
};

// A new task with its events, before any unit exists.
prepared_change prepare_new(const task_patch& fields, const std::optional<uuid>& id, const origin& by, std::int64_t now_ns, std::int32_t place = 0);

}  // namespace chat
