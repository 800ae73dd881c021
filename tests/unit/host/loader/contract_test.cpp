// The checks of ids, versions and texts in descriptors.
#include "host/loader/contract.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace evhost::loader {
namespace {

evh_sv sv(std::string_view s) {
  return {s.data(), s.size()};
}

evh_descriptor good() {
  evh_descriptor d{};
  d.struct_size = sizeof d;
  d.id = sv("chat");
  d.version = sv("1.2.3");
  d.name = sv("Chat");
  d.license = sv("MIT");
  d.config_stride = sizeof(evh_config_key);
  return d;
}

TEST(PluginId, FollowsItsSyntax) {
  for (const char* id : {"chat", "com.example.todo-bot", "a", "0", "x1.y2"}) EXPECT_TRUE(is_plugin_id(id)) << id;
  for (const char* id : {"", ".", "a.", ".a", "a..b", "-a", "a-", "A", "a_b", "a b", "a/b", "\xC3\xA4"})
    EXPECT_FALSE(is_plugin_id(id)) << id;
  EXPECT_TRUE(is_plugin_id(std::string(64, 'a')));
  EXPECT_FALSE(is_plugin_id(std::string(65, 'a')));
}

TEST(SemanticVersion, FollowsSemver2) {
  for (const char* v :
       {"0.0.0", "1.2.3", "10.20.30", "1.0.0-alpha.1", "1.0.0-0a.x-y", "1.0.0+build.007", "1.0.0-rc.1+sha.5114f85"})
    EXPECT_TRUE(is_semver(v)) << v;
  for (const char* v : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.x", "1..3"})
    EXPECT_FALSE(is_semver(v)) << v;
}

TEST(Utf8, RejectsOverlongSurrogatesAndTruncation) {
  EXPECT_TRUE(is_utf8("pay \xE2\x82\xAC 5 \xF0\x9F\x98\x80"));
  for (const char* s : {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\xE2\x82", "\x80"})
    EXPECT_FALSE(is_utf8(s));
}

TEST(Descriptor, AcceptsAGoodOne) {
  const evh_descriptor d = good();
  EXPECT_TRUE(check_descriptor(&d, "x.so"));
}

TEST(Descriptor, AcceptsALongerOneOfANewerMinor) {
  struct {
    evh_descriptor base;
    char more[64];
  } newer{good(), {}};
  newer.base.struct_size = sizeof newer;
  EXPECT_TRUE(check_descriptor(&newer.base, "x.so"));
}

TEST(Descriptor, RefusesEachBadField) {
  const auto refused = [](auto change) {
    evh_descriptor d = good();
    change(d);
    return !check_descriptor(&d, "x.so");
  };
  EXPECT_TRUE(refused([](auto& d) { d.struct_size = 0xFFFFFFFF; }));
  EXPECT_TRUE(refused([](auto& d) { d.id = {nullptr, 0}; }));
  EXPECT_TRUE(refused([](auto& d) { d.id = {"chat", 1u << 30}; }));
  EXPECT_TRUE(refused([](auto& d) { d.version = sv("1"); }));
  EXPECT_TRUE(refused([](auto& d) { d.name = {nullptr, 0}; }));
  EXPECT_TRUE(refused([](auto& d) { d.license = sv("\xFF"); }));
  EXPECT_TRUE(refused([](auto& d) { d.text = sv("\xC0\xAF"); }));
  EXPECT_TRUE(refused([](auto& d) { d.required_count = 1; }));
  EXPECT_TRUE(refused([](auto& d) { d.optional_count = 1000; }));
  EXPECT_TRUE(refused([](auto& d) { d.config_count = 1; }));
  static const evh_config_key nameless{};
  EXPECT_TRUE(refused([](auto& d) { d.config = &nameless, d.config_count = 1; }));
  EXPECT_TRUE(refused([](auto& d) { d.config = &nameless, d.config_count = 1, d.config_stride = 8; }));
}

}  // namespace
}  // namespace evhost::loader
