// From a completed task to the next one.
#include "plugins/recurring/next_tasks.hpp"

#include <algorithm>
#include <optional>

#include "plugins/calendar/series.hpp"
#include "plugins/calendar/zone.hpp"
#include "plugins/recurring/occurrence_id.hpp"

namespace recurring {
namespace {

namespace es = evh_schemas;
using calendar::civil_time;
using std::chrono::seconds;

std::optional<civil_time> read_civil(std::string_view text) {
  if (const auto day = calendar::parse_date(text)) return calendar::at_time(*day, seconds{0});
  return calendar::parse_local(text);
}

// A completed task read once: its series as the calendar knows it, where it stands, and which clock counts.
struct reading {
  calendar::series series;
  civil_time occurrence{};
  std::string tz;            // of the clock: the series', the due's, or the person's
};

civil_time required_civil(std::string_view text, std::string_view what) {
  const auto found = read_civil(text);
  if (!found) throw unreadable(std::string(what) + " \"" + std::string(text.substr(0, 40)) + "\" is neither a date nor a local time");
  return *found;
}

reading read(const es::task& done, std::string_view person_tz) {
  const auto& rec = *done.recurrence;
  reading out;
  auto parsed = calendar::parse_rule(rec.rrule);
  if (const auto* wrong = std::get_if<calendar::rule_error>(&parsed)) throw unreadable("recurrence.rrule: " + wrong->text);
  out.series.rule = std::get<calendar::rule>(std::move(parsed));
  out.series.dtstart = required_civil(rec.dtstart, "recurrence.dtstart");
  out.series.all_day = calendar::parse_date(rec.dtstart).has_value();
  out.occurrence = rec.occurrence.empty() ? out.series.dtstart : required_civil(rec.occurrence, "recurrence.occurrence");
  for (const auto& each : rec.exdates) out.series.exdates.push_back(required_civil(each, "recurrence.exdates"));
  for (const auto& each : rec.rdates) out.series.rdates.push_back(required_civil(each, "recurrence.rdates"));
  if (const auto wrong = calendar::mismatch(out.series)) throw unreadable("recurrence.rrule: " + wrong->text);
  out.tz = !rec.tz.empty() ? rec.tz : done.due && !done.due->tz.empty() ? done.due->tz : std::string(person_tz);
  if (!calendar::zone_known(out.tz)) out.tz = "UTC";
  out.series.tz = out.tz;
  return out;
}

civil_time clock_at(std::int64_t ms, const std::string& tz) {
  return calendar::to_local(calendar::instant{std::chrono::floor<seconds>(std::chrono::milliseconds{ms})}, tz).value_or(civil_time{});
}

// What the task's due shows on the series' clock; its occurrence when there is none to read.
civil_time due_reading(const es::task& done, const reading& from) {
  if (!done.due) return from.occurrence;
  if (!done.due->instant.empty()) {
    const auto at = calendar::parse_instant(done.due->instant);
    return at ? calendar::to_local(*at, from.tz).value_or(from.occurrence) : from.occurrence;
  }
  return read_civil(done.due->date.empty() ? done.due->local : done.due->date).value_or(from.occurrence);
}

std::string civil_text(civil_time at, bool all_day) { return all_day ? calendar::format_date(calendar::date_of(at)) : calendar::format_local(at); }

// The due at an occurrence, in the form the series has. An instant stays one: it is the same clock in UTC.
es::due due_at(civil_time occurrence, const es::task& done, const reading& from) {
  es::due out;
  if (from.series.all_day) out.date = civil_text(occurrence, true);
  else if (done.due && !done.due->instant.empty()) out.instant = calendar::format_instant(calendar::resolve(occurrence, from.tz)->at);
  else {
    out.local = civil_text(occurrence, false);
    out.tz = !done.recurrence->tz.empty() ? done.recurrence->tz : done.due ? done.due->tz : std::string();
  }
  return out;
}

// A moment of its own moves by as much wall-clock time as the due.
es::due moved(es::due at, seconds by, const std::string& tz) {
  if (!at.instant.empty()) {
    const auto instant = calendar::parse_instant(at.instant);
    const auto local = instant ? calendar::to_local(*instant, tz) : std::nullopt;
    if (local) at.instant = calendar::format_instant(calendar::resolve(*local + by, tz)->at);
  } else if (!at.local.empty()) {
    if (const auto local = calendar::parse_local(at.local)) at.local = calendar::format_local(*local + by);
  } else if (const auto day = calendar::parse_date(at.date)) {
    at.date = civil_text(calendar::at_time(*day, seconds{0}) + by, true);
  }
  return at;
}

// Snoozes belong to the occurrence that was snoozed; the others come along.
std::vector<es::reminder> reminders_at(const es::task& done, seconds by, const std::string& tz) {
  std::vector<es::reminder> out;
  for (auto each : done.reminders) {
    if (!each.snooze_of.empty()) continue;
    if (each.at) each.at = moved(*each.at, by, tz);
    out.push_back(std::move(each));
  }
  return out;
}

es::task task_at(civil_time occurrence, civil_time dtstart, std::int64_t ahead, const es::task& done, const reading& from) {
  es::task out = done;
  out.status = es::task_status::pending;
  out.version = 0;                 // version and times are chat's to set
  out.created_at = {};
  out.updated_at = {};
  out.completed_at.reset();
  out.due = due_at(occurrence, done, from);
  out.reminders = reminders_at(done, occurrence - due_reading(done, from), from.tz);
  auto& rec = *out.recurrence;
  rec.dtstart = civil_text(dtstart, from.series.all_day);
  rec.occurrence = civil_text(occurrence, from.series.all_day);
  rec.number += ahead;
  rec.paused = false;
  rec.paused_until.clear();
  return out;
}

// A pause with an end: nothing before that day.
std::optional<civil_time> not_before(std::optional<civil_time> next, const std::string& paused_until, calendar::series of, civil_time dtstart) {
  const auto end = calendar::parse_date(paused_until);
  if (!next || !end || *next >= calendar::at_time(*end, seconds{0})) return next;
  of.dtstart = dtstart;
  return calendar::next_after(of, calendar::at_time(*end, seconds{0}) - seconds{1});
}

}  // namespace

next_tasks follow(const es::task& done, std::int64_t completed_ms, std::string_view person_tz) {
  next_tasks out;
  const auto& rec = *done.recurrence;
  if (rec.paused && rec.paused_until.empty()) {
    out.outcome = outcome::paused;
    return out;
  }
  const auto from = read(done, person_tz);
  const calendar::completion completed{from.occurrence, clock_at(completed_ms, from.tz), static_cast<int>(std::clamp<std::int64_t>(rec.number, 1, 1'000'000))};
  auto found = calendar::successor(from.series, completed, static_cast<calendar::anchor>(rec.anchor), static_cast<calendar::catch_up>(rec.catch_up));
  if (rec.paused) {
    found.next = not_before(found.next, rec.paused_until, from.series, found.dtstart);
    found.missed.clear();
  }
  out.skipped = found.skipped;
  const std::string series_id = rec.series_id.empty() ? done.id : rec.series_id;
  for (const auto at : found.missed) {
    out.tasks.push_back(task_at(at, found.dtstart, static_cast<std::int64_t>(out.tasks.size()) + 1, done, from));
    out.tasks.back().id = occurrence_id(series_id, done.id, out.tasks.back().recurrence->occurrence);
  }
  if (found.next) {
    out.tasks.push_back(task_at(*found.next, found.dtstart, static_cast<std::int64_t>(out.tasks.size()) + 1, done, from));
    out.tasks.back().id = occurrence_id(series_id, done.id);
  }
  for (auto& each : out.tasks) each.recurrence->series_id = series_id;
  out.outcome = out.tasks.empty() ? outcome::ended : outcome::created;
  return out;
}

static_assert(static_cast<int>(calendar::anchor::completion) == static_cast<int>(es::recurrence_anchor::completion));
static_assert(static_cast<int>(calendar::catch_up::pile_up) == static_cast<int>(es::catch_up::pile_up) &&
              static_cast<int>(calendar::catch_up::keep) == static_cast<int>(es::catch_up::keep));

}  // namespace recurring
