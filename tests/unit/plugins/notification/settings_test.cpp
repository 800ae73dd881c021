// Configuration: refusals name the key.
#include "plugins/notification/settings.hpp"

#include <gtest/gtest.h>

namespace notification {
namespace {

std::string refused(std::string_view json) {
  try {
    read_settings(json);
  } catch (const evh::failure& why) {
    return why.what();
  }
  return "";
}

}  // namespace

TEST(Settings, DefaultsAreTheStandardSchedule) {
  const auto s = read_settings("{}");
  EXPECT_EQ(s.schedule, standard_schedule);
  EXPECT_EQ(s.grace_ms, 86'400'000);
  for (const auto& key : setting_keys())
    if (key.name == "retry_s") {
      EXPECT_EQ(read_settings("{\"retry_s\":" + std::string(key.default_json) + "}").schedule, standard_schedule);
    }
}

TEST(Settings, RefusalsNameKeyAndRemedy) {
  EXPECT_NE(refused(R"({"default_tz":"Mars"})").find("plugins.notification.default_tz"), std::string::npos);
  EXPECT_NE(refused(R"({"smtp_url":"http://x"})").find("smtp_url"), std::string::npos);
  EXPECT_NE(refused(R"({"smtp_url":"smtp://x","smtp_from":"me"})").find("smtp_from"), std::string::npos);
  EXPECT_NE(refused(R"({"webhook_allow":["10.0.0.0/99"]})").find("10.0.0.0/99"), std::string::npos);
  EXPECT_NE(refused(R"({"retry_s":["0","x"]})").find("retry_s"), std::string::npos);
  EXPECT_EQ(read_settings(R"({"smtp_url":"smtp://x","smtp_from":"me@example.org"})").mail_host, "example.org");
}

}  // namespace notification
