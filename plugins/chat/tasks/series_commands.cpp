// Commands on series, and what other plugins ask for. The task that stands for a series carries its rule; the row of the
// series says which task that is and which version counts.
#include "plugins/chat/tasks/executor.hpp"
#include "plugins/chat/tasks/series.hpp"

namespace chat {

namespace {

uuid id_of(const task& value) { return parse_uuid(value.id).value(); }
uuid series_id_of(const evh_schemas::recurrence& rule) { return parse_uuid(rule.series_id).value_or(uuid{}); }

refusal elsewhere() { return {409, "series-elsewhere", "The series goes on in another task: change that one."}; }

std::string when(const task& value) { return value.recurrence ? value.recurrence->occurrence : std::string(); }

}  // namespace

// The first task of a series made known; its recurrence is complete (start_series).
void executor::begin_series(stored_task& made) {
  auto& rule = *made.value.recurrence;
  const uuid id = series_id_of(rule), task_id = id_of(made.value);
  const auto known = find_series(unit_, id);
  if (known) rule.series_version = known->version + 1;   // it had ended, and begins again
  put_series(unit_, {id, made.value.owner, rule.series_version, false, rule, task_id, by_.now_ms});
  put_occurrence(unit_, {id, rule.occurrence, task_id, std::nullopt, false});
}

// Called by every write of a task that repeats or did: keeps the rows of the series with it. Undo comes through here as well.
void executor::keep_series(const std::optional<stored_task>& before, stored_task& after, change_kind kind) {
  const auto& was = before->value.recurrence;
  auto& is = after.value.recurrence;
  const uuid task_id = id_of(after.value);
  if (kind == change_kind::deleted || kind == change_kind::restored) {
    auto series = is ? find_series(unit_, series_id_of(*is)) : std::nullopt;
    if (!series) return;
    auto place = find_occurrence(unit_, series->id, is->occurrence);
    if (kind == change_kind::restored && place && place->task == task_id && place->withdrawn) {
      place->withdrawn = false;
      put_occurrence(unit_, *place);
      series->task = task_id;
      series->rule = *is;
    } else if (series->task == task_id) {
      series->ended = kind == change_kind::deleted;   // without its task nothing would ever come again
    } else {
      return;
    }
    return put_series(unit_, *series);
  }
  const bool handed = before->value.owner != after.value.owner;
  if (was == is && !handed) return;
  if (!was) return begin_series(after);
  auto series = find_series(unit_, series_id_of(*was));
  const bool current = series && series->task == task_id;
  if (was != is && !current) throw elsewhere();
  if (!current) return;
  series->updated_at = by_.now_ms;
  series->owner = after.value.owner;
  if (!is) {
    series->ended = true;
    ++series->version;
  } else if (was != is) {
    series->ended = false;
    is->series_version = ++series->version;
    series->rule = *is;
    if (was->occurrence != is->occurrence) {
      const auto place = find_occurrence(unit_, series->id, was->occurrence);
      erase_occurrence(unit_, series->id, was->occurrence, task_id);
      put_occurrence(unit_, {series->id, is->occurrence, task_id, place ? place->predecessor : std::nullopt, false});
    }
  }
  put_series(unit_, *series);
}

std::pair<stored_task, stored_series> executor::open_series(const uuid& id) {
  stored_task found = load(id, action::update_task, {});
  if (!found.value.recurrence) throw refusal(422, "not-repeating", "\"" + found.value.title + "\" does not repeat.");
  auto series = find_series(unit_, series_id_of(*found.value.recurrence));
  if (!series || series->ended) throw refusal(409, "series-over", "\"" + found.value.title + "\" does not repeat any more.");
  if (series->task != id) throw elsewhere();
  return {std::move(found), std::move(*series)};
}

effect executor::skip(const uuid& id, const std::optional<calendar::civil_date>& from, const std::optional<calendar::civil_date>& to) {
  const auto [before, series] = open_series(id);
  if (before.value.status == task_status::completed) throw refusal(409, "series-over", "No occurrence of \"" + before.value.title + "\" is open.");
  stored_task after = before;
  auto& rule = *after.value.recurrence;
  const auto rules = calendar_series(rule);
  const auto present = parse_civil(rule.occurrence).value_or(rules.dtstart);
  const auto day = calendar::date_of(present);
  const auto inside = [&](calendar::civil_date d) { return (!from || d >= *from) && (!to || d < *to); };
  if (!inside(day)) {
    const auto edge = from ? calendar::at_time(*from, std::chrono::seconds{0}) - std::chrono::seconds{1} : present;
    const auto ahead = calendar::next_after(rules, std::max(edge, present));
    if (!ahead || !inside(calendar::date_of(*ahead)))
      throw refusal(409, "series-over", "\"" + before.value.title + "\" has no occurrence then.");
    rule.exdates.push_back(civil_text(*ahead, rules.all_day));
    notices_.push_back("The occurrence of " + rule.exdates.back() + " is left out.");
    return write(before, std::move(after), change_kind::updated);
  }
  auto passed = present;
  if (rule.catch_up == evh_schemas::catch_up::skip_to_future) {
    const auto now = local_now(rule, by_.now_ms);
    const auto clock = rules.all_day ? calendar::at_time(calendar::date_of(now), std::chrono::seconds{0}) - std::chrono::seconds{1} : now;
    passed = std::max(passed, clock);
  }
  const auto next = calendar::next_after(rules, passed);
  if (!next) throw refusal(409, "series-over", "\"" + before.value.title + "\" has no later occurrence: complete it or delete it.");
  rule.exdates.push_back(rule.occurrence);
  ++rule.number;
  stand_at(after.value, *next);
  return write(before, std::move(after), change_kind::updated);
}

effect executor::pause(const uuid& id, const std::optional<calendar::civil_date>& until) {
  const auto [before, series] = open_series(id);
  stored_task after = before;
  auto& rule = *after.value.recurrence;
  rule.paused = true;
  rule.paused_until = until ? calendar::format_date(*until) : "";
  if (after.value == before.value) return {"unchanged", before.value, before.value.version};
  return write(before, std::move(after), change_kind::updated);
}

effect executor::resume(const uuid& id) {
  const auto [before, series] = open_series(id);
  if (!before.value.recurrence->paused) return {"unchanged", before.value, before.value.version};
  stored_task after = before;
  after.value.recurrence->paused = false;
  after.value.recurrence->paused_until.clear();
  return write(before, std::move(after), change_kind::updated);
}

namespace {

refusal bad_rule(const std::string& message) {
  return {422, "validation-failed", "The rule of repetition was not accepted: " + message, {{"/rrule", "invalid", message}}};
}

// The open task under its new rule: where it was told to stand, else the rule's first occurrence from where it stood.
void move_rule(task& value, const series_patch& patch) {
  auto& rule = *value.recurrence;
  const auto was = rule;
  const auto present = parse_civil(rule.occurrence).value_or(calendar::civil_time{});
  if (patch.start) {
    value.due = patch.start;
    begin_at_due(value);
    if (patch.scope == series_scope::all) {   // the days stay those of the whole series, the time of day is the new one
      const auto first = parse_civil(was.dtstart), now = parse_civil(rule.dtstart);
      if (first && now) rule.dtstart = civil_text(calendar::at_time(calendar::date_of(*first), calendar::time_of(*now)), is_all_day(rule));
      rule.number = was.number;
    }
  } else {
    if (patch.scope == series_scope::following) rule.dtstart = rule.occurrence;
    const auto rules = calendar_series(rule);
    if (const auto wrong = calendar::mismatch(rules)) throw bad_rule(wrong->text);
    const auto first = calendar::next_after(rules, present - std::chrono::seconds{1});
    if (!first) throw bad_rule("has no occurrence from here on");
    if (*first != present) stand_at(value, *first);
    if (patch.scope == series_scope::following) begin_at_occurrence(value);
  }
  if (patch.scope == series_scope::following) {
    rule.exdates.clear();
    rule.rdates.clear();
  }
  if (const auto wrong = calendar::mismatch(calendar_series(rule))) throw bad_rule(wrong->text);
}

}  // namespace

effect executor::change_series(const uuid& id, const series_patch& patch) {
  const auto [before, series] = open_series(id);
  stored_task after = before;
  auto& rule = *after.value.recurrence;
  if (patch.rrule) rule.rrule = *patch.rrule;
  if (patch.anchor) rule.anchor = *patch.anchor;
  if (patch.catch_up) rule.catch_up = *patch.catch_up;
  const bool new_rule = patch.rrule && rule.rrule != before.value.recurrence->rrule;
  if ((new_rule || patch.start) && before.value.status == task_status::pending) move_rule(after.value, patch);
  if (after.value == before.value) return {"unchanged", before.value, before.value.version};
  return write(before, std::move(after), change_kind::updated);
}

effect executor::end_series(const uuid& id) {
  const auto [before, series] = open_series(id);
  stored_task after = before;
  after.value.recurrence.reset();
  return write(before, std::move(after), change_kind::updated);
}

// Nobody changed it since it was made: undone changes do not count.
bool executor::untouched(const stored_task& value) {
  if (value.value.status != task_status::pending) return false;
  const uuid id = id_of(value.value);
  const auto made = session_.find_change(id, content_of(id, value.value.version));
  return made && made->source == "recurring";
}

void executor::withdraw_successors(const stored_task& predecessor) {
  for (auto& place : successors_of(unit_, id_of(predecessor.value))) {
    const auto next = session_.find_task(place.task);
    if (!next || next->deleted_at || place.withdrawn) continue;
    if (!untouched(*next)) {
      notices_.push_back("The next one (" + when(next->value) + ") was changed since it came, so it stays: there are two now.");
      continue;
    }
    place.withdrawn = true;
    put_occurrence(unit_, place);
    if (auto series = find_series(unit_, place.series); series && series->task == place.task) {
      series->task = id_of(predecessor.value);
      put_series(unit_, *series);
    }
    stored_task after = *next;
    after.deleted_at = by_.now_ms;
    effect gone = write(next, std::move(after), change_kind::deleted);
    gone.op = "withdrawn";
    notices_.push_back("The next one (" + when(gone.value) + ") was withdrawn: it comes again when this one is done.");
    also_.push_back(std::move(gone));
  }
}

bool executor::create_successor(const evh_schemas::create_task_command& command) {
  const auto id = parse_uuid(command.task.id), series_id = parse_uuid(command.series_id.value_or("")), before_id = parse_uuid(command.predecessor_id.value_or(""));
  if (!id || !series_id || !before_id || !command.task.recurrence) return false;
  auto series = find_series(unit_, *series_id);
  if (!series || series->ended || series->version != command.series_version) return false;
  const auto predecessor = session_.find_task(*before_id);
  if (!predecessor || predecessor->deleted_at || predecessor->value.status != task_status::completed) return false;

  const std::string& occurrence = command.task.recurrence->occurrence;
  const auto taken = find_occurrence(unit_, *series_id, occurrence);
  const auto known = session_.find_task(*id);
  if (taken && taken->task != *id && !taken->withdrawn) return false;
  if (known) {   // only what was withdrawn comes back; what somebody deleted stays deleted
    bool withdrawn = false;
    for (const auto& place : successors_of(unit_, *before_id))
      if (place.task == *id && place.withdrawn) withdrawn = true, erase_occurrence(unit_, *series_id, place.occurrence, *id);
    if (!known->deleted_at || !withdrawn) return false;
  }

  stored_task made;
  made.value = command.task;
  task& value = made.value;
  value.owner = predecessor->value.owner;
  value.project_id = predecessor->value.project_id;
  value.assignee_id = predecessor->value.assignee_id;
  value.status = task_status::pending;
  value.completed_at.reset();
  value.recurrence->series_id = to_text(*series_id);
  value.recurrence->series_version = series->version;
  std::erase_if(value.reminders, [](const reminder& each) { return !each.snooze_of.empty(); });
  if (value.parent_id) {
    const auto parent = parse_uuid(*value.parent_id);
    const auto found = parent ? session_.find_task(*parent) : std::nullopt;
    if (!found || found->deleted_at) value.parent_id.reset();
  }
  settle(value);
  put_occurrence(unit_, {*series_id, occurrence, *id, *before_id, known.has_value()});
  if (known) {
    value.created_at = known->value.created_at;
    write(known, std::move(made), change_kind::restored);   // the place is withdrawn until then: keep_series takes it back
    return true;
  }
  value.version = 1;
  value.created_at.value = value.updated_at.value = by_.now_ms;
  commit(std::nullopt, prepare(std::nullopt, made, change_kind::created, by_, place_), true);
  if (series->task == *before_id || series->rule.occurrence < occurrence) {
    series->task = *id;
    series->rule = *value.recurrence;
    series->updated_at = by_.now_ms;
    put_series(unit_, *series);
  }
  return true;
}

bool executor::withdraw(const evh_schemas::withdraw_task_command& command) {
  const auto id = parse_uuid(command.task_id);
  const auto before = id ? session_.find_task(*id) : std::nullopt;
  if (!before || before->deleted_at || before->value.version != command.task_version || !untouched(*before)) return false;
  if (before->value.recurrence) {
    const uuid series_id = series_id_of(*before->value.recurrence);
    auto place = find_occurrence(unit_, series_id, before->value.recurrence->occurrence);
    auto series = find_series(unit_, series_id);
    if (place && place->task == *id) {
      place->withdrawn = true;
      put_occurrence(unit_, *place);
      if (series && series->task == *id && place->predecessor) {
        series->task = *place->predecessor;
        put_series(unit_, *series);
      }
    }
  }
  stored_task after = *before;
  after.deleted_at = by_.now_ms;
  write(before, std::move(after), change_kind::deleted);
  return true;
}

}  // namespace chat
