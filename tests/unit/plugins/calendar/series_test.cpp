// Which task follows a completed one, by anchor and catch-up policy; splitting and skipping.
#include <gtest/gtest.h>

#include "plugins/calendar/series.hpp"

namespace {

using calendar::anchor;
using calendar::catch_up;
using calendar::civil_time;
using calendar::series;

civil_time at(std::string_view text) {
  return text.size() == 10 ? calendar::at_time(*calendar::parse_date(text), calendar::time_of_day{0}) : *calendar::parse_local(text);
}

series make(std::string_view rule, std::string_view start) {
  series of;
  of.rule = std::get<calendar::rule>(calendar::parse_rule(rule));
  of.all_day = start.size() == 10;
  of.dtstart = at(start);
  return of;
}

std::string shown(std::optional<civil_time> t) { return t ? calendar::format_local(*t) : "none"; }

struct succession_case {
  const char* rule;
  const char* start;
  const char* occurrence;
  const char* completed;
  anchor from;
  catch_up late;
  const char* next;
  std::int64_t skipped;
};

TEST(Succession, FollowsAnchorAndCatchUp) {
  using enum anchor;
  using enum catch_up;
  const succession_case cases[] = {
      // in time, early, late
      {"FREQ=DAILY", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-10T20:00", schedule, skip_to_future, "2026-08-11T09:00", 0},
      {"FREQ=DAILY", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-08T20:00", schedule, skip_to_future, "2026-08-11T09:00", 0},
      {"FREQ=DAILY", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-13T08:00", schedule, skip_to_future, "2026-08-13T09:00", 2},
      {"FREQ=DAILY", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-13T09:00", schedule, skip_to_future, "2026-08-14T09:00", 3},
      {"FREQ=DAILY", "2026-08-03", "2026-08-10", "2026-08-13T08:00", schedule, skip_to_future, "2026-08-14T00:00", 3},
      {"FREQ=DAILY", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-13T08:00", schedule, keep, "2026-08-11T09:00", 0},
      {"FREQ=DAILY;COUNT=9", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-10T10:00", schedule, skip_to_future, "2026-08-11T09:00", 0},
      {"FREQ=DAILY;COUNT=8", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-10T10:00", schedule, skip_to_future, "none", 0},
      {"FREQ=DAILY;UNTIL=20260812", "2026-08-03T09:00", "2026-08-10T09:00", "2026-09-10T10:00", schedule, skip_to_future, "none", 2},
      // from the completion: its date, the series' time of day
      {"FREQ=DAILY;INTERVAL=3", "2026-08-03T09:00", "2026-08-06T09:00", "2026-08-20T20:00", completion, skip_to_future, "2026-08-23T09:00", 0},
      {"FREQ=DAILY;INTERVAL=3", "2026-08-03", "2026-08-06", "2026-08-20T20:00", completion, skip_to_future, "2026-08-23T00:00", 0},
      {"FREQ=WEEKLY", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-13T08:00", completion, skip_to_future, "2026-08-20T09:00", 0},
      {"FREQ=WEEKLY;BYDAY=MO", "2026-08-03T09:00", "2026-08-10T09:00", "2026-08-13T08:00", completion, skip_to_future, "2026-08-17T09:00", 0},
      {"FREQ=MONTHLY", "2026-01-15T09:00", "2026-01-15T09:00", "2026-01-31T08:00", completion, skip_to_future, "2026-02-28T09:00", 0},
      {"FREQ=YEARLY", "2027-01-15", "2027-01-15", "2028-02-29T08:00", completion, skip_to_future, "2029-02-28T00:00", 0},
      {"FREQ=HOURLY;INTERVAL=8", "2026-08-03T09:00", "2026-08-03T17:00", "2026-08-03T18:20", completion, skip_to_future, "2026-08-04T02:20", 0},
      {"FREQ=DAILY;BYHOUR=9,18", "2026-08-03T09:00", "2026-08-03T09:00", "2026-08-03T20:00", completion, skip_to_future, "2026-08-04T09:00", 0},
  };
  for (const auto& c : cases) {
    const auto found = calendar::successor(make(c.rule, c.start), {at(c.occurrence), at(c.completed), 1}, c.from, c.late);
    EXPECT_EQ(shown(found.next), c.next) << c.rule << " completed " << c.completed;
    EXPECT_EQ(found.skipped, c.skipped) << c.rule << " completed " << c.completed;
    EXPECT_TRUE(found.missed.empty());
  }
}

TEST(Succession, CountOfACompletionAnchoredSeriesGoesByNumber) {
  const auto of = make("FREQ=DAILY;COUNT=3", "2026-08-03T09:00");
  const auto after = [&](int number) {
    return shown(calendar::successor(of, {at("2026-08-05T09:00"), at("2026-08-20T20:00"), number}, anchor::completion, catch_up::keep).next);
  };
  EXPECT_EQ(after(2), "2026-08-21T09:00");
  EXPECT_EQ(after(3), "none");
}

TEST(Succession, TheStartMovesOnlyWithTheCompletion) {
  const auto of = make("FREQ=DAILY", "2026-08-03T09:00");
  const calendar::completion done{at("2026-08-05T09:00"), at("2026-08-20T20:00"), 1};
  EXPECT_EQ(calendar::successor(of, done, anchor::schedule, catch_up::skip_to_future).dtstart, of.dtstart);
  EXPECT_EQ(calendar::successor(of, done, anchor::completion, catch_up::skip_to_future).dtstart, at("2026-08-20T09:00"));
}

TEST(Succession, PileUpGivesAllThatPassedUpToABound) {
  const auto of = make("FREQ=DAILY", "2026-01-01T09:00");
  auto found = calendar::successor(of, {at("2026-01-05T09:00"), at("2026-01-08T10:00"), 1}, anchor::schedule, catch_up::pile_up);
  ASSERT_EQ(found.missed.size(), 3U);
  EXPECT_EQ(shown(found.missed.front()), "2026-01-06T09:00");
  EXPECT_EQ(shown(found.missed.back()), "2026-01-08T09:00");
  EXPECT_EQ(shown(found.next), "2026-01-09T09:00");
  EXPECT_EQ(found.skipped, 0);

  found = calendar::successor(of, {at("2026-01-05T09:00"), at("2026-12-31T10:00"), 1}, anchor::schedule, catch_up::pile_up);
  ASSERT_EQ(found.missed.size(), calendar::succession::missed_max);
  EXPECT_EQ(shown(found.missed.back()), "2026-12-31T09:00");        // the newest are kept
  EXPECT_EQ(shown(found.missed.front()), "2026-11-12T09:00");
  EXPECT_EQ(found.skipped, 310);
}

TEST(Succession, AYearOfMissedSecondsIsBoundedWork) {
  const auto of = make("FREQ=SECONDLY", "2026-01-01T00:00");
  const auto found = calendar::successor(of, {at("2026-01-01T00:00"), at("2027-01-01T00:00"), 1}, anchor::schedule, catch_up::pile_up);
  EXPECT_EQ(shown(found.next), "2027-01-01T00:00:01");
  EXPECT_EQ(found.missed.size(), 50U);
  EXPECT_EQ(shown(found.missed.back()), "2027-01-01T00:00");
  EXPECT_EQ(found.skipped, calendar::succession::skipped_max - 50);
}

TEST(Split, KeepsTheMonthEndThatTheStartMeant) {
  const auto parts = calendar::split(make("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=6", "2026-01-31"), at("2026-02-28"));
  ASSERT_TRUE(parts.head && parts.tail);
  EXPECT_EQ(calendar::to_text(parts.head->rule), "RSCALE=GREGORIAN;FREQ=MONTHLY;COUNT=1;SKIP=BACKWARD");
  EXPECT_EQ(calendar::to_text(parts.tail->rule), "RSCALE=GREGORIAN;FREQ=MONTHLY;COUNT=5;BYMONTHDAY=31;SKIP=BACKWARD");
  EXPECT_EQ(shown(calendar::list(*parts.tail, 2).back()), "2026-03-31T00:00");
}

TEST(Split, KeepsThePhaseOfAForwardSkip) {
  const auto parts = calendar::split(make("RSCALE=GREGORIAN;FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=31;SKIP=FORWARD", "2026-03-31"), at("2026-07-01"));
  ASSERT_TRUE(parts.tail);
  EXPECT_EQ(shown(calendar::list(*parts.tail, 1).back()), "2026-07-01T00:00");   // June's 31st
  EXPECT_EQ(shown(calendar::list(*parts.tail, 2).back()), "2026-10-01T00:00");   // September's
}

TEST(Split, AFirstOfTheMonthMayBelongToTheMonthBefore) {
  // September's 31st is 1 October, in a series of every other month that also has firsts.
  const auto parts = calendar::split(make("RSCALE=GREGORIAN;FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,31;SKIP=FORWARD", "2026-01-01"), at("2026-10-01"));
  ASSERT_TRUE(parts.tail);
  const auto rest = calendar::list(*parts.tail, 3);
  EXPECT_EQ(shown(rest[0]) + " " + shown(rest[1]) + " " + shown(rest[2]), "2026-10-01T00:00 2026-11-01T00:00 2026-12-01T00:00");
}

TEST(Split, LeavesOutAnEmptyPart) {
  const auto of = make("FREQ=DAILY;COUNT=3", "2026-08-03");
  EXPECT_FALSE(calendar::split(of, at("2026-08-03")).head);
  EXPECT_FALSE(calendar::split(of, at("2026-08-06")).tail);
  const auto tail = calendar::split(of, at("2026-08-05")).tail;
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->rule.count, 1);
}

TEST(Skipping, LeavesOneOutOnce) {
  auto of = make("FREQ=DAILY;COUNT=3", "2026-08-03");
  of = calendar::without(calendar::without(of, at("2026-08-04")), at("2026-08-04"));
  EXPECT_EQ(of.exdates.size(), 1U);
  EXPECT_EQ(calendar::list(of, 5).size(), 2U);
}

}  // namespace
