// Taking back what one request did.
#include "plugins/chat/tasks/executor.hpp"

namespace chat {

// The version whose content a version shows: an undo brings old content back under a new number.
std::int64_t executor::content_of(const uuid& task_id, std::int64_t version) {
  const auto found = session_.find_change(task_id, version);
  return found && found->restores ? *found->restores : version;
}

namespace {

refusal conflict(std::string detail) { return {409, "undo-conflict", std::move(detail)}; }

}  // namespace

effect executor::take_back(const change& what) {
  const auto before = session_.find_task(what.task_id);
  if (!before || access_.on(before->value) == role::none) throw conflict("A task of this change is gone for good.");
  const std::string title = "\"" + before->value.title + "\"";
  const bool deletes = what.action == change_kind::created || what.action == change_kind::restored;
  if (!access_.may(deletes ? action::delete_task : action::update_task, before->value)) throw conflict("You may not change " + title + " any more, so this cannot be undone.");
  if (content_of(what.task_id, before->value.version) != content_of(what.task_id, what.version))
    throw conflict(title + " was changed since, so this cannot be undone.");
  stored_task after = *before;
  restores_ = what.version > 1 ? content_of(what.task_id, what.version - 1) : 0;
  if (deletes) {
    after.deleted_at = by_.now_ms;
    return write(before, std::move(after), change_kind::deleted);
  }
  if (what.action == change_kind::deleted) {
    after.deleted_at.reset();
    if (after.value.project_id && !session_.find_project(parse_uuid(*after.value.project_id).value())) after.value.project_id.reset();
    return write(before, std::move(after), change_kind::restored);
  }
  overlay(after.value, what.before);
  if (after.value.project_id != before->value.project_id) {
    if (after.value.project_id && !session_.find_project(parse_uuid(*after.value.project_id).value()))
      throw conflict("The project " + title + " was in is gone, so this cannot be undone.");
    if (!after.value.project_id && before->value.owner != access_.subject()) throw conflict(title + " is somebody else's by now, so this cannot be undone.");
    check_project(after.value, before->value);
  }
  const bool status_moves = after.value.status != before->value.status;
  const auto kind = !status_moves ? change_kind::updated : before->value.status == task_status::pending ? change_kind::completed : change_kind::reopened;
  effect done = write(before, std::move(after), kind);
  if (kind == change_kind::reopened && done.value.recurrence) {
    restores_.reset();
    withdraw_successors(*before);
  }
  return done;
}

std::vector<effect> executor::undo(const uuid& group) {
  const auto changes = session_.changes_of(by_.subject, group);
  if (changes.empty()) throw refusal(404, "not-found", "There is nothing to undo under this token any more.");
  if (changes.front().undone) throw refusal(409, "already-undone", "This was undone before.");
  const bool redo = changes.front().undoes.has_value();
  if (!redo) undoes_ = group;   // taking an undo back is a change like any other
  taking_back_ = redo ? "redo" : "undo";
  std::vector<effect> done;
  for (auto each = changes.rbegin(); each != changes.rend(); ++each) {
    done.push_back(take_back(*each));
    for (auto& also : take_also()) done.push_back(std::move(also));
    chat::change marked = *each;
    marked.undone = true;
    session_.update(marked);
  }
  restores_.reset();
  undoes_.reset();
  taking_back_.clear();
  return done;
}

std::optional<uuid> executor::last_group(bool redo) { return session_.last_group(by_.subject, redo); }

}  // namespace chat
