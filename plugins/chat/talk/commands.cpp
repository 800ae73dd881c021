// The commands of a turn on tasks: create, list, count, and what changes existing ones.
#include "plugins/chat/language/apply.hpp"
#include "plugins/chat/talk/speech.hpp"
#include "plugins/chat/talk/turn.hpp"
#include "plugins/chat/tasks/sharing.hpp"

namespace chat::talk {

namespace {

std::string valid_tag(const std::string& text) {
  std::string why;
  const auto tag = clean_tag(text, why);
  if (!tag) throw refusal(422, "validation-failed", "The tag " + quoted(text) + " " + why + ".");
  return *tag;
}
std::string valid_title(const std::string& text) {
  std::string why;
  const auto title = clean_title(text, why);
  if (!title) throw refusal(422, "validation-failed", "The title " + why + ".");
  return *title;
}

}  // namespace

// A name that is new makes its project; the reply says so.
std::optional<std::string> turn::project_id_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  if (const auto found = project_named(unit_, by_.subject, name)) return to_text(*found);
  project made;
  made.id = to_text(new_uuid(input_.now_ns));
  made.owner = by_.subject;
  made.name = valid_title(name);
  made.version = 1;
  made.created_at.value = made.updated_at.value = by_.now_ms;
  sharing(session_, unit_, commands_.where(), by_, commands_).create(made);
  result_.assumptions.push_back({"new_project", "made the new project " + quoted(made.name), std::nullopt});
  return made.id;
}

void turn::run_create(const language::understanding& what, const language::create_task& command) {
  task_patch fields;
  fields.title = valid_title(command.title);
  if (command.description) fields.description = *command.description;
  if (command.due) fields.due = std::optional(stored(*command.due));
  if (command.priority) fields.priority = stored(*command.priority);
  if (!command.tags.empty()) {
    fields.tags.emplace();
    for (const auto& tag : command.tags)
      if (std::string valid = valid_tag(tag); std::find(fields.tags->begin(), fields.tags->end(), valid) == fields.tags->end())
        fields.tags->push_back(std::move(valid));
  }
  if (!command.reminders.empty()) {
    fields.reminders.emplace();
    for (const auto& each : command.reminders) fields.reminders->push_back(stored(each));
  }
  if (command.parent) {
    auto parents = target_finder(unit_, session_, state_, base_list()).find(*command.parent, wanted_status::open);
    if (parents.tasks.empty()) return say(parents.problem + " Nothing was added.");
    if (parents.tasks.size() > 1) return say("Several tasks fit as the parent; say its whole title in quotes." + numbered(parents.tasks, input_.tz));
    fields.parent_id = std::optional(parents.tasks.front().id);
  }
  if (command.project) fields.project_id = project_id_of(*command.project);
  if (command.repeat) fields.recurrence = std::optional(stored(*command.repeat));
  if (command.assignee) assign_in(fields, *command.assignee, fields.project_id.value_or(std::nullopt));
  if (give_default_reminder(fields, input_.set))
    result_.assumptions.push_back({"default_reminder", "added your default reminder, " + input_.set.default_reminder, std::nullopt});
  if (fields.due && fields.reminders) pin_zone(*fields.due);
  const auto prepared = prepare_new(fields, std::nullopt, by_, input_.now_ns, static_cast<std::int32_t>(result_.effects.size()), today_in(input_.tz, by_.now_ms));
  effect done = commands_.create(prepared);
  say_created(command, done.value);
  for (const auto& each : what.assumptions) say("(" + each.text + ")");
  did(std::move(done));
}

// A floating time means wherever the account is. Said in another zone, with reminders that must come at the right moment, it means that zone.
void turn::pin_zone(std::optional<due>& value) {
  const std::string account = zone_of(input_.set);
  if (!value || !value->tz.empty() || !value->instant.empty() || input_.tz == account) return;
  if (!value->date.empty()) {   // a day has no zone of its own
    result_.assumptions.push_back({"zone", "a day's reminders come by your account's zone, " + account + "; say \"set my time zone to " + input_.tz + "\" to change it", std::nullopt});
    return;
  }
  value->tz = input_.tz;
  result_.assumptions.push_back({"zone", "the time is meant in " + input_.tz + "; your account's zone is " + account, std::nullopt});
}

// What was made, and when the person will be told of it: that is never left to be guessed.
void turn::say_created(const language::create_task& command, const task& made) {
  std::string reply = "Added " + quoted(made.title);
  if (made.recurrence) reply += ", " + talk::say(*made.recurrence);
  if (made.due) reply += (made.recurrence ? ", first due " : ", due ") + talk::say(made.due, input_.tz);
  if (command.project) reply += ", in #" + *command.project;
  if (command.priority) reply += ", " + std::string(evh_schemas::to_text(made.priority)) + " priority";
  for (const auto& tag : made.tags) reply += " @" + tag;
  if (command.assignee && made.assignee_id) reply += ", for " + person_of(*command.assignee).name;
  say(reply + ".");
  for (const auto& each : made.reminders) {
    auto at = fire_time(each, made.due, input_.set, zone_of(input_.set));
    const bool past = at && at->time_since_epoch().count() * 1000 <= by_.now_ms;
    if (at && made.priority != priority::critical) at = after_quiet_hours(*at, input_.set);
    due when;
    if (at) when.instant = calendar::format_instant(*at);
    say(past ? "The reminder for " + talk::say(when, input_.tz) + " has passed: it will not come." : "I will remind you at " + (at ? talk::say(when, input_.tz) : each.offset) + ".");
  }
  if (made.reminders.empty()) say("No reminder is set.");
}

void turn::run_list(const language::list_tasks& command) {
  task_list list = base_list();
  list.where = command.where;
  list.sort = command.sort == language::sort_key::priority ? sort_by::priority : command.sort == language::sort_key::created ? sort_by::created
            : command.sort == language::sort_key::updated ? sort_by::updated : command.sort == language::sort_key::title ? sort_by::title : sort_by::due;
  list.descending = command.descending;
  list.limit = command.limit == 0 ? 20 : std::min<std::size_t>(command.limit, 100);
  list.scope = list_scope::own;
  settle_project(unit_, list);
  const auto page = list_ids(unit_, list);
  result_.items = load_tasks(session_, page.ids);
  state_.last_list.clear();
  for (const auto& each : result_.items) state_.last_list.push_back(each.id);
  if (result_.items.size() == 1) state_.last_entity = result_.items.front().id;
  if (result_.items.empty()) return say("Nothing there.");
  const std::int64_t all = page.next ? count_tasks(unit_, list) : static_cast<std::int64_t>(result_.items.size());
  say((page.next ? "The first " + std::to_string(result_.items.size()) + " of " + count_of(static_cast<std::size_t>(all), "task")
                 : count_of(result_.items.size(), "task")) + ":" + numbered(result_.items, input_.tz));
}

void turn::run_query(const language::query_tasks& command) {
  task_list list = base_list();
  list.scope = list_scope::own;
  list.where = command.where;
  settle_project(unit_, list);
  switch (command.what) {
    case language::query_tasks::metric::count:
      return say(count_of(static_cast<std::size_t>(count_tasks(unit_, list)), "task") + ".");
    case language::query_tasks::metric::completed: {
      const auto from = command.from.value_or(calendar::make_date(1, 1, 1)), to = command.to.value_or(calendar::make_date(9999, 12, 31));
      std::string range;
      if (command.from && command.to)
        range = " from " + calendar::format_date(from) + " to " + calendar::format_date(calendar::add_days(to, -1)) + " (" + input_.tz + ")";
      return say("You completed " + count_of(static_cast<std::size_t>(count_completed(unit_, list, from, to)), "task") + range + ".");
    }
    case language::query_tasks::metric::due: break;
  }
  if (!command.which) return say("Which task?");
  const auto found = target_finder(unit_, session_, state_, base_list()).find(*command.which, wanted_status::any);
  if (found.tasks.empty()) return say(found.problem);
  for (const auto& each : found.tasks) say(quoted(each.title) + (each.due ? " is due " + talk::say(each.due, input_.tz) : " has no due date") + ".");
  if (found.tasks.size() == 1) state_.last_entity = found.tasks.front().id;
}

task_patch turn::patch_of(const language::update_task& command, const task& on) {
  task_patch out;
  if (command.title) out.title = valid_title(*command.title);
  if (command.priority) out.priority = stored(*command.priority);
  if (command.clear_priority) out.priority = priority::medium;
  if (!command.tags_add.empty() || !command.tags_remove.empty()) {
    out.tags = on.tags;
    for (const auto& tag : command.tags_add)
      if (std::string valid = valid_tag(tag); std::find(out.tags->begin(), out.tags->end(), valid) == out.tags->end()) out.tags->push_back(valid);
    for (const auto& tag : command.tags_remove) std::erase(*out.tags, fold(tag));
    if (out.tags->size() > tags_max) throw refusal(422, "validation-failed", "A task holds at most 50 tags.");
  }
  if (command.project) out.project_id = project_id_of(*command.project);
  if (command.description) out.description = command.append_description && !on.description.empty() ? on.description + "\n" + *command.description : *command.description;
  if (command.clear_reminders) out.reminders.emplace();
  if (!command.reminders_add.empty()) {
    if (!out.reminders) out.reminders = on.reminders;
    for (const auto& each : command.reminders_add) out.reminders->push_back(stored(each));
    if (auto pinned = on.due; pinned) {
      pin_zone(pinned);
      if (pinned != on.due) out.due = std::move(pinned);
    }
    if (out.reminders->size() > reminders_max) throw refusal(422, "validation-failed", "A task holds at most 20 reminders.");
  }
  repeat_in(out, command, on);
  if (command.assignee) assign_in(out, *command.assignee, out.project_id.value_or(on.project_id));
  return out;
}

effect turn::run_one(const language::any_command& command, const task& on) {
  const uuid id = parse_uuid(on.id).value();
  if (std::holds_alternative<language::complete_tasks>(command)) return commands_.complete(id);
  if (std::holds_alternative<language::reopen_tasks>(command)) return commands_.reopen(id);
  if (std::holds_alternative<language::remove_tasks>(command)) return commands_.remove(id);
  if (const auto* update = std::get_if<language::update_task>(&command)) return commands_.update(id, patch_of(*update, on));
  if (const auto* again = std::get_if<language::snooze>(&command)) return snooze_one(*again, on, "");
  if (auto done = run_series(command, on)) return std::move(*done);
  const auto& move = std::get<language::reschedule_tasks>(command);
  const auto moved = language::apply_reschedule(move.to, spoken(on.due), context_of(input_, 0, false));
  if (moved.error) throw refusal(422, moved.error->code, moved.error->text);
  result_.assumptions.insert(result_.assumptions.end(), moved.assumptions.begin(), moved.assumptions.end());
  task_patch patch;
  patch.due = moved.due ? std::optional(stored(*moved.due)) : std::nullopt;
  if (!moved.due) {   // reminders before the due time go with it
    patch.reminders = on.reminders;
    std::erase_if(*patch.reminders, [](const reminder& r) { return !r.offset.empty(); });
  }
  return commands_.update(id, patch);
}

std::string turn::describe(const effect& done, const std::string& verb) const {
  if (done.op == "unchanged") return quoted(done.value.title) + " already is that way.";
  if (verb == "Moved") return "Moved " + quoted(done.value.title) + " to " + talk::say(done.value.due, input_.tz) + ".";
  if (verb == "Changed") return "Changed: " + line(done.value, input_.tz) + ".";
  return verb + " " + quoted(done.value.title) + ".";
}

void turn::run_on_targets(const language::understanding& what, const std::vector<task>* fixed) {
  const command_words words = words_for(what.command);
  std::vector<task> targets;
  if (fixed != nullptr) {
    targets = *fixed;
  } else {
    auto found = target_finder(unit_, session_, state_, base_list()).find(*target_of(what.command), words.status);
    if (found.tasks.empty()) {
      if (!what.offer || in_batch_) return say(found.problem);
      ask(question_kind::create);
      result_.options = {{"yes", "Add it"}, {"no", "Do nothing"}};
      return say(found.problem + " Add " + quoted(what.offer->title) + " as a new task instead? (yes / no)");
    }
    targets = std::move(found.tasks);
    if (found.ambiguous) return ask_which(targets);
    if (what.confirm != language::confirmation::none) return ask_confirmation(what, targets);
  }
  std::size_t shown = 0;
  for (const auto& each : targets) {
    effect done = run_one(what.command, each);
    const bool said = std::holds_alternative<language::snooze>(what.command);
    const bool repeats = std::holds_alternative<language::series_skip>(what.command) || std::holds_alternative<language::series_pause>(what.command) ||
                         std::holds_alternative<language::series_resume>(what.command) || std::holds_alternative<language::series_update>(what.command);
    if (++shown <= 10 && !said) say(repeats ? describe_series(done, what.command) : describe(done, words.past));
    did(std::move(done));
  }
  if (shown > 10) say("... and " + std::to_string(shown - 10) + " more.");
}

}  // namespace chat::talk
