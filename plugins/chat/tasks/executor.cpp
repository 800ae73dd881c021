// Commands on tasks inside a unit of work. Series and task-commands stand in series_commands.cpp, undo in undo.cpp.
#include "plugins/chat/tasks/executor.hpp"

#include <algorithm>

#include "plugins/chat/tasks/series.hpp"
#include "schemas/events/task_events.hpp"
#include "schemas/events/task_updates.hpp"

namespace chat {

executor::executor(store::session& session, evh::unit& unit, const topics& topics, const origin& by, std::string acting_for)
    : session_(session), unit_(unit), topics_(topics), by_(by), access_(unit, acting_for.empty() ? by.subject : std::move(acting_for)) {}

prepared_change prepare_new(const task_patch& fields, const std::optional<uuid>& id, const origin& by, std::int64_t now_ns, std::int32_t place,
                            const std::optional<calendar::civil_date>& today) {
  stored_task made;
  apply(fields, made.value);
  made.value.id = to_text(id ? *id : new_uuid(now_ns));
  made.value.owner = by.subject;
  made.value.version = 1;
  made.value.created_at.value = made.value.updated_at.value = by.now_ms;
  if (made.value.recurrence) start_series(made.value, today.value_or(calendar::date_of(calendar::civil_time{std::chrono::seconds{by.now_ms / 1000}})), {});
  settle(made.value);
  prepared_change out = prepare(std::nullopt, std::move(made), change_kind::created, by, place);
  out.new_id = !id;
  return out;
}

stored_task executor::find(const uuid& id) {
  auto found = session_.find_task(id);
  if (!found || found->deleted_at) throw not_found("task");
  access_.require(action::read, found->value);
  return std::move(*found);
}

project executor::find_project(const uuid& id) {
  access_.require(action::read, id);
  auto found = session_.find_project(id);
  if (!found) throw not_found("project");
  return std::move(*found);
}

stored_task executor::load(const uuid& id, action what, const precondition& if_match) {
  stored_task found = find(id);
  access_.require(what, found.value);
  if (if_match.given && !if_match.any &&
      std::find(if_match.versions.begin(), if_match.versions.end(), found.value.version) == if_match.versions.end())
    throw refusal(412, "precondition-failed", "The task is at version " + std::to_string(found.value.version) +
                                                  " by now: read it again and repeat the change.");
  return found;
}

// A task stands where whoever moves it may add tasks, and belongs to somebody who sees it there.
void executor::check_project(task& value, const std::optional<task>& before) {
  const bool moves = !before ? value.project_id.has_value() : before->project_id != value.project_id;
  if (moves && before && before->project_id && !value.project_id) access_.require(action::take_task_out, *before);
  if (moves && value.project_id) {
    const uuid project = parse_uuid(*value.project_id).value();
    access_.require(action::create_task, project, "/project_id");
    if (!access_.is_member(project, value.owner)) value.owner = session_.find_project(project).value().owner;
  }
  const bool assigned_anew = value.assignee_id && (!before || before->assignee_id != value.assignee_id);
  if (!value.assignee_id || !(moves || assigned_anew)) return;
  if (value.project_id && access_.is_member(parse_uuid(*value.project_id).value(), *value.assignee_id)) return;
  if (!assigned_anew) return value.assignee_id.reset();
  throw refusal(422, "validation-failed", value.project_id ? "Only a member of the project can be given its tasks." : "Only a task in a project can be given to somebody.",
                {{"/assignee_id", "invalid", "must be a member of the task's project"}});
}

void executor::check_parent(const task& value) {
  const field_error at{"/parent_id", "not-found", "names no task you can see"};
  std::optional<std::string> next = value.parent_id;
  for (int depth = 0; next; ++depth) {
    if (*next == value.id || depth == 32)
      throw refusal(422, "validation-failed", "A task cannot be its own ancestor, nor stand deeper than 32 levels.",
                    {{"/parent_id", "invalid", "closes a circle"}});
    const auto parent = session_.find_task(parse_uuid(*next).value());
    if (!parent || (depth == 0 && parent->deleted_at)) throw refusal(404, "not-found", "No task with the parent's id.", {at});
    if (depth == 0) access_.require(action::update_task, parent->value, "/parent_id");
    next = parent->value.parent_id;
  }
}

void executor::check_links(task& value, const std::optional<task>& before) {
  if (value.project_id || value.assignee_id || (before && before->project_id)) check_project(value, before);
  if (value.parent_id && (!before || before->parent_id != value.parent_id)) check_parent(value);
}

// Everybody who sees the change hears of it; whoever saw the task before and does not any more hears that it is gone.
void executor::publish(const std::optional<stored_task>& before, const prepared_change& prepared) {
  const task& now = prepared.after.value;
  const auto viewers = access_.viewers(now);
  std::vector<evh_record> records;
  records.reserve(prepared.events.size() + viewers.size());
  const auto add = [&](std::uint32_t topic, std::string_view type, std::string_view key, std::string_view payload) {
    evh_record& record = records.emplace_back();
    record.struct_size = sizeof record;
    record.topic = topic;
    record.type = evh::view(type);
    record.key = evh::view(key);
    record.payload = evh::view(payload);
  };
  for (const outgoing& event : prepared.events) {
    if (event.topic == topic_name::task_updates)
      for (const auto& viewer : viewers) add(topics_.task_updates, event.type, viewer, event.payload);
    else
      add(event.topic == topic_name::task_events ? topics_.task_events : topics_.reminders, event.type, event.key.empty() ? now.owner : event.key, event.payload);
  }
  std::vector<std::string> past;
  std::string gone;
  if (before && (before->value.project_id != now.project_id || before->value.owner != now.owner)) {
    past = access_.viewers(before->value);
    std::erase_if(past, [&](const std::string& each) { return std::find(viewers.begin(), viewers.end(), each) != viewers.end(); });
    gone = evh_schemas::to_json(evh_schemas::task_update{"deleted", now.id, now.version, std::nullopt, {by_.subject, by_.kind, by_.source}, by_.correlation_id});
    for (const auto& each : past) add(topics_.task_updates, evh_schemas::type::task_deleted, each, gone);
  }
  unit_.publish(records);
}

effect executor::commit(const std::optional<stored_task>& before, const prepared_change& prepared, bool inserting) {
  chat::change row = prepared.row;
  row.restores = restores_;
  row.undoes = undoes_;
  if (!taking_back_.empty()) row.source = taking_back_;
  if (!undoable_) row.owner.clear();
  if (inserting) {
    try {
      session_.insert(prepared.after, prepared.new_id);
    } catch (const duplicate&) {
      throw refusal(409, "already-exists", "A task with this id exists.", {{"/id", "invalid", "is taken"}});
    }
  } else {
    session_.update(prepared.after);
  }
  session_.insert(row);
  publish(before, prepared);
  ++place_;
  return {std::string(evh_schemas::to_text(row.action)), prepared.after.value, before ? before->value.version : 0};
}

effect executor::write(const std::optional<stored_task>& before, stored_task after, change_kind kind) {
  after.value.version = before->value.version + 1;
  after.value.updated_at.value = std::max(by_.now_ms, before->value.updated_at.value);
  // A snooze belongs to the due it was made for: another due, or an end, and it means nothing any more.
  if (taking_back_.empty() && (after.value.due != before->value.due || after.value.status == task_status::completed))
    std::erase_if(after.value.reminders, [](const reminder& each) { return !each.snooze_of.empty(); });
  if (before->value.recurrence || after.value.recurrence) keep_series(before, after, kind);
  return commit(before, prepare(before, std::move(after), kind, by_, place_), false);
}

effect executor::create(const prepared_change& prepared) {
  task checked = prepared.after.value;
  check_links(checked, std::nullopt);
  effect done = commit(std::nullopt, prepared, true);
  if (prepared.after.value.recurrence) {
    stored_task made = prepared.after;
    begin_series(made);
  }
  return done;
}

effect executor::update(const uuid& id, const task_patch& patch, const precondition& if_match) {
  const bool only_status = patch.status && !patch.touches_fields();
  const stored_task before = load(id, only_status ? action::complete_task : action::update_task, if_match);
  stored_task after = before;
  apply(patch, after.value);
  if (patch.recurrence)
    change_recurrence(before.value, after.value, *patch.recurrence, calendar::date_of(calendar::civil_time{std::chrono::seconds{by_.now_ms / 1000}}));
  if (after.value.recurrence && !after.value.due)
    throw refusal(422, "validation-failed", "A task that repeats needs a due: end the repetition first, or move the due.",
                  {{"/due", "invalid", "is needed while the task repeats"}});
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
  const stored_task before = load(id, action::complete_task, if_match);
  if (before.value.status == status) return {"unchanged", before.value, before.value.version};
  stored_task after = before;
  after.value.status = status;
  after.value.completed_at.reset();
  if (status == task_status::completed) after.value.completed_at = instant_ms{by_.now_ms};
  effect done = write(before, std::move(after), status == task_status::completed ? change_kind::completed : change_kind::reopened);
  if (done.op == "reopened" && done.value.recurrence) withdraw_successors(before);
  return done;
}

effect executor::complete(const uuid& id, const precondition& if_match) { return set_status(id, task_status::completed, if_match); }
effect executor::reopen(const uuid& id, const precondition& if_match) { return set_status(id, task_status::pending, if_match); }

effect executor::remove(const uuid& id, const precondition& if_match) {
  const stored_task before = load(id, action::delete_task, if_match);
  stored_task after = before;
  after.deleted_at = by_.now_ms;
  return write(before, std::move(after), change_kind::deleted);
}

effect executor::snooze(const uuid& id, std::int64_t until_ms, const std::string& notification_id, const precondition& if_match) {
  const stored_task before = load(id, action::update_task, if_match);
  if (before.value.status == task_status::completed) throw refusal(409, "already-completed", "\"" + before.value.title + "\" is done: there is nothing to be reminded of.");
  if (until_ms <= by_.now_ms) throw refusal(422, "validation-failed", "The time to be reminded again lies in the past.", {{"/until", "invalid", "lies in the past"}});
  stored_task after = before;
  std::erase_if(after.value.reminders, [](const reminder& each) { return !each.snooze_of.empty(); });   // one snooze at a time
  if (after.value.reminders.size() >= reminders_max) throw refusal(422, "validation-failed", "A task holds at most 20 reminders.");
  reminder again;
  again.at.emplace();
  again.at->instant = calendar::format_instant(calendar::instant{std::chrono::seconds{until_ms / 1000}});
  again.snooze_of = notification_id.empty() ? before.value.id : notification_id;
  after.value.reminders.push_back(std::move(again));
  settle(after.value);
  return write(before, std::move(after), change_kind::updated);
}

void executor::hand_over(const uuid& project, const std::string& who, const std::string& heir) {
  undoable_ = false;   // memberships are not taken back by undo, so what follows from them is not either
  std::vector<uuid> ids;
  unit_.query("SELECT id FROM chat_task WHERE project_id = $1 AND deleted_at IS NULL AND (owner = $2 OR assignee_id = $2) ORDER BY id",
              {evh::value::blob(bytes_of(project)), who}, [&](const evh::row& row) { ids.push_back(uuid_of(row.text(0))); });
  for (const auto& id : ids) {
    const auto before = session_.find_task(id);
    stored_task after = *before;
    if (after.value.owner == who) after.value.owner = heir;
    if (after.value.assignee_id == who) after.value.assignee_id.reset();
    write(before, std::move(after), change_kind::updated);
  }
  undoable_ = true;
}

}  // namespace chat
