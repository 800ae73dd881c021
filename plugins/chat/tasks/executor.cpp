// Commands on tasks inside a unit of work.
#include "plugins/chat/tasks/executor.hpp"

namespace chat {

executor::executor(store::session& session, evh::unit& unit, const topics& topics, const origin& by)
    : session_(session), unit_(unit), topics_(topics), by_(by) {}

prepared_change prepare_new(const task_patch& fields, const std::optional<uuid>& id, const origin& by, std::int64_t now_ns, std::int32_t place) {
  stored_task made;
  apply(fields, made.value);
  made.value.id = to_text(id ? *id : new_uuid(now_ns));
  made.value.owner = by.subject;
  made.value.version = 1;
  made.value.created_at.value = made.value.updated_at.value = by.now_ms;
  settle(made.value);
  return prepare(std::nullopt, std::move(made), change_kind::created, by, place);
}

stored_task executor::find(const uuid& id) {
  auto found = session_.find_task(id);
  if (!found || found->deleted_at || found->value.owner != by_.subject) throw not_found("task");
  return std::move(*found);
}

project executor::find_project(const uuid& id) {
  auto found = session_.find_project(id);
  if (!found || found->owner != by_.subject) throw not_found("project");
  return std::move(*found);
}

stored_task executor::load(const uuid& id, const precondition& if_match) {
  stored_task found = find(id);
  if (if_match.given && !if_match.any &&
      std::find(if_match.versions.begin(), if_match.versions.end(), found.value.version) == if_match.versions.end())
    throw refusal(412, "precondition-failed", "The task is at version " + std::to_string(found.value.version) +
                                                  " by now: read it again and repeat the change.");
  return found;
}

void executor::check_links(const task& value, const std::optional<task>& before) {
  if (value.project_id && (!before || before->project_id != value.project_id)) {
    const auto found = session_.find_project(parse_uuid(*value.project_id).value());
    if (!found || found->owner != by_.subject)
      throw refusal(404, "not-found", "No project with this id.", {{"/project_id", "not-found", "names no project of yours"}});
  }
  if (value.parent_id && (!before || before->parent_id != value.parent_id)) {
    const field_error at{"/parent_id", "not-found", "names no task of yours"};
    std::optional<std::string> next = value.parent_id;
    for (int depth = 0; next; ++depth) {
      if (*next == value.id || depth == 32)
        throw refusal(422, "validation-failed", "A task cannot be its own ancestor, nor stand deeper than 32 levels.",
                      {{"/parent_id", "invalid", "closes a circle"}});
      const auto parent = session_.find_task(parse_uuid(*next).value());
      if (!parent || parent->value.owner != by_.subject || (depth == 0 && parent->deleted_at))
        throw refusal(404, "not-found", "No task with the parent's id.", {at});
      next = parent->value.parent_id;
    }
  }
}

effect executor::commit(const std::optional<stored_task>& before, const prepared_change& prepared, bool inserting) {
  chat::change row = prepared.row;
  row.restores = restores_;
  row.undoes = undoes_;
  if (!taking_back_.empty()) row.source = taking_back_;
  if (inserting) {
    try {
      session_.insert(prepared.after);
    } catch (const duplicate&) {
      throw refusal(409, "already-exists", "A task with this id exists.", {{"/id", "invalid", "is taken"}});
    }
  } else {
    session_.update(prepared.after);
  }
  session_.insert(row);

  std::vector<evh_record> records(prepared.events.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const outgoing& event = prepared.events[i];
    evh_record& record = records[i];
    record.struct_size = sizeof record;
    record.topic = event.topic == topic_name::task_events ? topics_.task_events
                 : event.topic == topic_name::task_updates ? topics_.task_updates : topics_.reminders;
    record.type = evh::view(event.type);
    record.key = evh::view(prepared.after.value.owner);
    record.payload = evh::view(event.payload);
  }
  unit_.publish(records);
  ++place_;
  return {std::string(evh_schemas::to_text(row.action)), prepared.after.value, before ? before->value.version : 0};
}

effect executor::write(const std::optional<stored_task>& before, stored_task after, change_kind kind) {
  after.value.version = before->value.version + 1;
  after.value.updated_at.value = std::max(by_.now_ms, before->value.updated_at.value);
  return commit(before, prepare(before, std::move(after), kind, by_, place_), false);
}

effect executor::create(const prepared_change& prepared) {
  check_links(prepared.after.value, std::nullopt);
  return commit(std::nullopt, prepared, true);
}

effect executor::update(const uuid& id, const task_patch& patch, const precondition& if_match) {
  const stored_task before = load(id, if_match);
  stored_task after = before;
  apply(patch, after.value);
  settle(after.value);
  std::optional<effect> done;
  if (after.value != before.value) {
    check_links(after.value, before.value);
    done = write(before, std::move(after), change_kind::updated);
  }
  if (patch.status && *patch.status != before.value.status) {
    effect second = set_status(id, *patch.status, {});
    if (done) second.before_version = done->before_version;
    return second;
  }
  if (done) return *done;
  return {"unchanged", before.value, before.value.version};
}

effect executor::set_status(const uuid& id, task_status status, const precondition& if_match) {
  const stored_task before = load(id, if_match);
  if (before.value.status == status) return {"unchanged", before.value, before.value.version};
  stored_task after = before;
  after.value.status = status;
  after.value.completed_at.reset();
  if (status == task_status::completed) after.value.completed_at = instant_ms{by_.now_ms};
  return write(before, std::move(after), status == task_status::completed ? change_kind::completed : change_kind::reopened);
}

effect executor::complete(const uuid& id, const precondition& if_match) { return set_status(id, task_status::completed, if_match); }
effect executor::reopen(const uuid& id, const precondition& if_match) { return set_status(id, task_status::pending, if_match); }

effect executor::remove(const uuid& id, const precondition& if_match) {
  const stored_task before = load(id, if_match);
  stored_task after = before;
  after.deleted_at = by_.now_ms;
  return write(before, std::move(after), change_kind::deleted);
}

// The version whose content a version shows: an undo brings old content back under a new number.
std::int64_t executor::content_of(const uuid& task_id, std::int64_t version) {
  const auto found = session_.find_change(task_id, version);
  return found && found->restores ? *found->restores : version;
}

effect executor::take_back(const change& what) {
  const auto before = session_.find_task(what.task_id);
  if (!before || before->value.owner != by_.subject) throw refusal(409, "undo-conflict", "A task of this change is gone for good.");
  if (content_of(what.task_id, before->value.version) != content_of(what.task_id, what.version))
    throw refusal(409, "undo-conflict", "\"" + before->value.title + "\" was changed since, so this cannot be undone.");
  stored_task after = *before;
  restores_ = what.version > 1 ? content_of(what.task_id, what.version - 1) : 0;
  if (what.action == change_kind::created || what.action == change_kind::restored) {
    after.deleted_at = by_.now_ms;
    return write(before, std::move(after), change_kind::deleted);
  }
  if (what.action == change_kind::deleted) {
    after.deleted_at.reset();
    if (after.value.project_id && !session_.find_project(parse_uuid(*after.value.project_id).value())) after.value.project_id.reset();
    return write(before, std::move(after), change_kind::restored);
  }
  overlay(after.value, what.before);
  if (after.value.project_id && !session_.find_project(parse_uuid(*after.value.project_id).value()))
    throw refusal(409, "undo-conflict", "The project \"" + before->value.title + "\" was in is gone, so this cannot be undone.");
  const bool status_moves = after.value.status != before->value.status;
  return write(before, std::move(after), !status_moves ? change_kind::updated
               : before->value.status == task_status::pending ? change_kind::completed : change_kind::reopened);
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
