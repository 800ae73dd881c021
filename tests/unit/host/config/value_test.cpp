// Text forms of durations, sizes, numbers and secrets.
#include "host/config/value.hpp"

#include <gtest/gtest.h>

#include "host/config/nearest.hpp"

namespace evhost::config {
namespace {

using std::chrono::milliseconds;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("5s"), milliseconds(5'000));
  EXPECT_EQ(parse_duration("10m"), milliseconds(600'000));
  EXPECT_EQ(parse_duration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(parse_duration("7d"), milliseconds(604'800'000));
}

TEST(Duration, RefusesEverythingElse) {
  for (const auto* bad :
       {"", "5", "s", "-5s", "+5s", "5 s", "5.5s", "5sec", "5S", " 5s", "99999999999999999d", "0x5s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Duration, ShowsTheLargestLosslessUnit) {
  EXPECT_EQ(format_duration(milliseconds(90'000)), "90s");
  EXPECT_EQ(format_duration(milliseconds(120'000)), "2m");
  EXPECT_EQ(format_duration(milliseconds(1'500)), "1500ms");
  EXPECT_EQ(format_duration(milliseconds(0)), "0s");
}

TEST(Size, ReadsUnitsAndPlainBytes) {
  EXPECT_EQ(parse_size("65536")->bytes, 65536U);
  EXPECT_EQ(parse_size("64KiB")->bytes, 65536U);
  EXPECT_EQ(parse_size("1GiB")->bytes, 1ULL << 30);
  EXPECT_FALSE(parse_size("64KB"));
  EXPECT_FALSE(parse_size("-1"));
  EXPECT_EQ(format_size({65536}), "64KiB");
  EXPECT_EQ(format_size({1000}), "1000B");
}

TEST(Number, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_FALSE(parse_integer("7 "));
  EXPECT_FALSE(parse_integer("7.0"));
  EXPECT_FALSE(parse_number("nan"));
  EXPECT_FALSE(parse_number("1e999"));
  EXPECT_FALSE(parse_boolean("yes"));
  EXPECT_EQ(parse_boolean("false"), false);
}

TEST(SecretText, MasksAllButAnUrlsAddress) {
  EXPECT_EQ(secret_text("hunter2").masked(), "***");
  EXPECT_EQ(secret_text("postgresql://me:hunter2@db/x?password=hunter2").masked(), "postgresql://me:***@db/x?***");
  EXPECT_EQ(secret_text("postgresql://me:p@ss@db/x").masked(), "postgresql://me:***@db/x");
  EXPECT_EQ(secret_text("sqlite:///data/evhost.db").masked(), "sqlite:///data/evhost.db");
}

TEST(Nearest, CountsTypingErrors) {
  EXPECT_EQ(edit_distance("port", "port"), 0U);
  EXPECT_EQ(edit_distance("prot", "port"), 1U);  // a swap is one error
  EXPECT_EQ(edit_distance("", "port"), 4U);
  const std::string_view known[] = {"http.port", "http.address"};
  EXPECT_EQ(nearest("http.prot", known), "http.port");
  EXPECT_EQ(nearest("storage.database_url", known), "");
}

}  // namespace
}  // namespace evhost::config
