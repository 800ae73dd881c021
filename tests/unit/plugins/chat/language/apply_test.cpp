// Moving a task in time: what is kept, what changes, and in which zone.
#include "plugins/chat/language/apply.hpp"

#include <gtest/gtest.h>

#include "utterance_table.hpp"

namespace chat::language {
namespace {

using chat_language_test::usual_context;

// Understands the sentence and applies it to `present` (the JSON spelling of a due, or empty).
std::string moved(const std::string& sentence, const std::optional<calendar::due>& present) {
  const auto u = understand(sentence, usual_context());
  const auto* command = std::get_if<reschedule_tasks>(&u.command);
  if (!command) return "not a reschedule: " + u.intent;
  const auto result = apply_reschedule(command->to, present, usual_context());
  if (result.error) return "!" + result.error->code;
  return result.due ? boost::json::serialize(to_json(*result.due)) : "none";
}

calendar::due local(const char* at) { return calendar::floating{*calendar::parse_local(at)}; }
const calendar::due a_date = calendar::make_date(2026, 8, 20);
const calendar::due in_paris = calendar::zoned{*calendar::parse_local("2026-08-20T15:00"), "Europe/Paris"};
const calendar::due an_instant = *calendar::parse_instant("2026-08-20T13:00:00Z");   // 09:00 in New York

TEST(ApplyReschedule, ADateKeepsTheTimeAndTheZone) {
  EXPECT_EQ(moved("move it to friday", local("2026-08-20T15:00")), "{\"local\":\"2026-08-21T15:00\"}");
  EXPECT_EQ(moved("move it to friday", in_paris), "{\"local\":\"2026-08-21T15:00\",\"tz\":\"Europe/Paris\"}");
  EXPECT_EQ(moved("move it to friday", an_instant), "{\"local\":\"2026-08-21T09:00\",\"tz\":\"America/New_York\"}");
  EXPECT_EQ(moved("move it to friday", a_date), "{\"date\":\"2026-08-21\"}");
  EXPECT_EQ(moved("move it to friday", std::nullopt), "{\"date\":\"2026-08-21\"}");
}

TEST(ApplyReschedule, ATimeKeepsTheDay) {
  EXPECT_EQ(moved("make it 6pm", local("2026-08-20T15:00")), "{\"local\":\"2026-08-20T18:00\"}");
  EXPECT_EQ(moved("make it 6pm", a_date), "{\"local\":\"2026-08-20T18:00\"}");
  EXPECT_EQ(moved("make it 6pm", in_paris), "{\"local\":\"2026-08-20T18:00\",\"tz\":\"Europe/Paris\"}");
  EXPECT_EQ(moved("make it 6pm", std::nullopt), "{\"local\":\"2026-08-18T18:00\"}");
  EXPECT_EQ(moved("make it 9am", std::nullopt), "{\"local\":\"2026-08-19T09:00\"}");
  EXPECT_EQ(moved("make it 6pm Tokyo time", a_date), "{\"local\":\"2026-08-20T18:00\",\"tz\":\"Asia/Tokyo\"}");
}

TEST(ApplyReschedule, ShiftsCountFromTheOldDue) {
  EXPECT_EQ(moved("push it by 2 days", a_date), "{\"date\":\"2026-08-22\"}");
  EXPECT_EQ(moved("push it by an hour", local("2026-08-20T23:30")), "{\"local\":\"2026-08-21T00:30\"}");
  EXPECT_EQ(moved("push it by an hour", an_instant), "{\"instant\":\"2026-08-20T14:00:00Z\"}");
  EXPECT_EQ(moved("push it by an hour", a_date), "!no_time");
  EXPECT_EQ(moved("push it by a week", std::nullopt), "!no_due");
}

TEST(ApplyReschedule, BothAndNeither) {
  EXPECT_EQ(moved("move it to friday at 3pm", a_date), "{\"local\":\"2026-08-21T15:00\"}");
  EXPECT_EQ(moved("clear the due date of it", a_date), "none");
}

// Understands the sentence as a repetition of an existing task and applies it to `present`.
std::string repeated(const std::string& sentence, const std::optional<calendar::due>& present) {
  const auto u = understand(sentence, usual_context());
  const auto* command = std::get_if<update_task>(&u.command);
  if (!command || !command->repeat) return "no repetition: " + u.intent;
  const auto result = apply_repeat(*command->repeat, command->repeat_from, command->repeat_at, present, usual_context());
  if (result.error) return "!" + result.error->code;
  return boost::json::serialize(to_json(*result.due)) + " " + result.rrule;
}

TEST(ApplyRepeat, BeginsOnTheFirstDayThatFitsFromTheDueOn) {
  EXPECT_EQ(repeated("and every week", local("2026-08-20T15:00")), "{\"local\":\"2026-08-20T15:00\"} FREQ=WEEKLY");
  EXPECT_EQ(repeated("and every friday", local("2026-08-20T15:00")), "{\"local\":\"2026-08-21T15:00\"} FREQ=WEEKLY;BYDAY=FR");
  EXPECT_EQ(repeated("and every other friday", a_date), "{\"date\":\"2026-08-21\"} FREQ=WEEKLY;INTERVAL=2;BYDAY=FR");
  EXPECT_EQ(repeated("and every week", in_paris), "{\"local\":\"2026-08-20T15:00\",\"tz\":\"Europe/Paris\"} FREQ=WEEKLY");
}

TEST(ApplyRepeat, ATimeThatWasSaidCounts) {
  EXPECT_EQ(repeated("and every day at 9", a_date), "{\"local\":\"2026-08-20T09:00\"} FREQ=DAILY");
  EXPECT_EQ(repeated("and every day at 9", std::nullopt), "{\"local\":\"2026-08-19T09:00\"} FREQ=DAILY");
  EXPECT_EQ(repeated("and every day at 9pm", std::nullopt), "{\"local\":\"2026-08-18T21:00\"} FREQ=DAILY");
  EXPECT_EQ(repeated("and every day", std::nullopt), "{\"date\":\"2026-08-18\"} FREQ=DAILY");
  EXPECT_EQ(repeated("and every monday starting september 3", local("2026-08-20T15:00")), "{\"local\":\"2026-09-07T15:00\"} FREQ=WEEKLY;BYDAY=MO");
}

TEST(ApplyRepeat, TheThirtyFirstStaysTheLastDayOfShortMonths) {
  EXPECT_EQ(repeated("and every month", calendar::due{calendar::make_date(2026, 8, 31)}),
            "{\"date\":\"2026-08-31\"} RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD");
  EXPECT_EQ(repeated("and every month", calendar::due{calendar::make_date(2026, 8, 28)}), "{\"date\":\"2026-08-28\"} FREQ=MONTHLY");
  EXPECT_EQ(apply_repeat(recurrence{"FREQ=NEVER", {}, {}}, {}, {}, a_date, usual_context()).error->code, "invalid_rule");
}

}  // namespace
}  // namespace chat::language
