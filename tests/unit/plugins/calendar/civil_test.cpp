// Civil arithmetic and the ISO 8601 / RFC 3339 forms.
#include "plugins/calendar/civil.hpp"

#include <gtest/gtest.h>

namespace calendar {
namespace {

TEST(Civil, MonthArithmeticTakesTheLastDayWhereTheDayIsMissing) {
  EXPECT_EQ(add_months(make_date(2026, 1, 31), 1), make_date(2026, 2, 28));
  EXPECT_EQ(add_months(make_date(2024, 2, 29), 12), make_date(2025, 2, 28));
  EXPECT_EQ(add_months(make_date(2026, 3, 31), -1), make_date(2026, 2, 28));
  EXPECT_EQ(add_months(make_date(2026, 11, 15), 3), make_date(2027, 2, 15));
}

TEST(Civil, WeeksStartWhereAsked) {
  EXPECT_EQ(start_of_week(make_date(2026, 8, 18), std::chrono::Monday), make_date(2026, 8, 17));
  EXPECT_EQ(start_of_week(make_date(2026, 8, 18), std::chrono::Sunday), make_date(2026, 8, 16));
  EXPECT_EQ(start_of_week(make_date(2026, 8, 16), std::chrono::Monday), make_date(2026, 8, 10));
}

TEST(Civil, PrintsAndReadsTheSameForms) {
  EXPECT_EQ(format_date(make_date(987, 1, 2)), "0987-01-02");
  EXPECT_EQ(format_local(*parse_local("2026-08-31T17:00")), "2026-08-31T17:00");
  EXPECT_EQ(format_local(*parse_local("2026-08-31T17:00:05")), "2026-08-31T17:00:05");
  EXPECT_EQ(format_instant(*parse_instant("2026-08-31T17:00:00+05:30")), "2026-08-31T11:30:00Z");
  EXPECT_EQ(format_instant(*parse_instant("1969-12-31T23:59:59.999z")), "1969-12-31T23:59:59Z");
}

TEST(Civil, RefusesEverythingElse) {
  for (const char* bad : {"", "2026-2-03", "2026-02-30", "0000-01-01", "2026-02-03x", "26-02-03", "2026/02/03"}) EXPECT_FALSE(parse_date(bad)) << bad;
  for (const char* bad : {"", "24:00", "1:00", "12:60", "12:00:60", "12"}) EXPECT_FALSE(parse_time(bad)) << bad;
  for (const char* bad : {"2026-08-31", "2026-08-31 17:00", "2026-08-31T17:00Z", "2026-08-31T17"}) EXPECT_FALSE(parse_local(bad)) << bad;
  for (const char* bad : {"2026-08-31T17:00", "2026-08-31T17:00:00", "2026-08-31T17:00:00+5:30", "2026-08-31T17:00:00.Z", "2026-08-31T17:00:00+24:00"}) EXPECT_FALSE(parse_instant(bad)) << bad;
}

TEST(Civil, PeriodsRoundTrip) {
  for (const char* text : {"PT0S", "PT30M", "-PT30M", "-P1D", "P1M", "P2DT3H4M5S", "PT1H30M"}) EXPECT_EQ(format_period(*parse_period(text)), text);
  EXPECT_EQ(format_period(*parse_period("P1Y2W")), "P12M14D");
  EXPECT_EQ(format_period(*parse_period("-PT90M")), "-PT1H30M");
  for (const char* bad : {"", "P", "PT", "P1H", "PT1D", "P1D2M", "1D", "P1D1D", "P1234567D", "PD", "P-1D"}) EXPECT_FALSE(parse_period(bad)) << bad;
}

}  // namespace
}  // namespace calendar
