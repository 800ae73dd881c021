// The course of one message: understand, answer an open question or run the command, remember.
#include "plugins/chat/talk/turn.hpp"

#include "plugins/chat/talk/speech.hpp"

namespace chat::talk {

const language::target* target_of(const language::any_command& command) {
  const language::target* out = nullptr;
  std::visit([&](const auto& c) {
    if constexpr (requires { c.which.exact; }) out = &c.which;
    else if constexpr (requires { c.which->exact; }) out = c.which ? &*c.which : nullptr;
  }, command);
  return out;
}

command_words words_for(const language::any_command& command) {
  if (std::holds_alternative<language::complete_tasks>(command)) return {wanted_status::open, "complete", "Completed"};
  if (std::holds_alternative<language::reopen_tasks>(command)) return {wanted_status::done, "reopen", "Reopened"};
  if (std::holds_alternative<language::remove_tasks>(command)) return {wanted_status::any, "delete", "Deleted"};
  if (std::holds_alternative<language::reschedule_tasks>(command)) return {wanted_status::any, "move", "Moved"};
  if (std::holds_alternative<language::series_skip>(command)) return {wanted_status::open, "skip", "Skipped"};
  if (std::holds_alternative<language::series_pause>(command)) return {wanted_status::any, "pause", "Paused"};
  if (std::holds_alternative<language::series_resume>(command)) return {wanted_status::any, "resume", "Resumed"};
  if (std::holds_alternative<language::snooze>(command)) return {wanted_status::open, "snooze", "Snoozed"};
  return {wanted_status::any, "change", "Changed"};
}

language::context turn::context_of(const turn_input& said, std::int64_t list_count, bool has_entity) const {
  language::context out;
  out.now = calendar::instant{std::chrono::seconds{said.now_ns / 1'000'000'000}};
  out.tz = said.tz;
  out.locale = said.locale;
  out.prefs = spoken_preferences(input_.set);
  out.people = people_;
  out.last_list_count = static_cast<std::size_t>(list_count);
  out.has_last_entity = has_entity;
  return out;
}

task_list turn::base_list() const {
  task_list out;
  out.scope = list_scope::visible;
  out.owner = by_.subject;
  out.tz = input_.tz;
  out.now_ms = input_.now_ns / 1'000'000;
  return out;
}

namespace {

language::pending_question asked_as(question_kind kind) {
  switch (kind) {
    case question_kind::confirm:
    case question_kind::create: return language::pending_question::confirm;
    case question_kind::count: return language::pending_question::count;
    case question_kind::choose_task:
    case question_kind::choose_zone:
    case question_kind::choose: break;
  }
  return language::pending_question::choice;
}


}  // namespace

turn_result turn::take() {
  if (const auto known = find_person(unit_, by_.subject)) input_.set = known->preferences;
  if (input_.tz.empty()) input_.tz = zone_of(input_.set);
  else if (input_.set.tz.empty()) adopt_zone();
  if (input_.locale.empty()) input_.locale = input_.set.locale.empty() ? "en-US" : input_.set.locale;
  people_ = people_known();
  if (state_.pending && state_.pending->expires_ms < input_.now_ns / 1'000'000) state_.pending.reset();
  language::context context = context_of(input_, static_cast<std::int64_t>(state_.last_list.size()), !state_.last_entity.empty());
  const auto names = project_names(unit_, by_.subject);
  context.projects = names;
  context.has_last_notification = find_last_notification(unit_, by_.subject).has_value();
  if (state_.pending) {
    context.pending = asked_as(state_.pending->kind);
    context.pending_options = std::max(state_.pending->ids.size(), state_.pending->options.size());
  }
  result_.understood = language::understand(input_.message, context);
  asking_message_ = input_.message;
  const language::understanding& what = result_.understood;
  if (what.error) {
    say(what.error->text);
  } else if (const auto* given = std::get_if<language::answer>(&what.command)) {
    answer(*given);
  } else {
    // A new command means the old question does not matter any more; words that mean nothing leave it open.
    if (what.intent != "unknown" && what.intent != "smalltalk" && what.intent != "help") state_.pending.reset();
    if (state_.pending && what.intent == "unknown") say_what_is_open();
    else if (what.question) ask_what_language_asks(what);
    else run(what);
  }
  if (result_.reply.empty()) say("Done.");
  return std::move(result_);
}

void turn::run(const language::understanding& what, const std::vector<task>* fixed) {
  try {
    if (const auto* c = std::get_if<language::create_task>(&what.command)) run_create(what, *c);
    else if (const auto* c2 = std::get_if<language::list_tasks>(&what.command)) run_list(*c2);
    else if (const auto* c3 = std::get_if<language::query_tasks>(&what.command)) run_query(*c3);
    else if (const auto* c4 = std::get_if<language::undo_last>(&what.command)) run_undo(*c4);
    else if (const auto* c5 = std::get_if<language::smalltalk>(&what.command)) run_smalltalk(*c5);
    else if (const auto* c6 = std::get_if<language::share_project>(&what.command)) run_share(*c6);
    else if (const auto* c7 = std::get_if<language::set_preferences>(&what.command)) run_preferences(*c7);
    else if (const auto* c8 = std::get_if<language::query_history>(&what.command)) run_history(*c8);
    else if (const auto* c9 = std::get_if<language::snooze>(&what.command); c9 != nullptr && !c9->which) run_last_snooze(*c9);
    else if (std::holds_alternative<language::batch>(what.command)) run_batch(what);
    else if (target_of(what.command) != nullptr) run_on_targets(what, fixed);
    else say(what.question ? what.question->question : "I did not understand that. Say \"help\" for examples.");
  } catch (const refusal& why) {
    say(why.what());   // rules check before they write, so what ran before stays good
  }
}

void turn::did(effect done) {
  auto also = commands_.take_also();
  if (done.op != "deleted") state_.last_entity = done.value.id;
  else if (state_.last_entity == done.value.id) state_.last_entity.clear();
  if (done.op != "unchanged") result_.effects.push_back(std::move(done));
  for (auto& each : also) result_.effects.push_back(std::move(each));
  for (auto& each : commands_.take_notices()) say(std::move(each));
}

// Each part on its own: one that fails or asks does not stop the others, and only one question can be open.
void turn::run_batch(const language::understanding& what) {
  in_batch_ = true;
  for (const auto& part : what.parts) {
    if (part.error) say(part.error->text);
    else if (part.question) say(part.question->question);
    else if (part.confirm != language::confirmation::none) say("Deleting and changing many tasks goes one message at a time: say that part alone.");
    else run(part);
  }
  in_batch_ = false;
}

void turn::run_undo(const language::undo_last& command) {
  std::size_t taken = 0;
  const std::size_t before = result_.effects.size();
  try {
    for (; taken < static_cast<std::size_t>(std::clamp(command.count, 1, 50)); ++taken) {
      const auto group = commands_.last_group(command.redo);
      if (!group) break;
      for (auto& each : commands_.undo(*group)) did(std::move(each));
    }
  } catch (const refusal& why) {
    say(why.what());
  }
  if (taken == 0 && result_.reply.empty()) say(command.redo ? "There is nothing to redo." : "There is nothing to undo.");
  for (std::size_t i = before; i < result_.effects.size(); ++i) {
    const effect& each = result_.effects[i];
    const std::string title = quoted(each.value.title);
    if (each.op == "restored") say("Brought back " + title + ".");
    else if (each.op == "deleted") say("Took back the creation of " + title + ".");
    else if (each.op == "withdrawn") continue;   // its notice said so
    else if (each.op == "completed") say(title + " is done again.");
    else if (each.op == "reopened") say(title + " is open again.");
    else say("Changed back: " + line(each.value, input_.tz) + ".");
  }
}

void turn::run_smalltalk(const language::smalltalk& command) {
  switch (command.what) {
    case language::smalltalk::kind::greeting: return say("Hello. Tell me what to do, for example: buy milk tomorrow 5pm.");
    case language::smalltalk::kind::thanks: return say("You are welcome.");
    case language::smalltalk::kind::farewell: return say("Goodbye.");
    case language::smalltalk::kind::help: break;
  }
  say("You can say:\n"
      "- pay rent on the 1st p1 #finance @bills\n"
      "- what's due today? / show overdue p1 in #work / find anything about passport\n"
      "- done with milk / mark 2 and 3 done / reopen the report\n"
      "- move dentist to friday / rename \"buy milk\" to \"buy oat milk\" / tag report urgent\n"
      "- standup every weekday at 9:30, remind me 10 minutes before / skip the next standup / pause gym until october\n"
      "- share #work with ana@example.com as editor / assign the report to ana / snooze that for 20 minutes\n"
      "- what changed yesterday? / who completed the report? / set quiet hours from 22:00 to 7:00\n"
      "- delete buy milk (I ask first) / undo / redo");
}

}  // namespace chat::talk
