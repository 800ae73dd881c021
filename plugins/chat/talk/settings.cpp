// Snoozing and preferences in a conversation. Preferences belong to the account: chat passes the wish on (user-events), and
// follows them when they come back.
#include <algorithm>

#include "plugins/chat/talk/speech.hpp"
#include "plugins/chat/talk/turn.hpp"

namespace chat::talk {

void turn::run_last_snooze(const language::snooze& command) {
  const auto last = find_last_notification(unit_, by_.subject);
  if (!last) return say("There is no reminder to snooze yet: say which task.");
  const stored_task on = commands_.find(last->task);
  did(snooze_one(command, on.value, last->id));
}

effect turn::snooze_one(const language::snooze& command, const task& on, const std::string& notification_id) {
  const auto until = std::chrono::duration_cast<std::chrono::milliseconds>(command.until.time_since_epoch()).count();
  effect done = commands_.snooze(parse_uuid(on.id).value(), until, notification_id);
  due again;
  again.instant = calendar::format_instant(command.until);
  say("I will remind you of " + quoted(done.value.title) + " again at " + talk::say(again, input_.tz) + ".");
  return done;
}

// An account without a zone takes the first one it is spoken to from: reminders must come at the time that was said. Asked of identity
// like any other preference; the directory holds it until the answer comes, so that it is asked once.
void turn::adopt_zone() {
  person known = find_person(unit_, by_.subject).value_or(person{by_.subject, "", "", {}, false});
  known.preferences.tz = input_.set.tz = input_.tz;
  put_person(unit_, known);
  evh_schemas::user_preferences wanted;
  wanted.tz = input_.tz;
  ask_account(std::move(wanted), {});
  result_.assumptions.push_back({"zone_adopted", "your account had no time zone: it has " + input_.tz + " from now on", std::nullopt});
}

void turn::ask_account(evh_schemas::user_preferences wanted, std::vector<std::string> clear) {
  evh_schemas::user_event wish;
  wish.user_id = by_.subject;
  wish.preferences = std::move(wanted);
  wish.clear = std::move(clear);
  wish.actor = {by_.subject, by_.kind, by_.source};
  wish.correlation_id = by_.correlation_id;
  unit_.publish({.topic = commands_.where().user_events, .type = evh_schemas::type::user_preferences_requested, .key = by_.subject, .payload = evh_schemas::to_json(wish)});
}

namespace {

using evh_schemas::user_preferences;

std::string time_text(calendar::time_of_day time) { return calendar::format_time(time); }

void say_part(std::string& into, const std::string& part) { into += (into.empty() ? "" : ", ") + part; }

// Reminders go where `channels` says; nothing set means in-app and webhook.
std::vector<std::string> channels_after(const user_preferences& now, const language::set_preferences& command) {
  std::vector<std::string> out = now.channels.empty() ? std::vector<std::string>{"in_app", "webhook"} : now.channels;
  for (const auto& each : command.channels_remove) std::erase(out, each);
  for (const auto& each : command.channels_add)
    if (std::find(out.begin(), out.end(), each) == out.end()) out.push_back(each);
  return out;
}

void take_words(const language::set_preferences& command, user_preferences& wanted, std::string& said) {
  const auto word = [&](const std::optional<calendar::time_of_day>& time, const char* name, std::string& into) {
    if (!time) return;
    into = time_text(*time);
    say_part(said, std::string(name) + " " + into);
  };
  word(command.morning, "morning", wanted.morning);
  word(command.afternoon, "afternoon", wanted.afternoon);
  word(command.evening, "evening", wanted.evening);
  word(command.tonight, "tonight", wanted.tonight);
  word(command.eod, "end of day", wanted.eod);
}

}  // namespace

void turn::run_preferences(const language::set_preferences& command) {
  std::vector<std::string> cleared;
  user_preferences wanted;
  std::string said;
  const auto clear = [&](bool does, const char* name, const char* words) {
    if (!does) return;
    cleared.emplace_back(name);
    say_part(said, words);
  };
  if (command.tz) wanted.tz = *command.tz, say_part(said, "time zone " + wanted.tz);
  if (command.locale) wanted.locale = *command.locale, say_part(said, "locale " + wanted.locale);
  if (command.week_start) {
    wanted.week_start = *command.week_start == std::chrono::Sunday ? "sunday" : *command.week_start == std::chrono::Saturday ? "saturday" : "monday";
    say_part(said, "week from " + wanted.week_start);
  }
  take_words(command, wanted, said);
  if (command.quiet_hours) {
    wanted.quiet_hours = evh_schemas::quiet_hours{time_text(command.quiet_hours->from), time_text(command.quiet_hours->to)};
    say_part(said, "quiet hours " + wanted.quiet_hours->from + " to " + wanted.quiet_hours->to);
  }
  if (command.default_reminder) {
    wanted.default_reminder = calendar::format_period(*command.default_reminder);
    say_part(said, "default reminder " + wanted.default_reminder);
  }
  if (command.digest) {
    wanted.digest = evh_schemas::digest{command.digest->channel, command.digest->rrule, time_text(command.digest->time)};
    say_part(said, "digest by " + wanted.digest->channel + " at " + wanted.digest->time);
  }
  if (!command.channels_add.empty() || !command.channels_remove.empty()) {
    wanted.channels = channels_after(input_.set, command);
    if (wanted.channels.empty()) return say("Reminders need at least one way to reach you. Nothing was changed.");
    std::string names;
    for (const auto& each : wanted.channels) say_part(names, each);
    say_part(said, "reminders by " + names);
  }
  clear(command.clear_quiet_hours, "quiet_hours", "no quiet hours");
  clear(command.clear_digest, "digest", "no digest");
  clear(command.clear_default_reminder, "default_reminder", "no default reminder");
  if (said.empty()) return say("I did not understand what to set. Nothing was changed.");
  ask_account(std::move(wanted), std::move(cleared));
  say("Passed on to your account's settings: " + said + ". Undo does not cover settings.");
}

}  // namespace chat::talk
