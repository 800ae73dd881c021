// Zones: gaps, overlaps, far years, names; and due values read through them.
#include "plugins/calendar/zone.hpp"

#include <gtest/gtest.h>

#include "plugins/calendar/due.hpp"
#include "plugins/calendar/zone_names.hpp"

namespace calendar {
namespace {

resolution at(const char* local, const char* tz) { return *resolve(*parse_local(local), tz); }

TEST(Zone, GapsShiftForwardAndOverlapsTakeTheFirst) {
  const auto gap = at("2027-03-14T02:30", "America/New_York");
  EXPECT_EQ(gap.kind, local_kind::gap);
  EXPECT_EQ(format_instant(gap.at), "2027-03-14T07:30:00Z");
  EXPECT_EQ(format_local(gap.local), "2027-03-14T03:30");
  const auto twice = at("2026-11-01T01:30", "America/New_York");
  EXPECT_EQ(twice.kind, local_kind::overlap);
  EXPECT_EQ(format_instant(twice.at), "2026-11-01T05:30:00Z");
  EXPECT_EQ(format_instant(twice.other), "2026-11-01T06:30:00Z");
  EXPECT_EQ(at("2026-11-01T12:00", "America/New_York").kind, local_kind::unique);
}

// Auckland, Sydney, Santiago, Paris, Casablanca, Lord Howe (half an hour), Apia (a whole day skipped).
TEST(Zone, TheDstMatrix) {
  struct row { const char *tz, *local, *instant; local_kind kind; };
  for (const row& r : {row{"Pacific/Auckland", "2026-09-27T02:30", "2026-09-26T14:30:00Z", local_kind::gap}, row{"Pacific/Auckland", "2026-04-05T02:30", "2026-04-04T13:30:00Z", local_kind::overlap},
                       row{"Australia/Sydney", "2026-10-04T02:15", "2026-10-03T16:15:00Z", local_kind::gap}, row{"America/Santiago", "2026-09-06T00:30", "2026-09-06T04:30:00Z", local_kind::gap},
                       row{"Europe/Paris", "2026-03-29T02:30", "2026-03-29T01:30:00Z", local_kind::gap}, row{"Europe/Paris", "2026-10-25T02:30", "2026-10-25T00:30:00Z", local_kind::overlap},
                       row{"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45:00Z", local_kind::gap}, row{"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z", local_kind::gap}}) {
    const auto found = at(r.local, r.tz);
    EXPECT_EQ(found.kind, r.kind) << r.tz;
    EXPECT_EQ(format_instant(found.at), r.instant) << r.tz;
  }
}

TEST(Zone, YearsBeyondTheTableFollowTheLastRule) {
  EXPECT_EQ(format_instant(at("2044-07-01T12:00", "America/New_York").at), "2044-07-01T16:00:00Z");
  EXPECT_EQ(format_instant(at("2044-01-01T12:00", "America/New_York").at), "2044-01-01T17:00:00Z");
  EXPECT_EQ(at("2050-03-13T02:30", "America/New_York").kind, local_kind::gap);
  EXPECT_EQ(format_local(*to_local(*parse_instant("2044-07-01T16:00:00Z"), "America/New_York")), "2044-07-01T12:00");
}

TEST(Zone, EveryInstantReadsBack) {
  for (const char* tz : {"America/New_York", "Pacific/Auckland", "Asia/Kolkata", "America/Santiago", "Africa/Casablanca", "UTC"})
    for (instant t = *parse_instant("2026-01-01T00:00:00Z"); t < *parse_instant("2027-01-01T00:00:00Z"); t += std::chrono::minutes{97}) {
      const auto found = resolve(*to_local(t, tz), tz);
      ASSERT_TRUE(found->at == t || found->other == t) << tz << " " << format_instant(t);
    }
}

TEST(Zone, UnknownNamesGiveNothing) {
  for (const char* bad : {"", "Nowhere", "../etc/passwd", "america/new_york", "Factory", "posixrules", "localtime", "/UTC"}) {
    EXPECT_FALSE(zone_known(bad)) << bad;
    EXPECT_FALSE(resolve(*parse_local("2026-01-01T00:00"), bad)) << bad;
  }
  EXPECT_TRUE(zone_known("America/Argentina/Buenos_Aires"));
}

TEST(ZoneNames, AbbreviationsAndPlacesLeadToKnownZones) {
  for (const char* name : {"CET", "est", "PST", "IST", "utc", "NZDT"}) {
    const auto* found = find_abbreviation(name);
    ASSERT_NE(found, nullptr) << name;
    for (const auto zone : found->zones) EXPECT_TRUE(zone_known(zone)) << zone;
  }
  EXPECT_TRUE(find_abbreviation("IST")->ambiguous);
  EXPECT_EQ(find_abbreviation("MOM"), nullptr);
  for (const char* place : {"london", "New York", "kyiv", "pacific", "zurich", "india"}) EXPECT_TRUE(zone_known(find_place(place))) << place;
  EXPECT_EQ(find_zone_name("europe/london"), "Europe/London");
  EXPECT_EQ(find_zone_name("Europe/Atlantis"), "");
}

TEST(Due, ReadsAsLocalTimeAndAsInstant) {
  const due day = make_date(2026, 8, 18), wall = floating{*parse_local("2026-08-18T09:00")}, paris = zoned{*parse_local("2026-08-18T09:00"), "Europe/Paris"},
            point = *parse_instant("2026-08-18T07:00:00Z");
  EXPECT_EQ(format_instant(*instant_of(day, "Asia/Kolkata")), "2026-08-17T18:30:00Z");
  EXPECT_EQ(format_instant(*instant_of(wall, "Asia/Kolkata")), "2026-08-18T03:30:00Z");
  EXPECT_EQ(format_instant(*instant_of(paris, "Asia/Kolkata")), "2026-08-18T07:00:00Z");
  EXPECT_EQ(format_local(*local_reading(paris, "Asia/Kolkata")), "2026-08-18T12:30");
  EXPECT_EQ(format_local(*local_reading(point, "Europe/Paris")), "2026-08-18T09:00");
  EXPECT_FALSE(instant_of(wall, "Nowhere"));
  EXPECT_FALSE(has_time(day));
}

}  // namespace
}  // namespace calendar
