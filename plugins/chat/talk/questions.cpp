// Questions a turn asks, and the answers to them.
#include <algorithm>

#include "plugins/chat/talk/speech.hpp"
#include "plugins/chat/talk/turn.hpp"

namespace chat::talk {

open_question& turn::ask(question_kind kind) {
  open_question open;
  open.id = to_text(new_uuid(input_.now_ns));
  open.kind = kind;
  open.message = asking_message_;
  open.tz = input_.tz;
  open.locale = input_.locale;
  open.said_at = input_.now_ns / 1'000'000'000;
  open.list_count = static_cast<std::int64_t>(state_.last_list.size());
  open.had_entity = !state_.last_entity.empty();
  open.expires_ms = input_.now_ns / 1'000'000 + question_ttl_ms;
  result_.asked = true;
  return state_.pending.emplace(std::move(open));
}

void turn::ask_which(const std::vector<task>& candidates) {
  if (in_batch_) return say(count_of(candidates.size(), "task") + " fit: say that part alone." + numbered(candidates, input_.tz));
  open_question& open = ask(question_kind::choose_task);
  for (const auto& each : candidates) {
    open.ids.push_back(each.id);
    open.versions.push_back(each.version);
    result_.options.push_back({each.id, line(each, input_.tz)});
  }
  say(count_of(candidates.size(), "task") + " fit. Which one? Say its number." + numbered(candidates, input_.tz));
}

void turn::ask_confirmation(const language::understanding& what, const std::vector<task>& targets) {
  const bool typed = what.confirm == language::confirmation::typed_count && targets.size() > 1;
  open_question& open = ask(typed ? question_kind::count : question_kind::confirm);
  for (const auto& each : targets) {
    open.ids.push_back(each.id);
    open.versions.push_back(each.version);
  }
  const std::string verb = words_for(what.command).verb;
  const std::string which = targets.size() == 1 ? line(targets.front(), input_.tz) : count_of(targets.size(), "task");
  std::string list = targets.size() == 1 ? "" : numbered(std::span(targets).first(std::min<std::size_t>(targets.size(), 10)), input_.tz);
  if (targets.size() > 10) list += "\n... and " + std::to_string(targets.size() - 10) + " more";
  std::string where;
  if (const auto* move = std::get_if<language::reschedule_tasks>(&what.command)) {
    if (move->to.due) where = " to " + talk::say(stored(*move->to.due), input_.tz);
    else if (move->to.date) where = " to " + talk::say(stored(calendar::due(*move->to.date)), input_.tz);
  }
  const std::string subject = targets.size() == 1 ? quoted(targets.front().title) : which;
  if (typed) return say("This would " + verb + " " + which + ". Type " + std::to_string(targets.size()) + " to do it, or no." + list);
  result_.options = {{"yes", "Do it"}, {"no", "Do nothing"}};
  say("Shall I " + verb + " " + subject + where + "? (yes / no)" + list);
}

void turn::ask_what_language_asks(const language::understanding& what) {
  const language::clarification& question = *what.question;
  std::string text = question.question;
  const bool choice = !question.options.empty() && std::none_of(question.options.begin(), question.options.end(), [](const auto& each) { return each.message.empty(); });
  if (what.offer) {
    ask(question_kind::create);
    result_.options = {{"yes", "Add it"}, {"no", "Do nothing"}};
    text += " (yes / no)";
  } else if (choice) {
    open_question& open = ask(question.code == "tz" ? question_kind::choose_zone : question_kind::choose);
    for (std::size_t i = 0; i < question.options.size(); ++i) {
      open.options.push_back(question.options[i].message);
      result_.options.push_back({question.options[i].value, question.options[i].label});
      text += "\n" + std::to_string(i + 1) + ". " + question.options[i].label;
    }
  }
  say(std::move(text));
}

language::understanding turn::replay(const open_question& open, const std::string& message) const {
  turn_input then = input_;
  then.message = message;
  then.tz = open.tz;
  then.locale = open.locale;
  then.now_ns = open.said_at * 1'000'000'000;
  language::context context = context_of(then, open.list_count, open.had_entity);
  const auto names = project_names(unit_, by_.subject);
  context.projects = names;
  return language::understand(message, context);
}

void turn::say_what_is_open() {
  switch (state_.pending->kind) {
    case question_kind::choose_task:
    case question_kind::choose_zone:
    case question_kind::choose: return say("I did not understand that. Say the number of the one you mean, or no.");
    case question_kind::count: return say("I did not understand that. Type " + std::to_string(state_.pending->ids.size()) + " to do it, or no.");
    case question_kind::confirm:
    case question_kind::create: return say("I did not understand that. Say yes or no.");
  }
}

void turn::answer(const language::answer& given) {
  if (!state_.pending) return say("There is nothing to confirm.");
  const open_question open = *state_.pending;
  using kind = language::answer::kind;
  const bool choosing = open.kind == question_kind::choose_task || open.kind == question_kind::choose_zone || open.kind == question_kind::choose;
  if (given.what == kind::no) {
    state_.pending.reset();
    return say("All right, nothing was changed.");
  }
  if (choosing) {
    if (given.what == kind::choice || given.what == kind::count) return answer_choice(open, given.number);
    return say("Say the number of the one you mean, or no.");
  }
  if (open.kind == question_kind::count) {
    if (given.what != kind::yes && given.number == static_cast<int>(open.ids.size())) return answer_yes(open);
    return say("Type " + std::to_string(open.ids.size()) + " to do it, or no.");
  }
  if (given.what != kind::yes) return say("Say yes or no.");
  answer_yes(open);
}

void turn::answer_choice(const open_question& open, int number) {
  const std::size_t count = open.kind == question_kind::choose_task ? open.ids.size() : open.options.size();
  const int place = number < 0 ? static_cast<int>(count) : number;
  if (place < 1 || static_cast<std::size_t>(place) > count) return say("There is no number " + std::to_string(place) + ": say 1 to " + std::to_string(count) + ", or no.");
  const std::size_t index = static_cast<std::size_t>(place - 1);
  state_.pending.reset();
  if (open.kind != question_kind::choose_task) {   // the chosen option is a sentence of its own, said when the question was
    asking_message_ = open.options[index];
    const auto what = replay(open, asking_message_);
    if (what.error) return say(what.error->text);
    if (std::holds_alternative<language::answer>(what.command)) return say("All right, nothing was changed.");
    if (what.question) return ask_what_language_asks(what);
    return run(what);
  }
  const auto found = session_.find_task(parse_uuid(open.ids[index]).value());
  if (!found || found->deleted_at || commands_.access().on(found->value) == role::none) return say("That task is gone by now.");
  asking_message_ = open.message;
  const auto what = replay(open, open.message);
  const std::vector<task> chosen{found->value};
  if (what.confirm != language::confirmation::none) return ask_confirmation(what, chosen);
  run(what, &chosen);
}

void turn::answer_yes(const open_question& open) {
  state_.pending.reset();
  asking_message_ = open.message;
  const auto what = replay(open, open.message);
  if (open.kind == question_kind::create) {
    if (!what.offer) return say("I do not know any more what to add: say it again.");
    language::understanding create;
    create.command = *what.offer;
    return run(create);
  }
  std::vector<task> targets;
  for (std::size_t i = 0; i < open.ids.size(); ++i) {
    const auto found = session_.find_task(parse_uuid(open.ids[i]).value());
    if (!found || found->deleted_at || commands_.access().on(found->value) == role::none || found->value.version != open.versions.at(i))
      return say("Some of it was changed since I asked, so I did nothing. Say it again.");
    targets.push_back(found->value);
  }
  confirmed_ = true;
  run(what, &targets);
}

}  // namespace chat::talk
