// Series of tasks over the calendar's engine.
#include "plugins/chat/tasks/series.hpp"

#include <algorithm>

#include "plugins/calendar/zone.hpp"
#include "plugins/chat/tasks/refusal.hpp"

namespace chat {

namespace {

refusal bad_rule(const std::string& message) {
  return {422, "validation-failed", "The rule of repetition was not accepted: " + message, {{"/recurrence/rrule", "invalid", message}}};
}

calendar::rule rule_of(const std::string& rrule) {
  auto parsed = calendar::parse_rule(rrule);
  if (const auto* wrong = std::get_if<calendar::rule_error>(&parsed)) throw bad_rule(wrong->text);
  return std::get<calendar::rule>(std::move(parsed));
}

bool has_clock(const calendar::rule& rule) {
  return rule.freq <= calendar::frequency::hourly || !rule.by_hour.empty() || !rule.by_minute.empty() || !rule.by_second.empty();
}

// Where the due stands on the series' own clock.
void take_start(task& value) {
  auto& rule = *value.recurrence;
  rule.tz.clear();
  switch (kind_of(value.due)) {
    case due_kind::none: break;
    case due_kind::date: rule.dtstart = value.due->date; break;
    case due_kind::local: rule.dtstart = value.due->local; break;
    case due_kind::zoned: rule.dtstart = value.due->local, rule.tz = value.due->tz; break;
    case due_kind::instant:
      if (const auto at = calendar::parse_instant(value.due->instant)) rule.dtstart = calendar::format_local(calendar::civil_time{at->time_since_epoch()});
      rule.tz = "UTC";
      break;
  }
  rule.occurrence = rule.dtstart;
  rule.number = 1;
}

void require_sense(const evh_schemas::recurrence& rule) {
  const auto series = calendar_series(rule);
  if (const auto wrong = calendar::mismatch(series)) throw bad_rule(wrong->text);
}

}  // namespace

std::optional<std::string> wrong_rule(std::string_view rrule) {
  const auto parsed = calendar::parse_rule(rrule);
  if (const auto* wrong = std::get_if<calendar::rule_error>(&parsed)) return wrong->text;
  return std::nullopt;
}

std::optional<calendar::civil_time> parse_civil(std::string_view text) {
  if (const auto day = calendar::parse_date(text)) return calendar::at_time(*day, std::chrono::seconds{0});
  return calendar::parse_local(text);
}

bool is_all_day(const evh_schemas::recurrence& of) { return calendar::parse_date(of.dtstart).has_value(); }

std::string civil_text(calendar::civil_time at, bool all_day) { return all_day ? calendar::format_date(calendar::date_of(at)) : calendar::format_local(at); }

calendar::series calendar_series(const evh_schemas::recurrence& of) {
  calendar::series out;
  out.rule = rule_of(of.rrule);
  out.all_day = is_all_day(of);
  if (const auto at = parse_civil(of.dtstart)) out.dtstart = *at;
  for (const auto& each : of.exdates)
    if (const auto at = parse_civil(each)) out.exdates.push_back(*at);
  for (const auto& each : of.rdates)
    if (const auto at = parse_civil(each)) out.rdates.push_back(*at);
  std::sort(out.exdates.begin(), out.exdates.end());
  std::sort(out.rdates.begin(), out.rdates.end());
  out.tz = of.tz;
  return out;
}

void start_series(task& value, calendar::civil_date today, const std::string& pointer) {
  auto& rule = *value.recurrence;
  rule.series_id = value.id;
  rule.series_version = 1;
  if (!value.due) {
    const bool clock = has_clock(rule_of(rule.rrule));
    rule.dtstart = civil_text(calendar::at_time(today, std::chrono::seconds{0}), !clock);
    require_sense(rule);
    const auto first = calendar::list(calendar_series(rule), 1);
    if (first.empty())
      throw refusal(422, "validation-failed", "The rule of repetition has no occurrence.", {{pointer.empty() ? "/recurrence/rrule" : pointer, "invalid", "has no occurrence"}});
    value.due.emplace();
    (clock ? value.due->local : value.due->date) = civil_text(first.front(), !clock);
  }
  take_start(value);
  require_sense(rule);
}

void change_recurrence(const task& before, task& after, const std::optional<evh_schemas::recurrence>& wanted, calendar::civil_date today) {
  if (!wanted) return after.recurrence.reset();
  after.recurrence = *wanted;
  if (!before.recurrence) return start_series(after, today, {});
  const auto& was = *before.recurrence;
  if (was.rrule == wanted->rrule && was.anchor == wanted->anchor && was.catch_up == wanted->catch_up) {
    after.recurrence = was;
    return;
  }
  after.recurrence->series_id = was.series_id;
  after.recurrence->series_version = was.series_version;
  take_start(after);
  require_sense(*after.recurrence);
}

void stand_at(task& value, calendar::civil_time occurrence) {
  auto& rule = *value.recurrence;
  const bool all_day = is_all_day(rule);
  const bool instant = kind_of(value.due) == due_kind::instant;
  rule.occurrence = civil_text(occurrence, all_day);
  due at;
  if (all_day) at.date = rule.occurrence;
  else if (instant && rule.tz == "UTC") at.instant = calendar::format_instant(calendar::instant{occurrence.time_since_epoch()});
  else at.local = rule.occurrence, at.tz = rule.tz;
  value.due = std::move(at);
}

void begin_at_due(task& value) { take_start(value); }

void begin_at_occurrence(task& value) {
  value.recurrence->dtstart = value.recurrence->occurrence;
  value.recurrence->number = 1;
}

calendar::civil_time local_now(const evh_schemas::recurrence& of, std::int64_t now_ms) {
  const calendar::instant now{std::chrono::seconds{now_ms / 1000}};
  const auto local = calendar::to_local(now, of.tz.empty() ? "UTC" : of.tz);
  return local ? *local : calendar::civil_time{now.time_since_epoch()};
}

std::vector<std::string> next_occurrences(const evh_schemas::recurrence& of, std::size_t max) {
  std::vector<std::string> out;
  const auto present = parse_civil(of.occurrence);
  for (const auto& each : calendar::list(calendar_series(of), max, present)) out.push_back(civil_text(each, is_all_day(of)));
  return out;
}

}  // namespace chat
