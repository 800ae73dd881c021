// Repeating tasks in a conversation: rules from the language to the store, changes of a series, and how a rule is said.
#include "plugins/calendar/recurrence.hpp"
#include "plugins/chat/language/apply.hpp"
#include "plugins/chat/talk/speech.hpp"
#include "plugins/chat/talk/turn.hpp"

namespace chat::talk {

evh_schemas::recurrence stored(const language::recurrence& value) {
  evh_schemas::recurrence out;
  out.rrule = value.rrule;
  out.anchor = value.anchor == language::recurrence::anchored::completion ? evh_schemas::recurrence_anchor::completion : evh_schemas::recurrence_anchor::schedule;
  if (value.catch_up) {
    using missed = language::recurrence::missed;
    out.catch_up = *value.catch_up == missed::keep ? evh_schemas::catch_up::keep
                 : *value.catch_up == missed::pile_up ? evh_schemas::catch_up::pile_up : evh_schemas::catch_up::skip_to_future;
  }
  return out;
}

namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

std::string ordinal(int n) {
  if (n < 0) return n == -1 ? "last" : "the " + ordinal(-n) + " last";
  const char* ending = n % 100 / 10 == 1 ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
  return std::to_string(n) + ending;
}

std::string days_of(const calendar::rule& rule) {
  static constexpr const char* names[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  std::vector<std::string> out;
  unsigned plain = 0;
  for (const auto& each : rule.by_day) {
    if (each.ordinal == 0) plain |= 1U << each.day.c_encoding();
    out.push_back((each.ordinal == 0 ? "" : ordinal(each.ordinal) + " ") + names[each.day.c_encoding()]);
  }
  if (plain == 0b0111110 && out.size() == 5) return "weekday";
  if (plain == 0b1000001 && out.size() == 2) return "weekend day";
  return joined(out);
}

}  // namespace

// The common rules in words; what is rarer by its own text, never by half of it.
std::string say(const evh_schemas::recurrence& value) {
  const auto parsed = calendar::parse_rule(value.rrule);
  const auto* rule = std::get_if<calendar::rule>(&parsed);
  const std::string literally = "by the rule " + value.rrule;
  if (rule == nullptr || !rule->by_set_pos.empty() || !rule->by_week_no.empty() || !rule->by_year_day.empty() || !rule->by_month.empty() || !rule->by_hour.empty() ||
      !rule->by_minute.empty() || !rule->by_second.empty() || (!rule->by_day.empty() && !rule->by_month_day.empty()))
    return literally;
  static constexpr const char* units[] = {"second", "minute", "hour", "day", "week", "month", "year"};
  const std::string unit = units[static_cast<std::size_t>(rule->freq)];
  std::string out = rule->interval == 1 ? "every " + unit : "every " + std::to_string(rule->interval) + " " + unit + "s";
  if (!rule->by_day.empty()) {
    if (rule->freq == calendar::frequency::weekly && rule->interval == 1) out = "every " + days_of(*rule);
    else if (rule->freq == calendar::frequency::weekly || rule->freq == calendar::frequency::monthly) out += " on " + days_of(*rule);
    else return literally;
  }
  if (!rule->by_month_day.empty()) {
    if (rule->freq != calendar::frequency::monthly) return literally;
    std::vector<std::string> days;
    for (const int day : rule->by_month_day) days.push_back(day == -1 ? "last day" : ordinal(day));
    out += " on the " + joined(days);
  }
  if (rule->count) out += ", " + std::to_string(*rule->count) + " times";
  if (rule->until) out += ", until " + calendar::format_date(calendar::date_of(rule->until->at));
  if (value.anchor == evh_schemas::recurrence_anchor::completion) out += " after it is done";
  return out;
}

effect turn::change_rule(const language::series_update& change, const task& on) {
  const uuid id = parse_uuid(on.id).value();
  if (change.scope == language::series_scope::one)
    throw refusal(422, "validation-failed", "One occurrence has no rule of its own: say \"move " + on.title + " to ...\" to change just this one.");
  if (!on.recurrence) throw refusal(422, "not-repeating", quoted(on.title) + " does not repeat.");
  language::recurrence rule;
  rule.rrule = on.recurrence->rrule;
  if (change.repeat) rule = *change.repeat;
  series_patch patch;
  patch.scope = change.scope == language::series_scope::all ? series_scope::all : series_scope::following;
  if (change.repeat) {
    const auto whole = stored(rule);
    patch.anchor = whole.anchor;
    if (rule.catch_up) patch.catch_up = whole.catch_up;
  }
  const auto moved = language::apply_repeat(rule, change.from, change.time, spoken(on.due), context_of(input_, 0, false));
  if (moved.error) throw refusal(422, moved.error->code, moved.error->text);
  assume(moved.assumptions);
  patch.rrule = moved.rrule.empty() ? rule.rrule : moved.rrule;
  if (moved.due) patch.start = stored(*moved.due);
  return commands_.change_series(id, patch);
}

void turn::repeat_in(task_patch& patch, const language::update_task& command, const task& on) {
  if (command.clear_repeat) {
    patch.recurrence.emplace();
    return;
  }
  if (!command.repeat) return;
  const auto moved = language::apply_repeat(*command.repeat, command.repeat_from, command.repeat_at, spoken(on.due), context_of(input_, 0, false));
  if (moved.error) throw refusal(422, moved.error->code, moved.error->text);
  assume(moved.assumptions);
  auto rule = stored(*command.repeat);
  if (!moved.rrule.empty()) rule.rrule = moved.rrule;
  patch.recurrence = std::optional(std::move(rule));
  if (moved.due) patch.due = std::optional(stored(*moved.due));
}

std::optional<effect> turn::run_series(const language::any_command& command, const task& on) {
  const uuid id = parse_uuid(on.id).value();
  if (const auto* skip = std::get_if<language::series_skip>(&command)) return commands_.skip(id, skip->from, skip->to);
  if (const auto* pause = std::get_if<language::series_pause>(&command)) return commands_.pause(id, pause->until);
  if (std::holds_alternative<language::series_resume>(command)) return commands_.resume(id);
  if (const auto* change = std::get_if<language::series_update>(&command)) return change_rule(*change, on);
  return std::nullopt;
}

std::string turn::describe_series(const effect& done, const language::any_command& command) const {
  const task& value = done.value;
  if (done.op == "unchanged") return quoted(value.title) + " already is that way.";
  if (const auto* pause = std::get_if<language::series_pause>(&command))
    return "Paused " + quoted(value.title) + (pause->until ? " until " + calendar::format_date(*pause->until) : ": say \"resume " + value.title + "\" to let it go on") + ".";
  if (std::holds_alternative<language::series_resume>(command)) return quoted(value.title) + " goes on, " + talk::say(*value.recurrence) + ".";
  if (std::holds_alternative<language::series_skip>(command)) return "Skipped. " + quoted(value.title) + " is due " + talk::say(value.due, input_.tz) + ".";
  return quoted(value.title) + " repeats " + talk::say(*value.recurrence) + ", next " + talk::say(value.due, input_.tz) + ".";
}

}  // namespace chat::talk
