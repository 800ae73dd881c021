// The one way tasks change, whoever asks: REST, chat, undo and task-commands all come here. Lives inside one unit of work.
//
// Every command checks before it writes, so a refusal leaves the unit usable (a chat message with three commands goes on).
// What may not be read does not exist: 404; what may be read and not done: 403 (access.hpp). Errors: refusal.
#pragma once

#include <evh/evh.hpp>

#include "plugins/calendar/civil.hpp"
#include "plugins/chat/store/series.hpp"
#include "plugins/chat/store/store.hpp"
#include "plugins/chat/tasks/access.hpp"
#include "plugins/chat/tasks/changes.hpp"
#include "plugins/chat/tasks/input.hpp"
#include "schemas/events/task_commands.hpp"

namespace chat {

// The topics' numbers in this process.
struct topics {
  std::uint32_t task_events = 0, task_updates = 0, reminders = 0, user_events = 0;
};

// What a command did.
struct effect {
  std::string op;                            // created | updated | completed | reopened | deleted | restored | withdrawn | unchanged
  task value;                                // after it
  std::int64_t before_version = 0;           // 0: did not exist
};

// What If-Match asked for.
struct precondition {
  bool given = false, any = false;
  std::vector<std::int64_t> versions;
};

// A change of a series. following: the rule counts from the open occurrence on; all: from the series' first day, and the open
// task moves to the first occurrence of the new rule.
enum class series_scope { following, all };
struct series_patch {
  std::optional<std::string> rrule;
  std::optional<evh_schemas::recurrence_anchor> anchor;
  std::optional<evh_schemas::catch_up> catch_up;
  std::optional<chat::due> start;            // where the open occurrence stands from now on; none: the rule says
  series_scope scope = series_scope::following;
};

class executor {
 public:
  // acting_for: whose rights count; empty: those of by.subject.
  executor(store::session& session, evh::unit& unit, const topics& topics, const origin& by, std::string acting_for = {});

  effect create(const prepared_change& prepared);                       // prepared by prepare_new()
  effect update(const uuid& id, const task_patch& patch, const precondition& if_match = {});
  effect complete(const uuid& id, const precondition& if_match = {});
  effect reopen(const uuid& id, const precondition& if_match = {});
  effect remove(const uuid& id, const precondition& if_match = {});

  // A child reminder at `until`; the due stays. 422 when it lies in the past, 409 when the task is done.
  effect snooze(const uuid& id, std::int64_t until_ms, const std::string& notification_id, const precondition& if_match = {});

  // Series, by any open task of theirs. 422 not-repeating; 409 series-over, series-elsewhere.
  // skip: the open occurrence; with days [from, to) the occurrence there, which may lie ahead.
  effect skip(const uuid& id, const std::optional<calendar::civil_date>& from = {}, const std::optional<calendar::civil_date>& to = {});
  effect pause(const uuid& id, const std::optional<calendar::civil_date>& until);
  effect resume(const uuid& id);
  effect change_series(const uuid& id, const series_patch& patch);
  effect end_series(const uuid& id);          // the task stays, without recurrence

  // task-commands: what another plugin asks for. False: stale, a repeat, or not true any more; nothing was done.
  bool create_successor(const evh_schemas::create_task_command& command);
  bool withdraw(const evh_schemas::withdraw_task_command& command);

  // Takes a whole group back, or nothing of it: 404 unknown, 409 already-undone, 409 undo-conflict naming the task.
  std::vector<effect> undo(const uuid& group);
  // The newest group that undo (or redo) would take, or none.
  std::optional<uuid> last_group(bool redo);

  stored_task find(const uuid& id);           // visible and not in the trash, else 404
  project find_project(const uuid& id);       // visible, else 404
  chat::access& access() { return access_; }
  const chat::topics& where() const { return topics_; }

  // What the last commands did besides what they were asked for, and what is worth saying about it; empties both.
  std::vector<effect> take_also() { return std::exchange(also_, {}); }
  std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

  // Hands every task of the project that `who` made to `heir`, and takes assignments from `who`.
  void hand_over(const uuid& project, const std::string& who, const std::string& heir);

 private:
  stored_task load(const uuid& id, action what, const precondition& if_match);
  void check_links(task& value, const std::optional<task>& before);
  void check_project(task& value, const std::optional<task>& before);
  void check_parent(const task& value);
  effect write(const std::optional<stored_task>& before, stored_task after, change_kind kind);
  effect commit(const std::optional<stored_task>& before, const prepared_change& prepared, bool inserting);
  void publish(const std::optional<stored_task>& before, const prepared_change& prepared);
  effect set_status(const uuid& id, task_status status, const precondition& if_match);
  effect take_back(const change& what);
  std::int64_t content_of(const uuid& task_id, std::int64_t version);

  // series
  void keep_series(const std::optional<stored_task>& before, stored_task& after, change_kind kind);
  void begin_series(stored_task& task);
  void withdraw_successors(const stored_task& predecessor);
  bool untouched(const stored_task& task);
  std::pair<stored_task, stored_series> open_series(const uuid& id);

  store::session& session_;
  evh::unit& unit_;
  const topics& topics_;
  const origin& by_;
  chat::access access_;
  std::int32_t place_ = 0;
  std::optional<std::int64_t> restores_;       // while taking back
  std::optional<uuid> undoes_;
  bool undoable_ = true;
  std::string taking_back_;                    // undo | redo: what the history calls the door, whoever opened it
  std::vector<effect> also_;
  std::vector<std::string> notices_;
};

// A new task with its events, before any unit exists. Recurring ones get their due and their place in the new series here:
// `today` is the person's local day.
prepared_change prepare_new(const task_patch& fields, const std::optional<uuid>& id, const origin& by, std::int64_t now_ns, std::int32_t place = 0,
                            const std::optional<calendar::civil_date>& today = {});

}  // namespace chat
