// What the next task looks like: id, due, reminders, place in the series; pauses and ends.
#include <gtest/gtest.h>

#include "plugins/calendar/civil.hpp"
#include "plugins/recurring/next_tasks.hpp"
#include "plugins/recurring/occurrence_id.hpp"

namespace recurring {
namespace {

namespace es = evh_schemas;

constexpr const char* series_id = "01900000-0000-7000-8000-000000000001";
constexpr const char* task_id = "01900000-0000-7000-8000-000000000002";

std::int64_t ms(std::string_view instant) { return calendar::parse_instant(instant)->time_since_epoch().count() * 1000; }

es::due on(std::string date) { return {std::move(date), {}, {}, {}}; }
es::due local(std::string at, std::string tz = {}) { return {{}, std::move(at), std::move(tz), {}}; }
es::due moment(std::string at) { return {{}, {}, {}, std::move(at)}; }
es::reminder reminder(std::string id, std::optional<es::due> at, std::string offset = {}, std::string snooze_of = {}) {
  return {std::move(id), std::move(offset), {}, std::move(at), std::move(snooze_of)};
}

es::task task(std::string rrule, std::string occurrence, std::string tz = "") {
  es::task out;
  out.id = task_id;
  out.owner = "ana";
  out.title = "standup";
  out.description = "daily";
  out.status = es::task_status::completed;
  out.tags = {"work"};
  out.version = 7;
  out.due.emplace();
  (occurrence.size() == 10 ? out.due->date : out.due->local) = occurrence;
  out.due->tz = tz;
  auto& rec = out.recurrence.emplace();
  rec.rrule = std::move(rrule);
  rec.dtstart = rec.occurrence = std::move(occurrence);
  rec.tz = std::move(tz);
  rec.series_id = series_id;
  rec.series_version = 4;
  rec.number = 3;
  return out;
}

TEST(NextTasks, TakesEverythingAlongButState) {
  auto done = task("FREQ=DAILY", "2026-08-31T09:00", "Europe/Paris");
  done.project_id = "p";
  done.assignee_id = "bob";
  done.completed_at = es::instant_ms{5};
  const auto next = follow(done, ms("2026-08-31T10:00:00Z"), "UTC");
  ASSERT_EQ(next.outcome, outcome::created);
  ASSERT_EQ(next.tasks.size(), 1U);
  const auto& t = next.tasks[0];
  EXPECT_EQ(t.id, occurrence_id(series_id, task_id));
  EXPECT_EQ(t.title + t.description + t.tags[0] + *t.project_id + *t.assignee_id, "standupdailyworkpbob");
  EXPECT_EQ(t.status, es::task_status::pending);
  EXPECT_FALSE(t.completed_at);
  EXPECT_EQ(t.version, 0);
  EXPECT_EQ(t.due->local, "2026-09-01T09:00");
  EXPECT_EQ(t.due->tz, "Europe/Paris");
  EXPECT_EQ(t.recurrence->occurrence, "2026-09-01T09:00");
  EXPECT_EQ(t.recurrence->dtstart, "2026-08-31T09:00");
  EXPECT_EQ(t.recurrence->number, 4);
  EXPECT_EQ(t.recurrence->series_version, 4);
}

TEST(NextTasks, TheDueKeepsTheFormOfTheSeries) {
  const auto due_of = [](es::task done) { return *follow(done, ms("2026-08-31T10:00:00Z"), "UTC").tasks.at(0).due; };
  EXPECT_EQ(due_of(task("FREQ=DAILY", "2026-08-31")), on("2026-09-01"));
  EXPECT_EQ(due_of(task("FREQ=DAILY", "2026-08-31T09:00")), local("2026-09-01T09:00"));
  auto instant = task("FREQ=DAILY", "2026-08-31T09:00", "UTC");
  instant.due = moment("2026-08-31T09:00:00Z");
  EXPECT_EQ(due_of(instant), moment("2026-09-01T09:00:00Z"));
  auto put_off = task("FREQ=DAILY", "2026-08-31T09:00", "Europe/Paris");
  put_off.due->local = "2026-08-31T15:30";   // only this one was rescheduled
  EXPECT_EQ(due_of(put_off).local, "2026-09-01T09:00");
}

TEST(NextTasks, DatesAndFloatingTimesGoByThePersonsClock) {
  const auto next = [](std::string_view tz) { return follow(task("FREQ=DAILY", "2026-08-31"), ms("2026-09-01T20:00:00Z"), tz).tasks.at(0).recurrence->occurrence; };
  EXPECT_EQ(next("UTC"), "2026-09-02");
  EXPECT_EQ(next("Pacific/Auckland"), "2026-09-03");   // there it is the second already
  EXPECT_EQ(next("No/Such_Zone"), "2026-09-02");
}

TEST(NextTasks, ADaylightSavingGapMovesOneDayOnly) {
  auto done = task("FREQ=DAILY", "2026-03-07T02:30", "America/New_York");
  auto next = follow(done, ms("2026-03-07T08:00:00Z"), "UTC").tasks.at(0);
  EXPECT_EQ(next.due->local, "2026-03-08T02:30");   // shown and resolved at 03:30 that day
  next = follow(next, ms("2026-03-08T08:00:00Z"), "UTC").tasks.at(0);
  EXPECT_EQ(next.due->local, "2026-03-09T02:30");
}

TEST(NextTasks, MonthEndsDoNotDrift) {
  auto at = task("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD", "2027-01-31");
  std::string seen;
  for (int i = 0; i < 4; ++i) {
    at = follow(at, ms(at.due->date + "T12:00:00Z"), "UTC").tasks.at(0);
    seen += at.due->date + " ";
  }
  EXPECT_EQ(seen, "2027-02-28 2027-03-31 2027-04-30 2027-05-31 ");
}

TEST(NextTasks, RemindersComeAlongSnoozesDoNot) {
  auto done = task("FREQ=WEEKLY", "2026-10-19T09:00", "Europe/Paris");
  done.reminders = {reminder("a", {}, "-PT10M"), reminder("b", local("2026-10-18T20:00", "Europe/Paris")), reminder("c", moment("2026-10-18T18:00:00Z")),
                    reminder("d", local("2026-10-19T10:00"), {}, "n")};
  const auto next = follow(done, ms("2026-10-19T10:00:00Z"), "UTC").tasks.at(0);
  ASSERT_EQ(next.reminders.size(), 3U);
  EXPECT_EQ(next.reminders[0].id + next.reminders[0].offset, "a-PT10M");
  EXPECT_EQ(next.reminders[1].at->local, "2026-10-25T20:00");
  EXPECT_EQ(next.reminders[2].at->instant, "2026-10-25T19:00:00Z");   // same wall-clock time; Paris went back that night
}

TEST(NextTasks, AbsoluteRemindersFollowTheDueOfTheCompletedTask) {
  auto done = task("FREQ=DAILY", "2026-08-31T09:00", "Europe/Paris");
  done.due->local = "2026-08-31T15:00";
  done.reminders = {reminder("a", local("2026-08-31T14:00", "Europe/Paris"))};
  EXPECT_EQ(follow(done, ms("2026-08-31T14:00:00Z"), "UTC").tasks.at(0).reminders[0].at->local, "2026-09-01T08:00");
}

TEST(NextTasks, LateCompletionFollowsThePolicy) {
  auto done = task("FREQ=DAILY", "2026-08-01T09:00", "UTC");
  const auto late = ms("2026-08-04T10:00:00Z");
  auto next = follow(done, late, "UTC");
  EXPECT_EQ(next.tasks.at(0).recurrence->occurrence, "2026-08-05T09:00");
  EXPECT_EQ(next.skipped, 3);
  done.recurrence->catch_up = es::catch_up::keep;
  EXPECT_EQ(follow(done, late, "UTC").tasks.at(0).recurrence->occurrence, "2026-08-02T09:00");
  done.recurrence->catch_up = es::catch_up::pile_up;
  next = follow(done, late, "UTC");
  ASSERT_EQ(next.tasks.size(), 4U);
  EXPECT_EQ(next.tasks[0].recurrence->occurrence, "2026-08-02T09:00");
  EXPECT_EQ(next.tasks[0].id, occurrence_id(series_id, task_id, "2026-08-02T09:00"));
  EXPECT_EQ(next.tasks[3].id, occurrence_id(series_id, task_id));
  EXPECT_EQ(next.tasks[3].recurrence->number, 7);
}

TEST(NextTasks, RepeatingFromTheCompletionMovesTheStart) {
  auto done = task("FREQ=DAILY;INTERVAL=3;COUNT=5", "2026-08-01");
  done.recurrence->anchor = es::recurrence_anchor::completion;
  auto next = follow(done, ms("2026-08-20T12:00:00Z"), "UTC").tasks.at(0);
  EXPECT_EQ(next.due->date, "2026-08-23");
  EXPECT_EQ(next.recurrence->dtstart, "2026-08-20");
  done.recurrence->number = 5;
  EXPECT_EQ(follow(done, ms("2026-08-20T12:00:00Z"), "UTC").outcome, outcome::ended);
}

TEST(NextTasks, EndsWithCountAndUntil) {
  EXPECT_EQ(follow(task("FREQ=DAILY;COUNT=1", "2026-08-31"), ms("2026-08-31T12:00:00Z"), "UTC").outcome, outcome::ended);
  EXPECT_EQ(follow(task("FREQ=DAILY;UNTIL=20260831", "2026-08-31"), ms("2026-08-31T12:00:00Z"), "UTC").outcome, outcome::ended);
  auto skipping = task("FREQ=DAILY;COUNT=2", "2026-08-31");
  skipping.recurrence->exdates = {"2026-09-01"};
  EXPECT_EQ(follow(skipping, ms("2026-08-31T12:00:00Z"), "UTC").outcome, outcome::ended);
}

TEST(NextTasks, APauseMakesNoneOrStartsAgainWhenItEnds) {
  auto done = task("FREQ=DAILY", "2026-08-31");
  done.recurrence->paused = true;
  EXPECT_EQ(follow(done, ms("2026-08-31T12:00:00Z"), "UTC").outcome, outcome::paused);
  done.recurrence->paused_until = "2026-09-10";
  const auto next = follow(done, ms("2026-08-31T12:00:00Z"), "UTC").tasks.at(0);
  EXPECT_EQ(next.due->date, "2026-09-10");
  EXPECT_FALSE(next.recurrence->paused);
  EXPECT_EQ(next.recurrence->paused_until, "");
}

TEST(NextTasks, APauseSwallowsWhatPassed) {
  auto done = task("FREQ=DAILY", "2026-08-01");
  done.recurrence->catch_up = es::catch_up::pile_up;
  done.recurrence->paused = true;
  done.recurrence->paused_until = "2026-09-10";
  const auto next = follow(done, ms("2026-08-20T12:00:00Z"), "UTC");
  ASSERT_EQ(next.tasks.size(), 1U);
  EXPECT_EQ(next.tasks[0].due->date, "2026-09-10");
}

TEST(NextTasks, ASeriesWithoutAnIdIsNamedAfterItsTask) {
  auto done = task("FREQ=DAILY", "2026-08-31");
  done.recurrence->series_id.clear();
  const auto next = follow(done, ms("2026-08-31T12:00:00Z"), "UTC").tasks.at(0);
  EXPECT_EQ(next.recurrence->series_id, task_id);
  EXPECT_EQ(next.id, occurrence_id(task_id, task_id));
}

TEST(NextTasks, WhatCannotBeReadIsNamed) {
  const auto why = [](es::task done) -> std::string {
    try {
      follow(done, 0, "UTC");
    } catch (const unreadable& wrong) {
      return wrong.what();
    }
    return "accepted";
  };
  EXPECT_NE(why(task("FREQ=SOMETIMES", "2026-08-31")).find("FREQ"), std::string::npos);
  EXPECT_NE(why(task("FREQ=HOURLY", "2026-08-31")).find("time of day"), std::string::npos);
  auto done = task("FREQ=DAILY", "2026-02-30");
  EXPECT_NE(why(done).find("dtstart"), std::string::npos);
  done = task("FREQ=DAILY", "2026-08-31");
  done.recurrence->exdates = {"soon"};
  EXPECT_NE(why(done).find("exdates"), std::string::npos);
}

TEST(OccurrenceId, IsAVersion8UuidOfItsParts) {
  const auto id = occurrence_id(series_id, task_id);
  EXPECT_EQ(id, "30035f33-670a-85e3-8c86-6b4e7294e46f");
  EXPECT_NE(occurrence_id(series_id, task_id, "2026-08-31"), id);
  EXPECT_NE(occurrence_id(task_id, series_id), id);
}

}  // namespace
}  // namespace recurring
