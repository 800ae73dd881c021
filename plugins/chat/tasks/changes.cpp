// History rows and events of a change.
#include "plugins/chat/tasks/changes.hpp"

#include "schemas/events/reminder_events.hpp"
#include "schemas/events/task_events.hpp"
#include "schemas/events/task_updates.hpp"

namespace chat {

namespace {

namespace es = evh_schemas;

bool is_content(std::string_view field) {
  return field != "id" && field != "owner" && field != "version" && field != "created_at" && field != "updated_at";
}

// The fields of a task as JSON texts, in one string with marks: two of them are compared field by field.
class field_texts {
 public:
  explicit field_texts(const task& of) { task::fields(*this, of); }
  template <class T> void required(std::string_view name, const T& value) {
    if (!is_content(name)) return;
    const std::size_t begin = text_.size();
    es::append_json(text_, value);
    marks_.push_back({name, begin, text_.size() - begin});
  }
  struct mark {
    std::string_view name;
    std::size_t begin, length;
  };
  const std::vector<mark>& marks() const { return marks_; }
  std::string_view of(const mark& m) const { return std::string_view(text_).substr(m.begin, m.length); }

 private:
  std::string text_;
  std::vector<mark> marks_;
};

struct difference {
  std::string before = "{", after = "{";
  std::vector<std::string> names;
};

difference compare(const task& before, const task& after) {
  const field_texts was(before), is(after);
  difference out;
  for (std::size_t i = 0; i < was.marks().size(); ++i) {
    const auto& mark = was.marks()[i];
    const std::string_view old_text = was.of(mark), new_text = is.of(is.marks()[i]);
    if (old_text == new_text) continue;
    const auto add = [&](std::string& into, std::string_view value) {
      if (into.size() > 1) into += ',';
      into += '"';
      into += mark.name;
      into += "\":";
      into += value;
    };
    add(out.before, old_text);
    add(out.after, new_text);
    out.names.emplace_back(mark.name);
  }
  out.before += '}';
  out.after += '}';
  return out;
}

bool reminds(const stored_task& task) {
  return !task.deleted_at && task.value.status == task_status::pending && !task.value.reminders.empty();
}

bool same_reminding(const task& a, const task& b) {
  return a.reminders == b.reminders && a.due == b.due && a.title == b.title && a.priority == b.priority && a.project_id == b.project_id;
}

void add_reminder_events(prepared_change& out, const std::optional<stored_task>& before, const es::actor& actor, const origin& by) {
  const bool did = before && reminds(*before);
  const stored_task& now = out.after;
  const bool moved = before && before->value.owner != now.value.owner;   // into other hands
  if (did && moved) {
    const es::reminder_cancelled event{before->value.owner, now.value.id, now.value.version, "removed", actor, by.correlation_id};
    out.events.push_back({topic_name::reminders, es::type::reminder_cancelled, es::to_json(event), before->value.owner});
  }
  if (reminds(now)) {
    if (did && !moved && same_reminding(before->value, now.value)) return;
    const task& t = now.value;
    const es::reminder_scheduled event{t.owner, t.id, t.version, t.title, t.priority, t.project_id, t.due, t.reminders, actor, by.correlation_id};
    out.events.push_back({topic_name::reminders, es::type::reminder_scheduled, es::to_json(event), {}});
  } else if (did && !moved) {
    const char* why = now.deleted_at ? "deleted" : now.value.status == task_status::completed ? "completed" : "removed";
    const es::reminder_cancelled event{now.value.owner, now.value.id, now.value.version, why, actor, by.correlation_id};
    out.events.push_back({topic_name::reminders, es::type::reminder_cancelled, es::to_json(event), {}});
  }
}

struct naming {
  std::string_view type, update;
};
naming names_of(change_kind kind) {
  switch (kind) {
    case change_kind::updated: return {es::type::task_updated, "updated"};
    case change_kind::completed: return {es::type::task_completed, "completed"};
    case change_kind::reopened: return {es::type::task_reopened, "reopened"};
    case change_kind::deleted: return {es::type::task_deleted, "deleted"};
    case change_kind::created:
    case change_kind::restored: break;   // for everybody else a task that came back is a task that came
  }
  return {es::type::task_created, "created"};
}

}  // namespace

prepared_change prepare(const std::optional<stored_task>& before, stored_task after, change_kind kind, const origin& by, std::int32_t place) {
  prepared_change out;
  out.after = std::move(after);
  const task& value = out.after.value;
  const naming named = names_of(kind);
  difference changed;
  if (before && kind != change_kind::deleted && kind != change_kind::restored) changed = compare(before->value, value);
  else changed.before = changed.after = "{}";

  out.row = {parse_uuid(value.id).value(), value.version, by.kind == "user" ? by.subject : std::string(), by.group, place, kind, by.now_ms, by.subject, by.source,
             changed.before, changed.after, std::nullopt, std::nullopt, false};

  es::actor actor{by.subject, by.kind, by.source};
  es::task_event event;
  event.task = value;
  if (kind == change_kind::updated && before) {
    event.before = before->value;
    event.changed = changed.names;
    if (before->value.owner != value.owner) event.changed.emplace_back("owner");   // no content: undo leaves it alone
  }
  event.actor = actor;
  event.correlation_id = by.correlation_id;
  event.causation_id = by.causation_id;
  out.events.push_back({topic_name::task_events, named.type, es::to_json(event), {}});

  es::task_update update{std::string(named.update), value.id, value.version, std::nullopt, actor, by.correlation_id};
  if (kind != change_kind::deleted) update.task = std::move(event.task);
  out.events.push_back({topic_name::task_updates, named.type, es::to_json(update), {}});

  add_reminder_events(out, before, actor, by);
  return out;
}

namespace {
class present_fields {
 public:
  explicit present_fields(const boost::json::object& from) : from_(from) {}
  template <class T> void required(std::string_view name, T& into) {
    if (!is_content(name)) return;
    if (const auto* found = from_.if_contains(name)) es::json_in::read(into, *found, std::string(name));
  }

 private:
  const boost::json::object& from_;
};
}  // namespace

void overlay(task& to, std::string_view json) {
  const auto parsed = es::parse_json(json);
  present_fields fields(parsed.as_object());
  task::fields(fields, to);
}

}  // namespace chat
