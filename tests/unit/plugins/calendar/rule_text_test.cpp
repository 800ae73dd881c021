// Reading rules strictly, and printing them.
#include <gtest/gtest.h>

#include "plugins/calendar/recurrence.hpp"

namespace {

using calendar::parse_rule;
using calendar::rule;
using calendar::rule_error;

std::string printed(const std::string& text) {
  const auto parsed = parse_rule(text);
  if (const auto* error = std::get_if<rule_error>(&parsed)) return "error at " + std::to_string(error->position) + ": " + error->text;
  return calendar::to_text(std::get<rule>(parsed));
}

struct refusal {
  const char* rule;
  std::size_t position;
  const char* says;
};

TEST(RuleText, RefusesWithThePlaceAndTheSentence) {
  const refusal cases[] = {
      {"", 0, "is empty"},
      {"BYDAY=MO", 0, "FREQ is missing"},
      {"RRULE:FREQ=DAILY", 0, "Leave out"},
      {"FREQ=DAILY;", 11, "is empty"},
      {"FREQ=DAILY;;COUNT=2", 11, "is empty"},
      {"FREQ=DAILY;FREQ=DAILY", 11, "given twice"},
      {"FREQ=FORTNIGHTLY", 5, "is none of"},
      {"FREQ=DAILY;COLOUR=RED", 11, "no part of a rule"},
      {"FREQ=DAILY;hello", 11, "NAME=VALUE"},
      {"FREQ=DAILY;COUNT=", 11, "has no value"},
      {"FREQ=DAILY;COUNT=0", 17, "1 to 999999"},
      {"FREQ=DAILY;COUNT=-1", 17, "1 to 999999"},
      {"FREQ=DAILY;COUNT=1000000", 17, "1 to 999999"},
      {"FREQ=DAILY;INTERVAL=0", 20, "1 to 999999999"},
      {"FREQ=DAILY;INTERVAL=99999999999999999999", 20, "1 to 999999999"},
      {"FREQ=DAILY;INTERVAL=1.5", 20, "whole number"},
      {"FREQ=DAILY;COUNT=3;UNTIL=20260101", 19, "exclude each other"},
      {"FREQ=DAILY;UNTIL=20260230", 17, "no such day"},
      {"FREQ=DAILY;UNTIL=20260101T2500", 17, "neither a date"},
      {"FREQ=DAILY;UNTIL=20260101T250000Z", 17, "no such time"},
      {"FREQ=DAILY;UNTIL=tomorrow", 17, "neither a date"},
      {"FREQ=WEEKLY;BYDAY=MO,XX", 21, "no weekday"},
      {"FREQ=WEEKLY;BYDAY=2MO", 12, "MONTHLY or YEARLY"},
      {"FREQ=MONTHLY;BYDAY=0MO", 19, "1 to 53"},
      {"FREQ=MONTHLY;BYDAY=54MO", 19, "1 to 53"},
      {"FREQ=YEARLY;BYWEEKNO=20;BYDAY=2MO", 24, "does not go with BYWEEKNO"},
      {"FREQ=MONTHLY;BYMONTHDAY=0", 24, "1 to 31"},
      {"FREQ=MONTHLY;BYMONTHDAY=1,32", 26, "1 to 31"},
      {"FREQ=WEEKLY;BYMONTHDAY=1", 12, "FREQ=WEEKLY"},
      {"FREQ=MONTHLY;BYYEARDAY=1", 13, "does not go with"},
      {"FREQ=MONTHLY;BYWEEKNO=1", 13, "only with FREQ=YEARLY"},
      {"FREQ=YEARLY;BYMONTH=13", 20, "1 to 12"},
      {"FREQ=YEARLY;BYMONTH=-1", 20, "1 to 12"},
      {"FREQ=YEARLY;BYMONTH=1,,2", 22, "1 to 12"},
      {"FREQ=DAILY;BYHOUR=24", 18, "0 to 23"},
      {"FREQ=DAILY;BYMINUTE=60", 20, "0 to 59"},
      {"FREQ=DAILY;BYSECOND=61", 20, "0 to 60"},
      {"FREQ=DAILY;BYSETPOS=1", 11, "needs another BY part"},
      {"FREQ=MONTHLY;SKIP=FORWARD", 13, "needs RSCALE"},
      {"RSCALE=HEBREW;FREQ=YEARLY", 7, "only GREGORIAN"},
      {"RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=MAYBE", 35, "is none of"},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_rule(c.rule);
    ASSERT_TRUE(std::holds_alternative<rule_error>(parsed)) << c.rule;
    const auto& error = std::get<rule_error>(parsed);
    EXPECT_EQ(error.position, c.position) << c.rule << ": " << error.text;
    EXPECT_NE(error.text.find(c.says), std::string::npos) << c.rule << ": " << error.text;
  }
}

TEST(RuleText, RefusesWhatIsTooLongAndShowsNoControlCharacters) {
  EXPECT_NE(printed("FREQ=DAILY;BYHOUR=" + std::string(3000, '1')).find("longer than 2000"), std::string::npos);
  EXPECT_NE(printed("FREQ=\n\"\x01").find("\"???\""), std::string::npos);
}

TEST(RuleText, PrintsCanonically) {
  EXPECT_EQ(printed("freq=weekly;byday=fr,mo,mo;interval=1;wkst=mo"), "FREQ=WEEKLY;BYDAY=MO,FR");
  EXPECT_EQ(printed("BYMONTHDAY=15,-1,1;FREQ=MONTHLY;COUNT=3"), "FREQ=MONTHLY;COUNT=3;BYMONTHDAY=-1,1,15");
  EXPECT_EQ(printed("FREQ=MONTHLY;BYDAY=-1FR,+2MO;WKST=SU"), "FREQ=MONTHLY;BYDAY=2MO,-1FR;WKST=SU");
  EXPECT_EQ(printed("FREQ=DAILY;UNTIL=20261231"), "FREQ=DAILY;UNTIL=20261231");
  EXPECT_EQ(printed("FREQ=DAILY;UNTIL=20261231T170000"), "FREQ=DAILY;UNTIL=20261231T170000");
  EXPECT_EQ(printed("FREQ=DAILY;UNTIL=20261231T170000Z"), "FREQ=DAILY;UNTIL=20261231T170000Z");
  EXPECT_EQ(printed("SKIP=BACKWARD;RSCALE=gregorian;FREQ=MONTHLY"), "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD");
  EXPECT_EQ(printed("RSCALE=GREGORIAN;FREQ=YEARLY;BYWEEKNO=1,-1;BYYEARDAY=-366;BYMONTH=2;BYHOUR=1;BYMINUTE=2;BYSECOND=3;BYSETPOS=-1"),
            "FREQ=YEARLY;BYMONTH=2;BYWEEKNO=-1,1;BYYEARDAY=-366;BYHOUR=1;BYMINUTE=2;BYSECOND=3;BYSETPOS=-1");
}

TEST(RuleText, ReadsBackWhatItPrints) {
  for (const auto* text : {"FREQ=SECONDLY;INTERVAL=999999999", "FREQ=YEARLY;COUNT=999999;BYDAY=53MO,-53SU", "FREQ=HOURLY;UNTIL=99991231T235959Z;BYMINUTE=0,30"}) {
    const auto once = std::get<rule>(parse_rule(text));
    EXPECT_EQ(std::get<rule>(parse_rule(calendar::to_text(once))), calendar::canonical(once)) << text;
  }
}

TEST(RuleText, ADateCannotRepeatWithinTheDay) {
  calendar::series of;
  of.rule = std::get<rule>(parse_rule("FREQ=HOURLY"));
  of.dtstart = *calendar::parse_local("2026-08-31T00:00");
  EXPECT_FALSE(calendar::mismatch(of));
  of.all_day = true;
  ASSERT_TRUE(calendar::mismatch(of));
  EXPECT_NE(calendar::mismatch(of)->text.find("FREQ=HOURLY"), std::string::npos);
  EXPECT_TRUE(calendar::list(of, 3).empty());
}

}  // namespace
