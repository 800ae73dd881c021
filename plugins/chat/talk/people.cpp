// Other people in a conversation: who is meant, sharing a project, and giving a task to somebody.
#include <algorithm>

#include "plugins/chat/talk/speech.hpp"
#include "plugins/chat/talk/turn.hpp"
#include "plugins/chat/tasks/sharing.hpp"

namespace chat::talk {

namespace {

role stored(language::member_role value) { return static_cast<role>(static_cast<int>(value) + 1); }
static_assert(static_cast<int>(language::member_role::viewer) + 1 == static_cast<int>(role::viewer));
static_assert(static_cast<int>(language::member_role::owner) + 1 == static_cast<int>(role::owner));

std::string first_word(const std::string& name) { return name.substr(0, name.find(' ')); }

}  // namespace

// An address stands for itself; a name for the one person of that name who shares a project with the speaker.
turn::whom turn::person_of(const std::string& said) {
  if (fold(said) == "me" || fold(said) == "myself") return {by_.subject, "", "you"};
  const auto known = companions(unit_, by_.subject, companions_max);
  if (said.find('@') != std::string::npos) {
    const auto found = find_person_by_email(unit_, said);
    return found ? whom{found->id, fold(said), fold(said)} : whom{"", fold(said), fold(said)};
  }
  std::vector<person> fitting;
  for (const auto& each : known)
    if (fold(each.name) == fold(said)) fitting.push_back(each);
  if (fitting.empty())
    for (const auto& each : known)
      if (fold(first_word(each.name)) == fold(said) || each.id == said) fitting.push_back(each);
  if (fitting.size() == 1) return {fitting.front().id, fitting.front().email, fitting.front().name.empty() ? fitting.front().id : fitting.front().name};
  throw refusal(404, "not-found", fitting.empty() ? "I do not know who " + quoted(said) + " is: say the e-mail address."
                                                  : "Several people are called " + quoted(said) + ": say the e-mail address.");
}

std::vector<std::string> turn::people_known() const {
  std::vector<std::string> out;
  for (const auto& each : companions(unit_, by_.subject, companions_max)) {
    // One entry per person, or one person would be several.
    if (const std::string& known_as = each.name.empty() ? each.email : each.name; !known_as.empty()) out.push_back(known_as);
  }
  return out;
}

// What others would see from then on is asked about first, always.
void turn::run_share(const language::share_project& command) {
  const auto project = project_named(unit_, by_.subject, command.project);
  if (!project) return say("There is no project " + quoted(command.project) + ".");
  const whom who = person_of(command.person);
  auto& access = commands_.access();
  access.require(command.remove && who.id == by_.subject ? action::leave : action::share, *project);
  std::optional<member> present;
  for (const auto& each : access.members(*project))
    if (each.who == (who.id.empty() ? who.email : who.id)) present = each;
  const std::string where = "#" + command.project;
  const role as = stored(command.role);
  const std::string name_of_role(to_text(as));
  if (command.remove && !present) return say(who.name + " is not a member of " + where + ".");
  if (!command.remove && present && present->as == as) return say(who.name + " already is " + name_of_role + " of " + where + ".");
  if (in_batch_) return say("Sharing goes one message at a time: say that part alone.");
  if (!confirmed_) {
    ask(question_kind::confirm);
    result_.options = {{"yes", "Do it"}, {"no", "Do nothing"}};
    return say((command.remove ? "Shall I take " + who.name + " out of " + where
                : present      ? "Shall I make " + who.name + " " + name_of_role + " of " + where
                               : "Shall I share " + where + " with " + who.name + " as " + name_of_role) +
               "? (yes / no)");
  }
  sharing rules(session_, unit_, commands_.where(), by_, commands_);
  const std::string limits = " Undo does not cover members.";
  if (command.remove) {
    rules.remove(*project, present->who);
    return say("Took " + who.name + " out of " + where + "." + limits);
  }
  if (present) {
    rules.change(*project, present->who, as);
    return say(who.name + " is " + name_of_role + " of " + where + " now." + limits);
  }
  const auto made = rules.add(*project, who.id.empty() ? who.email : "", who.id, as);
  say("Shared " + where + " with " + who.name + " as " + name_of_role + "." +
      (made.invited ? " There is no account with this address yet: the project appears when there is." : "") + limits);
}

void turn::assign_in(task_patch& patch, const std::string& said, const std::optional<std::string>& project_id) {
  if (said.empty()) {
    patch.assignee_id.emplace();
    return;
  }
  const whom who = person_of(said);
  const bool fits = !who.id.empty() && project_id && commands_.access().is_member(parse_uuid(*project_id).value(), who.id);
  if (!fits)
    throw refusal(422, "validation-failed", project_id ? who.name + " is not a member of the project: share it first."
                                                       : "Only a task in a shared project can be given to somebody: move it there first.");
  patch.assignee_id = std::optional(who.id);
}

}  // namespace chat::talk
