// Rows to values and back.
#include "plugins/chat/store/rows.hpp"

#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"

namespace chat::rows {

namespace {

odb::nullable<uuid> nullable_id(const std::optional<std::string>& text) {
  if (!text) return {};
  const auto id = parse_uuid(*text);
  return id ? odb::nullable<uuid>(*id) : odb::nullable<uuid>();
}
std::optional<std::string> optional_id(const odb::nullable<uuid>& id) {
  if (id.null()) return std::nullopt;
  return to_text(*id);
}

template <class T> void read_list(std::vector<T>& into, const std::string& json) {
  into.clear();
  if (json != "[]") evh_schemas::json_in::read(into, evh_schemas::parse_json(json), "");
}

std::optional<due> due_of(const task_row& row) {
  due out;
  switch (static_cast<due_kind>(row.due_kind)) {
    case due_kind::none: return std::nullopt;
    case due_kind::date: out.date = row.due_text; break;
    case due_kind::local: out.local = row.due_text; break;
    case due_kind::zoned: out.local = row.due_text; out.tz = row.due_tz; break;
    case due_kind::instant: out.instant = row.due_text; break;
  }
  return out;
}

}  // namespace

void fill(task_row& row, const stored_task& from) {
  const task& value = from.value;
  row.id = parse_uuid(value.id).value();
  row.owner = value.owner;
  row.title = value.title;
  row.description = value.description;
  row.status = static_cast<std::int32_t>(value.status);
  row.priority = static_cast<std::int32_t>(value.priority);
  row.tags.clear();
  evh_schemas::append_json(row.tags, value.tags);
  row.project_id = nullable_id(value.project_id);
  row.parent_id = nullable_id(value.parent_id);
  row.due_kind = static_cast<std::int32_t>(kind_of(value.due));
  row.due_text.clear();
  row.due_tz.clear();
  if (value.due) {
    row.due_text = !value.due->date.empty() ? value.due->date : !value.due->local.empty() ? value.due->local : value.due->instant;
    row.due_tz = value.due->tz;
  }
  row.due_sort = sort_key_of(value.due);
  row.reminders.clear();
  evh_schemas::append_json(row.reminders, value.reminders);
  row.recurrence = value.recurrence ? evh_schemas::to_json(*value.recurrence) : std::string();
  row.version = value.version;
  row.created_at = value.created_at.value;
  row.updated_at = value.updated_at.value;
  if (value.completed_at) row.completed_at = value.completed_at->value;
  else row.completed_at.reset();
  if (value.assignee_id) row.assignee_id = *value.assignee_id;
  else row.assignee_id.reset();
  if (from.deleted_at) row.deleted_at = *from.deleted_at;
  else row.deleted_at.reset();
}

stored_task value_of(const task_row& row) {
  stored_task out;
  task& value = out.value;
  value.id = to_text(row.id);
  value.owner = row.owner;
  value.title = row.title;
  value.description = row.description;
  value.status = static_cast<task_status>(row.status);
  value.priority = static_cast<priority>(row.priority);
  read_list(value.tags, row.tags);
  value.project_id = optional_id(row.project_id);
  value.parent_id = optional_id(row.parent_id);
  value.due = due_of(row);
  read_list(value.reminders, row.reminders);
  if (!row.recurrence.empty()) value.recurrence = evh_schemas::from_json<evh_schemas::recurrence>(std::string_view(row.recurrence));
  value.version = row.version;
  value.created_at.value = row.created_at;
  value.updated_at.value = row.updated_at;
  if (!row.completed_at.null()) value.completed_at = instant_ms{*row.completed_at};
  if (!row.assignee_id.null()) value.assignee_id = *row.assignee_id;
  if (!row.deleted_at.null()) out.deleted_at = *row.deleted_at;
  return out;
}

void fill(history_row& row, const change& from) {
  row.key.task_id = from.task_id;
  row.key.version = from.version;
  row.owner = from.owner;
  row.group_id = from.group;
  row.place = from.place;
  row.action = static_cast<std::int32_t>(from.action);
  row.at = from.at;
  row.actor = from.actor;
  row.source = from.source;
  row.before = from.before;
  row.after = from.after;
  if (from.restores) row.restores = *from.restores;
  else row.restores.reset();
  if (from.undoes) row.undoes = *from.undoes;
  else row.undoes.reset();
  row.undone = from.undone;
}

change value_of(const history_row& row) {
  change out;
  out.task_id = row.key.task_id;
  out.version = row.key.version;
  out.owner = row.owner;
  out.group = row.group_id;
  out.place = row.place;
  out.action = static_cast<change_kind>(row.action);
  out.at = row.at;
  out.actor = row.actor;
  out.source = row.source;
  out.before = row.before;
  out.after = row.after;
  if (!row.restores.null()) out.restores = *row.restores;
  if (!row.undoes.null()) out.undoes = *row.undoes;
  out.undone = row.undone;
  return out;
}

void fill(project_row& row, const project& from) {
  row.id = parse_uuid(from.id).value();
  row.owner = from.owner;
  row.name = from.name;
  row.name_folded = fold(from.name);
  row.description = from.description;
  row.archived = from.archived;
  row.version = from.version;
  row.created_at = from.created_at.value;
  row.updated_at = from.updated_at.value;
}

project value_of(const project_row& row) {
  project out;
  out.id = to_text(row.id);
  out.owner = row.owner;
  out.name = row.name;
  out.description = row.description;
  out.archived = row.archived;
  out.version = row.version;
  out.created_at.value = row.created_at;
  out.updated_at.value = row.updated_at;
  return out;
}

void fill(conversation_row& row, const conversation& from) {
  row.id = from.id;
  row.owner = from.owner;
  row.title = from.title;
  row.messages = from.messages;
  row.created_at = from.created_at;
  row.updated_at = from.updated_at;
  row.state.assign(from.state.begin(), from.state.end());
}

conversation value_of(const conversation_row& row) {
  conversation out;
  out.id = row.id;
  out.owner = row.owner;
  out.title = row.title;
  out.messages = row.messages;
  out.created_at = row.created_at;
  out.updated_at = row.updated_at;
  out.state.assign(row.state.begin(), row.state.end());
  return out;
}

void fill(message_row& row, const message& from) {
  row.key.conversation_id = from.conversation_id;
  row.key.place = from.place;
  row.role = from.role;
  row.text = from.text;
  row.intent = from.intent;
  row.at = from.at;
}

message value_of(const message_row& row) {
  return {row.key.conversation_id, row.key.place, row.role, row.text, row.intent, row.at};
}

}  // namespace chat::rows
