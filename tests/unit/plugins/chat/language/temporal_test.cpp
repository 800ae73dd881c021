// Stages 5a and 6: which words are a date, and what they come to at a given moment.
#include <gtest/gtest.h>

#include "plugins/chat/language/literals.hpp"
#include "plugins/chat/language/resolve.hpp"
#include "utterance_table.hpp"

namespace chat::language {
namespace {

using chat_language_test::usual_context;

// The whole text as one phrase, resolved; "-" when it is no phrase, "?" when it needs a question, "!" when impossible.
std::string due_of(const std::string& text, const context& ctx = usual_context()) {
  sentence s{text};
  mark_literals(s);
  const auto m = match_temporal(s, 0, s.size());
  if (!m || m->last != s.size()) return "-";
  const auto r = resolve(*m, ctx);
  if (r.error) return "!" + r.error->code;
  if (r.question) return "?" + r.question->code;
  return r.value ? boost::json::serialize(to_json(*r.value)) : "-";
}

std::string date(const char* day) { return std::string{"{\"date\":\""} + day + "\"}"; }
std::string local(const char* at) { return std::string{"{\"local\":\""} + at + "\"}"; }

TEST(Dates, RelativeDaysAndWeekdays) {
  EXPECT_EQ(due_of("today"), date("2026-08-18"));
  EXPECT_EQ(due_of("day after tomorrow"), date("2026-08-20"));
  EXPECT_EQ(due_of("tuesday"), date("2026-08-25"));
  EXPECT_EQ(due_of("this tuesday"), date("2026-08-18"));
  EXPECT_EQ(due_of("next tuesday"), date("2026-08-25"));
  EXPECT_EQ(due_of("wed"), date("2026-08-19"));
  EXPECT_EQ(due_of("next wed"), date("2026-08-26"));
  EXPECT_EQ(due_of("last friday"), "?past");
}

TEST(Dates, PeriodsAndTheirEnds) {
  EXPECT_EQ(due_of("next week"), date("2026-08-24"));
  EXPECT_EQ(due_of("next month"), date("2026-09-01"));
  EXPECT_EQ(due_of("next year"), date("2027-01-01"));
  EXPECT_EQ(due_of("next quarter"), date("2026-10-01"));
  EXPECT_EQ(due_of("end of the month"), date("2026-08-31"));
  EXPECT_EQ(due_of("end of next month"), date("2026-09-30"));
  EXPECT_EQ(due_of("end of year"), date("2026-12-31"));
  EXPECT_EQ(due_of("end of june"), date("2027-06-30"));
  EXPECT_EQ(due_of("middle of next month"), date("2026-09-15"));
  EXPECT_EQ(due_of("start of next week"), date("2026-08-24"));
}

TEST(Dates, MonthEndsDoNotOverflow) {
  context ctx = usual_context();
  ctx.now = *calendar::parse_instant("2027-01-31T15:00:00Z");
  EXPECT_EQ(due_of("in a month", ctx), date("2027-02-28"));
  EXPECT_EQ(due_of("in 13 months", ctx), date("2028-02-29"));
  EXPECT_EQ(due_of("on the 30th", ctx), date("2027-03-30"));
  EXPECT_EQ(due_of("last day of february", ctx), date("2027-02-28"));
}

TEST(Dates, WrittenDates) {
  EXPECT_EQ(due_of("2026-08-31"), date("2026-08-31"));
  EXPECT_EQ(due_of("2026/8/31"), date("2026-08-31"));
  EXPECT_EQ(due_of("31.8.2026"), date("2026-08-31"));
  EXPECT_EQ(due_of("august 31st, 2026"), date("2026-08-31"));
  EXPECT_EQ(due_of("31 aug 2026"), date("2026-08-31"));
  EXPECT_EQ(due_of("10/11"), date("2026-10-11"));
  context british = usual_context();
  british.locale = "en-GB";
  EXPECT_EQ(due_of("10/11", british), date("2026-11-10"));
  EXPECT_EQ(due_of("10/11/2027", british), date("2027-11-10"));
  EXPECT_EQ(due_of("2026-8-31"), "-");
  EXPECT_EQ(due_of("1-2-3"), "-");
}

TEST(Dates, ImpossibleDatesAreErrors) {
  for (const char* text : {"feb 30", "june 31", "2026-02-29", "2026-13-01", "31/31/2026", "on april 31"}) EXPECT_EQ(due_of(text), "!invalid_date") << text;
}

TEST(Dates, OffsetsAndAnchors) {
  EXPECT_EQ(due_of("in 10 days"), date("2026-08-28"));
  EXPECT_EQ(due_of("3 days after tomorrow"), date("2026-08-22"));
  EXPECT_EQ(due_of("2 days before christmas"), "-");
  EXPECT_EQ(due_of("2 days before december 25"), date("2026-12-23"));
  EXPECT_EQ(due_of("a week from next monday"), date("2026-08-31"));
  EXPECT_EQ(due_of("in 999999 days"), "-");
}

TEST(Times, ClocksAndGuesses) {
  EXPECT_EQ(due_of("at 3"), local("2026-08-18T15:00"));
  EXPECT_EQ(due_of("at 8"), local("2026-08-19T08:00"));
  EXPECT_EQ(due_of("at 8am"), local("2026-08-19T08:00"));
  EXPECT_EQ(due_of("17:45"), local("2026-08-18T17:45"));
  EXPECT_EQ(due_of("12am"), local("2026-08-19T00:00"));
  EXPECT_EQ(due_of("12pm"), local("2026-08-18T12:00"));
  EXPECT_EQ(due_of("tomorrow at 07:30:15"), local("2026-08-19T07:30:15"));
  EXPECT_EQ(due_of("quarter to one"), local("2026-08-18T12:45"));
  for (const char* text : {"14pm", "25:12", "at 24:00", "0am", "at 5:60pm"}) EXPECT_EQ(due_of(text), "!invalid_time") << text;
  EXPECT_EQ(due_of("1:1"), "-");
  EXPECT_EQ(due_of("5.30"), "-");
}

TEST(Times, InstantsOnlyFromExactShifts) {
  EXPECT_EQ(due_of("in 3 hours"), "{\"instant\":\"2026-08-18T17:30:00Z\"}");
  EXPECT_EQ(due_of("in 1 day and 2 hours"), "{\"instant\":\"2026-08-19T16:30:00Z\"}");
  context autumn = usual_context();
  autumn.now = *calendar::parse_instant("2026-10-31T14:30:00Z");
  EXPECT_EQ(due_of("in 1 day and 1 hour", autumn), "{\"instant\":\"2026-11-01T16:30:00Z\"}") << "a day of 25 hours, then an hour";
}

TEST(Times, GapsAndOverlapsArePinnedToTheZone) {
  EXPECT_EQ(due_of("march 14 2027 2:30am"), "{\"local\":\"2027-03-14T02:30\",\"tz\":\"America/New_York\"}");
  EXPECT_EQ(due_of("march 14 2027 3:30am"), local("2027-03-14T03:30"));
  EXPECT_EQ(due_of("march 14 2027 2:30am London time"), "{\"local\":\"2027-03-14T02:30\",\"tz\":\"Europe/London\"}");
}

TEST(Positions, WeakWordsNeedACompanion) {
  const auto count = [](const std::string& text) {
    sentence s{text};
    mark_literals(s);
    return scan_temporal(s, 0, s.size(), std::vector<std::uint8_t>(s.size(), 0)).size();
  };
  for (const char* text : {"read friday night lights", "monday report", "enjoy the sun", "call April", "may I go", "march on", "the 9/11 report", "at 5 main street", "buy 3 apples", "24/7", "second opinion"})
    EXPECT_EQ(count(text), 0u) << text;
  for (const char* text : {"read on friday night lights out", "report monday", "call in april please", "may 5 dinner", "dinner 9/11", "meet at 5 with Ana", "trip in march"})
    EXPECT_EQ(count(text), 1u) << text;
}

}  // namespace
}  // namespace chat::language
