// Every example of RFC 5545 section 3.8.5.3, and the SKIP examples of RFC 7529 section 5, as vectors.
//
// All but two start on 1997-09-02 at 09:00 New York; times are civil. A vector is the rule, its start, and the occurrences as
// month-day ranges written out; `more` says that the sequence goes on behind them.
#include <gtest/gtest.h>

#include "plugins/calendar/recurrence.hpp"

namespace {

using calendar::parse_local;

struct vector_case {
  const char* name;
  const char* rule;
  const char* dtstart;
  std::string expected;        // separated by spaces; a bare date means "at 09:00"
  bool more;
  const char* exdate = nullptr;
};

// The test's parameter is printed by its name alone.
void PrintTo(const vector_case& c, std::ostream* out) { *out << c.name; }

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto space = std::min(text.find(' ', at), text.size());
    if (space > at) out.push_back(text.substr(at, space - at));
    at = space + 1;
  }
  return out;
}

// "1997-09-" and {2, 3} -> "1997-09-02 1997-09-03"
std::string days(const std::string& month, std::initializer_list<int> list) {
  std::string out;
  for (const int d : list) out += " " + month + (d < 10 ? "-0" : "-") + std::to_string(d);
  return out;
}

std::string day_range(const std::string& month, int from, int to, int step = 1) {
  std::string out;
  for (int d = from; d <= to; d += step) out += days(month, {d});
  return out;
}

// Times of one day: from, to in minutes.
std::string time_range(const std::string& day, int from, int to, int step) {
  std::string out;
  for (int m = from; m <= to; m += step) out += " " + day + "T" + calendar::format_time(std::chrono::minutes{m});
  return out;
}

std::string months(int year, std::initializer_list<std::pair<int, int>> list) {
  std::string out;
  for (const auto& [m, d] : list) out += " " + calendar::format_date(calendar::make_date(year, m, d));
  return out;
}

std::string every_january_day() {
  return day_range("1998-01", 1, 31) + day_range("1999-01", 1, 31) + day_range("2000-01", 1, 31);
}

std::string every_twenty_minutes() {
  std::string out;
  for (int d = 2; d <= 3; ++d) out += time_range(d == 2 ? "1997-09-02" : "1997-09-03", 9 * 60, 16 * 60 + 40, 20);
  return out;
}

std::string until_christmas() {
  return day_range("1997-09", 2, 30) + day_range("1997-10", 1, 31) + day_range("1997-11", 1, 30) + day_range("1997-12", 1, 23);
}

constexpr const char* usual = "1997-09-02T09:00";

std::vector<vector_case> rfc_5545() {
  return {
      {"DailyForTenOccurrences", "FREQ=DAILY;COUNT=10", usual, day_range("1997-09", 2, 11), false},
      {"DailyUntilDecember24", "FREQ=DAILY;UNTIL=19971224T000000Z", usual, until_christmas(), false},
      {"EveryOtherDay", "FREQ=DAILY;INTERVAL=2", usual, day_range("1997-09", 2, 30, 2) + day_range("1997-10", 2, 30, 2) + " 1997-11-01", true},
      {"EveryTenDaysFiveOccurrences", "FREQ=DAILY;INTERVAL=10;COUNT=5", usual, days("1997-09", {2, 12, 22}) + days("1997-10", {2, 12}), false},
      {"EveryDayInJanuaryYearly", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "1998-01-01T09:00", every_january_day(), false},
      {"EveryDayInJanuaryDaily", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "1998-01-01T09:00", every_january_day(), false},
      {"WeeklyForTenOccurrences", "FREQ=WEEKLY;COUNT=10", usual, days("1997-09", {2, 9, 16, 23, 30}) + days("1997-10", {7, 14, 21, 28}) + " 1997-11-04", false},
      {"WeeklyUntilDecember24", "FREQ=WEEKLY;UNTIL=19971224T000000Z", usual,
       days("1997-09", {2, 9, 16, 23, 30}) + days("1997-10", {7, 14, 21, 28}) + days("1997-11", {4, 11, 18, 25}) + days("1997-12", {2, 9, 16, 23}), false},
      {"EveryOtherWeek", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", usual,
       days("1997-09", {2, 16, 30}) + days("1997-10", {14, 28}) + days("1997-11", {11, 25}) + days("1997-12", {9, 23}) + days("1998-01", {6, 20}) + days("1998-02", {3, 17}), true},
      {"TuesdayAndThursdayUntil", "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", usual, days("1997-09", {2, 4, 9, 11, 16, 18, 23, 25, 30}) + " 1997-10-02", false},
      {"TuesdayAndThursdayCount", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", usual, days("1997-09", {2, 4, 9, 11, 16, 18, 23, 25, 30}) + " 1997-10-02", false},
      {"EveryOtherWeekThreeDaysUntil", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", "1997-09-01T09:00",
       days("1997-09", {1, 3, 5, 15, 17, 19, 29}) + days("1997-10", {1, 3, 13, 15, 17, 27, 29, 31}) + days("1997-11", {10, 12, 14, 24, 26, 28}) + days("1997-12", {8, 10, 12, 22}), false},
      {"EveryOtherWeekTwoDaysCount", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", usual, days("1997-09", {2, 4, 16, 18, 30}) + days("1997-10", {2, 14, 16}), false},
      {"FirstFridayCount", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05T09:00",
       months(1997, {{9, 5}, {10, 3}, {11, 7}, {12, 5}}) + months(1998, {{1, 2}, {2, 6}, {3, 6}, {4, 3}, {5, 1}, {6, 5}}), false},
      {"FirstFridayUntil", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997-09-05T09:00", months(1997, {{9, 5}, {10, 3}, {11, 7}, {12, 5}}), false},
      {"FirstAndLastSundayEveryOtherMonth", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-07T09:00",
       months(1997, {{9, 7}, {9, 28}, {11, 2}, {11, 30}}) + months(1998, {{1, 4}, {1, 25}, {3, 1}, {3, 29}, {5, 3}, {5, 31}}), false},
      {"SecondToLastMonday", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22T09:00", months(1997, {{9, 22}, {10, 20}, {11, 17}, {12, 22}}) + months(1998, {{1, 19}, {2, 16}}), false},
      {"ThirdToLastDay", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28T09:00", months(1997, {{9, 28}, {10, 29}, {11, 28}, {12, 29}}) + months(1998, {{1, 29}, {2, 26}}), true},
      {"SecondAndFifteenth", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", usual,
       months(1997, {{9, 2}, {9, 15}, {10, 2}, {10, 15}, {11, 2}, {11, 15}, {12, 2}, {12, 15}}) + months(1998, {{1, 2}, {1, 15}}), false},
      {"FirstAndLastDay", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-30T09:00",
       months(1997, {{9, 30}, {10, 1}, {10, 31}, {11, 1}, {11, 30}, {12, 1}, {12, 31}}) + months(1998, {{1, 1}, {1, 31}, {2, 1}}), false},
      {"TenthToFifteenthEveryEighteenMonths", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997-09-10T09:00",
       day_range("1997-09", 10, 15) + day_range("1999-03", 10, 13), false},
      {"EveryTuesdayEveryOtherMonth", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", usual,
       days("1997-09", {2, 9, 16, 23, 30}) + days("1997-11", {4, 11, 18, 25}) + days("1998-01", {6, 13, 20, 27}) + days("1998-03", {3, 10, 17, 24, 31}), true},
      {"JuneAndJuly", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10T09:00",
       months(1997, {{6, 10}, {7, 10}}) + months(1998, {{6, 10}, {7, 10}}) + months(1999, {{6, 10}, {7, 10}}) + months(2000, {{6, 10}, {7, 10}}) + months(2001, {{6, 10}, {7, 10}}), false},
      {"JanuaryFebruaryMarchEveryOtherYear", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "1997-03-10T09:00",
       months(1997, {{3, 10}}) + months(1999, {{1, 10}, {2, 10}, {3, 10}}) + months(2001, {{1, 10}, {2, 10}, {3, 10}}) + months(2003, {{1, 10}, {2, 10}, {3, 10}}), false},
      {"DaysOneHundredAndTwoHundredOfTheYear", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997-01-01T09:00",
       months(1997, {{1, 1}, {4, 10}, {7, 19}}) + months(2000, {{1, 1}, {4, 9}, {7, 18}}) + months(2003, {{1, 1}, {4, 10}, {7, 19}}) + " 2006-01-01", false},
      {"TwentiethMondayOfTheYear", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19T09:00", " 1997-05-19 1998-05-18 1999-05-17", true},
      {"MondayOfWeekTwenty", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12T09:00", " 1997-05-12 1998-05-11 1999-05-17", true},
      {"EveryThursdayInMarch", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13T09:00", days("1997-03", {13, 20, 27}) + days("1998-03", {5, 12, 19, 26}) + days("1999-03", {4, 11, 18, 25}), true},
      {"EveryThursdayInSummer", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "1997-06-05T09:00",
       days("1997-06", {5, 12, 19, 26}) + days("1997-07", {3, 10, 17, 24, 31}) + days("1997-08", {7, 14, 21, 28}) + days("1998-06", {4, 11, 18, 25}) +
           days("1998-07", {2, 9, 16, 23, 30}) + days("1998-08", {6, 13, 20, 27}) + days("1999-06", {3, 10, 17, 24}) + days("1999-07", {1, 8, 15, 22, 29}) + days("1999-08", {5, 12, 19, 26}), true},
      {"EveryFridayTheThirteenth", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", usual, " 1998-02-13 1998-03-13 1998-11-13 1999-08-13 2000-10-13", true, "1997-09-02T09:00"},
      {"SaturdayAfterTheFirstSunday", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13T09:00",
       months(1997, {{9, 13}, {10, 11}, {11, 8}, {12, 13}}) + months(1998, {{1, 10}, {2, 7}, {3, 7}, {4, 11}, {5, 9}, {6, 13}}), true},
      {"PresidentialElectionDay", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05T09:00", " 1996-11-05 2000-11-07 2004-11-02", true},
      {"ThirdInstanceOfThreeWeekdays", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04T09:00", " 1997-09-04 1997-10-07 1997-11-06", false},
      {"SecondToLastWeekday", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29T09:00", months(1997, {{9, 29}, {10, 30}, {11, 27}, {12, 30}}) + months(1998, {{1, 29}, {2, 26}, {3, 30}}), true},
      {"EveryThreeHoursOnADay", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", usual, " 1997-09-02T09:00 1997-09-02T12:00", false},
      {"EveryFifteenMinutesSixTimes", "FREQ=MINUTELY;INTERVAL=15;COUNT=6", usual, time_range("1997-09-02", 540, 615, 15), false},
      {"EveryHourAndAHalfFourTimes", "FREQ=MINUTELY;INTERVAL=90;COUNT=4", usual, time_range("1997-09-02", 540, 810, 90), false},
      {"EveryTwentyMinutesOfTheWorkdayDaily", "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", usual, every_twenty_minutes(), true},
      {"EveryTwentyMinutesOfTheWorkdayMinutely", "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", usual, every_twenty_minutes(), true},
      {"WeekStartMatters", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05T09:00", days("1997-08", {5, 10, 19, 24}), false},
      {"WeekStartMattersSunday", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05T09:00", days("1997-08", {5, 17, 19, 31}), false},
      {"InvalidDatesAreIgnored", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15T09:00", " 2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30", false},
  };
}

// The month's end and the leap day, with each SKIP. RFC 7529 gives the rule of the leap day; the others follow its section 4.1.
std::vector<vector_case> rfc_7529() {
  return {
      {"EndOfMonthOmit", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=OMIT;COUNT=4", "2014-01-31T09:00", " 2014-01-31 2014-03-31 2014-05-31 2014-07-31", false},
      {"EndOfMonthBackward", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD;COUNT=4", "2014-01-31T09:00", " 2014-01-31 2014-02-28 2014-03-31 2014-04-30", false},
      {"EndOfMonthForward", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD;COUNT=4", "2014-01-31T09:00", " 2014-01-31 2014-03-01 2014-03-31 2014-05-01", false},
      {"LeapDayOmit", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=OMIT;COUNT=3", "2012-02-29T09:00", " 2012-02-29 2016-02-29 2020-02-29", false},
      {"LeapDayBackward", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD;COUNT=5", "2012-02-29T09:00", " 2012-02-29 2013-02-28 2014-02-28 2015-02-28 2016-02-29", false},
      {"LeapDayForward", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD;COUNT=5", "2012-02-29T09:00", " 2012-02-29 2013-03-01 2014-03-01 2015-03-01 2016-02-29", false},
      {"NamedThirtyFirstBackward", "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=30,31;SKIP=BACKWARD;COUNT=6", "2015-01-30T09:00",
       " 2015-01-30 2015-01-31 2015-02-28 2015-03-30 2015-03-31 2015-04-30", false},
      {"ForwardMeetsTheFirst", "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=1,31;SKIP=FORWARD;COUNT=6", "2015-03-01T09:00",
       " 2015-03-01 2015-03-31 2015-04-01 2015-05-01 2015-05-31 2015-06-01", false},
      {"LastOfTheSkippedSet", "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=29,30,31;SKIP=FORWARD;BYSETPOS=-1;COUNT=3", "2015-01-01T09:00", " 2015-01-31 2015-03-01 2015-03-31", false},
  };
}

class RfcExamples : public ::testing::TestWithParam<vector_case> {};

TEST_P(RfcExamples, GivesTheListedOccurrences) {
  const auto& c = GetParam();
  calendar::series of;
  const auto parsed = calendar::parse_rule(c.rule);
  ASSERT_TRUE(std::holds_alternative<calendar::rule>(parsed)) << std::get<calendar::rule_error>(parsed).text;
  of.rule = std::get<calendar::rule>(parsed);
  of.dtstart = *parse_local(c.dtstart);
  of.tz = "America/New_York";
  if (c.exdate) of.exdates = {*parse_local(c.exdate)};
  const auto expected = words(c.expected);
  const auto found = calendar::list(of, expected.size() + 1);
  for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i)
    EXPECT_EQ(expected[i].size() == 10 ? expected[i] + "T09:00" : expected[i], calendar::format_local(found[i])) << "at " << i;
  EXPECT_EQ(found.size(), expected.size() + (c.more ? 1 : 0));
}

const auto name_of = [](const auto& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(Rfc5545, RfcExamples, ::testing::ValuesIn(rfc_5545()), name_of);
INSTANTIATE_TEST_SUITE_P(Rfc7529, RfcExamples, ::testing::ValuesIn(rfc_7529()), name_of);

}  // namespace
