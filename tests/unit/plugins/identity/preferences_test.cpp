// What preferences may hold.
#include "plugins/identity/accounts/preferences.hpp"

#include <gtest/gtest.h>

namespace identity {
namespace {

std::string faults_of(std::string_view json) {
  std::vector<field_fault> faults;
  check_preferences(read_preferences(json, faults), faults);
  std::string out;
  for (const auto& fault : faults) out += (out.empty() ? "" : " ") + fault.pointer;
  return out;
}

TEST(Preferences, EverythingMayBeSet) {
  EXPECT_EQ(faults_of(R"({"tz":"Europe/Paris","locale":"fr-FR","week_start":"monday","morning":"08:30","afternoon":"13:00","evening":"18:00","tonight":"21:00",
    "eod":"17:30","quiet_hours":{"from":"22:00","to":"07:00"},"default_reminder":"-PT15M","channels":["in_app","email"],
    "digest":{"channel":"email","rrule":"FREQ=WEEKLY;BYDAY=MO,FR","time":"07:30"}})"),
            "");
  EXPECT_EQ(faults_of("{}"), "");
}

TEST(Preferences, WhatIsWrongIsNamed) {
  EXPECT_EQ(faults_of(R"({"tz":"Europe/Pari","locale":"f","week_start":"tuesday","morning":"8:30","eod":"24:00"})"), "/tz /locale /week_start /morning /eod");
  EXPECT_EQ(faults_of(R"({"quiet_hours":{"from":"22:00","to":"22:00"}})"), "/quiet_hours");
  EXPECT_EQ(faults_of(R"({"channels":["in_app","in_app"]})"), "/channels/1");
  EXPECT_EQ(faults_of(R"({"channels":["pigeon"]})"), "/channels/0");
  EXPECT_EQ(faults_of(R"({"digest":{"channel":"fax","rrule":"daily","time":"noon"}})"), "/digest/channel /digest/time /digest/rrule");
  EXPECT_EQ(faults_of(R"({"role":"admin"})"), "/role");
}

TEST(Preferences, ReminderIsADurationBeforeTheTime) {
  for (const auto* good : {"PT0S", "-PT15M", "-PT1H30M", "-P1D", "-P1W", "-P1DT2H"}) EXPECT_EQ(faults_of(R"({"default_reminder":")" + std::string(good) + "\"}"), "") << good;
  for (const auto* bad : {"PT15M", "-P", "-PT", "-P15M", "-PT1D", "-PT15", "-PT9999M", "-P1DT", "15m", "-PT30M1H"})
    EXPECT_EQ(faults_of(R"({"default_reminder":")" + std::string(bad) + "\"}"), "/default_reminder") << bad;
}

TEST(Preferences, WrongTypesAndDoubleNamesAreNoPreferences) {
  EXPECT_THROW(faults_of(R"({"tz":5})"), evh_schemas::payload_error);
  EXPECT_THROW(faults_of(R"({"tz":"UTC","tz":"UTC"})"), evh_schemas::payload_error);
  EXPECT_THROW(faults_of("[]"), evh_schemas::payload_error);
}

}  // namespace
}  // namespace identity
