// The descriptor table itself: every row is complete and its default is inside its own bounds.
#include "host/config/option.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace evhost::config {
namespace {

raw_value written(const option& what, const std::string& text) {
  raw_value raw;
  raw.text = text;
  if (what.type() == option_type::list) {
    raw.kind = raw_value::shape::list;
    raw_value item;
    item.text = text.substr(1, text.size() - 2);
    raw.items.push_back(item);
  }
  return raw;
}

TEST(OptionTable, EveryRowIsComplete) {
  std::set<std::string_view> names;
  for (const auto& what : options()) {
    EXPECT_TRUE(names.insert(what.name).second) << what.name << " stands twice";
    EXPECT_FALSE(what.text.empty()) << what.name;
    EXPECT_TRUE(what.text.ends_with(".")) << what.name;
    EXPECT_FALSE(what.example.empty()) << what.name;
    if (what.type() == option_type::integer) {
      EXPECT_FALSE(what.unit.empty() && what.name != "http.port" && what.name != "dapr.http_port") << what.name;
      EXPECT_GT(what.max, 0) << what.name << " is unbounded";
    }
  }
}

TEST(OptionTable, EveryExampleIsTaken) {
  for (const auto& what : options()) {
    settings into;
    EXPECT_EQ(assign(what, into, written(what, std::string(what.example))), "") << what.name;
  }
}

TEST(OptionTable, EveryDefaultIsInsideItsBounds) {
  const settings defaults;
  for (const auto& what : options()) {
    const auto shown = shown_value(what, defaults);
    if (what.type() == option_type::list || shown.empty()) continue;
    settings into;
    EXPECT_EQ(assign(what, into, written(what, shown)), "") << what.name << " = " << shown;
    EXPECT_EQ(shown_value(what, into), shown) << what.name;
  }
}

TEST(OptionTable, EveryPlaceIsItsOwn) {
  settings all;
  std::set<const void*> places;
  for (const auto& what : options()) {
    const void* place = std::visit([](auto* at) -> const void* { return at; }, what.at(all));
    EXPECT_TRUE(places.insert(place).second) << what.name << " shares its member with another key";
  }
}

TEST(OptionTable, SectionsStandTogether) {
  std::set<std::string_view> finished;
  std::string_view current;
  for (const auto& what : options()) {
    if (what.section() == current) continue;
    EXPECT_TRUE(finished.insert(what.section()).second) << what.section() << " is split";
    current = what.section();
  }
}

TEST(OptionTable, NamesItsEnvironment) {
  EXPECT_EQ(environment_name("http.port"), "EVH_HTTP__PORT");
  EXPECT_EQ(environment_name("security.user_burst"), "EVH_SECURITY__USER_BURST");
}

// A key nobody reads is a promise nobody keeps. Refused or reserved ones say so in their text.
TEST(OptionTable, EveryKeyIsObeyedByTheCompositionRoot) {
  std::string app;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(EVH_SOURCE_DIR) / "host" / "app")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    app.append(std::istreambuf_iterator<char>(file), {});
  }
  ASSERT_FALSE(app.empty());
  for (const auto& what : options()) {
    const bool excused = what.text.find("Refused:") != std::string_view::npos ||
                         what.text.find("Reserved for") != std::string_view::npos;
    EXPECT_TRUE(excused || app.find("." + std::string(what.name)) != std::string::npos)
        << what.name << " has no effect";
  }
}

TEST(Assign, RefusesWithTheAllowedRange) {
  settings into;
  raw_value raw;
  raw.text = "70000";
  EXPECT_EQ(assign(*find_option("http.port"), into, raw), "70000 is outside 0..65535; choose a value in that range");
  raw.text = "-1";
  EXPECT_NE(assign(*find_option("http.port"), into, raw), "");
  raw.text = "5";
  EXPECT_NE(assign(*find_option("http.idle_timeout"), into, raw).find("duration"), std::string::npos);
  raw.text = "jsn";
  EXPECT_EQ(assign(*find_option("observe.log_format"), into, raw), "\"jsn\" is not one of text|json");
  EXPECT_EQ(into.http.port, 8080U) << "a refused value must not be written";
}

TEST(Assign, RefusesAStructureWhereAValueBelongs) {
  settings into;
  raw_value raw;
  raw.kind = raw_value::shape::map;
  EXPECT_NE(assign(*find_option("http.port"), into, raw), "");
  EXPECT_NE(assign(*find_option("http.allowed_hosts"), into, raw), "");
}

}  // namespace
}  // namespace evhost::config
