// Fire times: offsets on the calendar and on the time line, dates, zones, gaps; quiet hours.
#include "plugins/notification/schedule.hpp"

#include <gtest/gtest.h>

#include "plugins/calendar/zone.hpp"

namespace notification {
namespace {

std::string fires(const evh_schemas::reminder& what, const std::optional<evh_schemas::due>& due, const preferences& who = {}) {
  const auto ms = fire_time(what, due, who);
  return ms ? calendar::format_instant(calendar::instant{std::chrono::seconds{*ms / 1000}}) : "never";
}
evh_schemas::reminder before(std::string offset, std::string time = {}) {
  evh_schemas::reminder out;
  out.id = "r";
  out.offset = std::move(offset);
  out.time = std::move(time);
  return out;
}
evh_schemas::due on(std::string date) {
  evh_schemas::due out;
  out.date = std::move(date);
  return out;
}
evh_schemas::due local(std::string time, std::string tz = {}) {
  evh_schemas::due out;
  out.local = std::move(time);
  out.tz = std::move(tz);
  return out;
}
evh_schemas::due instant(std::string time) {
  evh_schemas::due out;
  out.instant = std::move(time);
  return out;
}
const preferences paris{.tz = "Europe/Paris"};

}  // namespace

TEST(FireTime, OffsetFromAnInstantIsExact) {
  EXPECT_EQ(fires(before("-PT30M"), instant("2026-08-19T21:00:00Z")), "2026-08-19T20:30:00Z");
  EXPECT_EQ(fires(before("PT0S"), instant("2026-08-19T21:00:00Z")), "2026-08-19T21:00:00Z");
}

TEST(FireTime, DateBeginsAtThePersonsTimeOfDay) {
  EXPECT_EQ(fires(before("PT0S"), on("2026-08-19"), paris), "2026-08-19T07:00:00Z");
  auto late_riser = paris;
  late_riser.day_time = std::chrono::hours(11);
  EXPECT_EQ(fires(before("-PT30M"), on("2026-08-19"), late_riser), "2026-08-19T08:30:00Z");
  EXPECT_EQ(fires(before("-P1D", "18:15"), on("2026-08-19"), paris), "2026-08-18T16:15:00Z");
}

TEST(FireTime, FloatingFollowsThePersonAndAZonedOneDoesNot) {
  EXPECT_EQ(fires(before("-PT10M"), local("2026-08-19T17:00"), paris), "2026-08-19T14:50:00Z");
  EXPECT_EQ(fires(before("-PT10M"), local("2026-08-19T17:00"), {.tz = "Asia/Tokyo"}), "2026-08-19T07:50:00Z");
  EXPECT_EQ(fires(before("-PT10M"), local("2026-08-19T17:00", "America/New_York"), paris), "2026-08-19T20:50:00Z");
}

TEST(FireTime, DaysCountOnTheCalendarHoursOnTheTimeLine) {
  // Paris leaves summer time on 25 October 2026 at 03:00.
  EXPECT_EQ(fires(before("-P1D"), local("2026-10-25T12:00"), paris), "2026-10-24T10:00:00Z");
  EXPECT_EQ(fires(before("-PT24H"), local("2026-10-25T12:00"), paris), "2026-10-24T11:00:00Z");
}

TEST(FireTime, TimeThatDoesNotExistMovesForward) {
  EXPECT_EQ(fires(before("-P1D", "02:30"), on("2026-03-30"), paris), "2026-03-29T01:30:00Z");   // 03:30 in Paris
}

TEST(FireTime, WholeDayOffsetOfAnInstantIsReadInThePersonsZone) {
  EXPECT_EQ(fires(before("-P1D", "09:00"), instant("2026-08-19T23:00:00Z"), paris), "2026-08-19T07:00:00Z");   // due on the 20th there
}

TEST(FireTime, MomentOfItsOwn) {
  evh_schemas::reminder at;
  at.id = "r";
  at.at = local("2026-08-19T08:00");
  EXPECT_EQ(fires(at, std::nullopt, paris), "2026-08-19T06:00:00Z");
  at.at = instant("2026-08-19T08:00:00Z");
  EXPECT_EQ(fires(at, std::nullopt, paris), "2026-08-19T08:00:00Z");
}

TEST(FireTime, WhatCannotBeReadNeverFires) {
  EXPECT_EQ(fires(before("-PT30M"), std::nullopt), "never");
  EXPECT_EQ(fires(before("soon"), on("2026-08-19")), "never");
  EXPECT_EQ(fires(before("PT0S"), local("2026-08-19T17:00", "Mars/Olympus")), "never");
  EXPECT_EQ(fires(before("PT0S", "25:00"), on("2026-08-19")), "never");
}

TEST(QuietHours, DelayToTheirEndOverMidnight) {
  preferences who = paris;
  who.quiet = quiet_span{std::chrono::hours(22), std::chrono::hours(7)};
  const auto after = [&](std::string_view at) {
    const auto ms = calendar::parse_instant(at)->time_since_epoch().count() * 1000;
    return calendar::format_instant(calendar::instant{std::chrono::seconds{after_quiet(ms, who) / 1000}});
  };
  EXPECT_EQ(after("2026-08-18T19:59:59Z"), "2026-08-18T19:59:59Z");
  EXPECT_EQ(after("2026-08-18T20:00:00Z"), "2026-08-19T05:00:00Z");
  EXPECT_EQ(after("2026-08-19T04:59:00Z"), "2026-08-19T05:00:00Z");
  EXPECT_EQ(after("2026-08-19T05:00:00Z"), "2026-08-19T05:00:00Z");
  who.quiet = quiet_span{std::chrono::hours(12), std::chrono::hours(14)};
  EXPECT_EQ(after("2026-08-18T10:30:00Z"), "2026-08-18T12:00:00Z");
  who.quiet = quiet_span{std::chrono::hours(12), std::chrono::hours(12)};
  EXPECT_EQ(after("2026-08-18T10:00:00Z"), "2026-08-18T10:00:00Z");
}

}  // namespace notification
