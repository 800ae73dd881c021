// evh.issuer/1: who gets it, and what reaches the host's issuer.
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gtest/gtest.h>

namespace evhost::runtime::tests {
namespace {

plugin_settings with(bool privileged, std::optional<std::vector<std::string>> grants = {}) {
  plugin_settings out;
  out.privileged = privileged;
  out.extensions = std::move(grants);
  return out;
}

const evh_issuer* found_by(plugin_settings settings) {
  scripted_plugin plugin("p");
  runtime_bed bed;
  bed.add(plugin, std::move(settings));
  EXPECT_TRUE(bed.run());
  return static_cast<const evh_issuer*>(plugin.host->get_extension(plugin.host, core::view(EVH_EXT_ISSUER)));
}

TEST(Issuer, IsNotForEveryPluginThatAsks) {
  EXPECT_EQ(found_by(with(false)), nullptr);
  EXPECT_NE(found_by(with(true)), nullptr);
  EXPECT_NE(found_by(with(false, {{EVH_EXT_ISSUER}})), nullptr) << "named in grants";
  EXPECT_EQ(found_by(with(true, {{EVH_EXT_STORE}})), nullptr);
}

TEST(Issuer, HandsTheRequestOverAndTheTokenBack) {
  scripted_plugin plugin("p");
  runtime_bed bed;
  bed.add(plugin, with(true));
  ASSERT_TRUE(bed.run());
  const auto& table = plugin.ext<evh_issuer>(EVH_EXT_ISSUER);
  evh_token_request wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.subject = core::view("u1");
  wanted.name = core::view("Ann");
  wanted.roles = core::view("user admin");
  wanted.session = core::view("s1");
  wanted.claims = core::view("{}");
  wanted.issued_from_s = 5;
  char room[128];
  std::uint64_t needed = 0;
  ASSERT_EQ(table.issue(plugin.host, &wanted, room, sizeof room, &needed, nullptr), EVH_OK);
  EXPECT_EQ(std::string(room, needed), "u1|Ann|+user+admin|s1|{}|5|77");
  wanted.lifetime_s = 60;
  ASSERT_EQ(table.issue(plugin.host, &wanted, room, sizeof room, &needed, nullptr), EVH_OK);
  EXPECT_TRUE(std::string_view(room, needed).ends_with("|60"));
  EXPECT_EQ(table.issue(plugin.host, &wanted, room, 3, &needed, nullptr), EVH_INVALID);
  EXPECT_GT(needed, 3u);
  evh_error error{};
  error.struct_size = sizeof error;
  wanted.subject = core::absent;
  EXPECT_EQ(table.issue(plugin.host, &wanted, room, sizeof room, &needed, &error), EVH_INVALID);
  EXPECT_EQ(std::string_view(error.text, error.len), "no subject");
  EXPECT_EQ(needed, 0u);
  wanted.struct_size = 8;
  EXPECT_EQ(table.issue(plugin.host, &wanted, room, sizeof room, &needed, &error), EVH_INVALID);
  EXPECT_EQ(table.issue(plugin.host, nullptr, room, sizeof room, &needed, &error), EVH_INVALID);
  ASSERT_EQ(table.jwks(plugin.host, room, sizeof room, &needed), EVH_OK);
  EXPECT_EQ(std::string(room, needed), R"({"keys":[]})");
  EXPECT_EQ(core::text(table.name(plugin.host)), "https://todo.example");
}

}  // namespace
}  // namespace evhost::runtime::tests
