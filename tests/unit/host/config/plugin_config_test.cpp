// A plugin's own keys: typed JSON out, sentences for everything that does not fit its table.
#include "host/config/plugin_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "inputs.hpp"

namespace evhost::config {
namespace {

using ::testing::HasSubstr;

const std::vector<plugin_key> keys{
    {.name = "greeting", .type = EVH_CONFIG_STRING, .default_json = R"("hello")", .text = "What it says."},
    {.name = "limit", .type = EVH_CONFIG_INTEGER, .default_json = "10", .min = 1, .max = 100, .text = ""},
    {.name = "ratio", .type = EVH_CONFIG_NUMBER, .default_json = "0.5", .min = 0, .max = 1, .text = ""},
    {.name = "loud", .type = EVH_CONFIG_BOOLEAN, .default_json = "false", .text = ""},
    {.name = "words", .type = EVH_CONFIG_LIST, .default_json = "[]", .text = ""},
    {.name = "poll_ms", .type = EVH_CONFIG_DURATION, .default_json = "250", .min = 10, .max = 60000, .text = ""},
    {.name = "password", .type = EVH_CONFIG_STRING, .secret = true, .default_json = {}, .text = ""},
};

struct outcome {
  boost::json::object json;
  std::string problems;
};

outcome snapshot(const std::string& plugin_yaml, testing::environment env = {},
                 std::span<const plugin_key> table = keys) {
  const auto all = testing::load_yaml("plugins:\n  my-plugin:\n" + plugin_yaml, std::move(env));
  std::vector<problem> problems;
  const auto text = plugin_snapshot(all.values, "my-plugin", table, problems);
  outcome out{boost::json::parse(text).as_object(), {}};
  for (const auto& one : problems) out.problems += one.text() + "\n";
  return out;
}

TEST(PluginConfig, FillsInDefaults) {
  const auto [json, problems] = snapshot("    limit: 5\n");
  EXPECT_EQ(problems, "");
  EXPECT_EQ(json.at("limit"), 5);
  EXPECT_EQ(json.at("greeting"), "hello");
  EXPECT_EQ(json.at("poll_ms"), 250);
  EXPECT_FALSE(json.contains("password"));
}

TEST(PluginConfig, KeepsTypes) {
  const auto [json, problems] = snapshot(
      "    greeting: 42\n    ratio: 1\n    loud: true\n    words: [a, 7]\n    poll_ms: 2s\n    password: smtp.key\n");
  EXPECT_EQ(problems, "");
  EXPECT_EQ(json.at("greeting"), "42");
  EXPECT_EQ(json.at("ratio").as_double(), 1.0);
  EXPECT_EQ(json.at("loud"), true);
  EXPECT_EQ(json.at("words"), boost::json::array({"a", "7"}));
  EXPECT_EQ(json.at("poll_ms"), 2000);
  EXPECT_EQ(json.at("password"), "smtp.key");
}

TEST(PluginConfig, EnvironmentWinsAndSpellsTheIdLoosely) {
  const auto [json, problems] =
      snapshot("    limit: 5\n", {{"EVH_PLUGINS__MY_PLUGIN__LIMIT", "6"}, {"EVH_PLUGINS__MY_PLUGIN__WORDS", "a,b"}});
  EXPECT_EQ(problems, "");
  EXPECT_EQ(json.at("limit"), 6);
  EXPECT_EQ(json.at("words"), boost::json::array({"a", "b"}));
}

TEST(PluginConfig, RefusalsNameSourceKeyAndRange) {
  EXPECT_THAT(snapshot("    limt: 5\n").problems,
              HasSubstr("plugins.my-plugin.limt: is no key of this plugin; did you mean limit?"));
  EXPECT_THAT(snapshot("    limit: 500\n").problems,
              HasSubstr(".yaml:3: plugins.my-plugin.limit: 500 is outside 1..100"));
  EXPECT_THAT(snapshot("    limit: x\n").problems, HasSubstr("whole number"));
  EXPECT_THAT(snapshot("    limit: [1]\n").problems, HasSubstr("whole number"));
  EXPECT_THAT(snapshot("    poll_ms: 1ms\n").problems, HasSubstr("outside"));
  EXPECT_THAT(snapshot("    words: {a: 1}\n").problems, HasSubstr("list of texts"));
}

TEST(PluginConfig, SecretTakesOnlyAName) {
  const auto problems = snapshot("    password: Hunter2!\n").problems;
  EXPECT_THAT(problems, HasSubstr("must be the name of a secret"));
  EXPECT_EQ(problems.find("Hunter2"), std::string::npos);
}

TEST(PluginConfig, RequiredKeyIsAskedFor) {
  const plugin_key needed[] = {
      {.name = "url", .type = EVH_CONFIG_STRING, .required = true, .default_json = {}, .text = {}}};
  EXPECT_THAT(snapshot("    enabled: true\n", {}, needed).problems,
              HasSubstr("plugins.my-plugin.url: is required and not set"));
}

TEST(PluginConfig, FaultyTableIsThePluginsFault) {
  const plugin_key faulty[] = {{.name = "a", .type = EVH_CONFIG_INTEGER, .default_json = "\"x\"", .text = {}},
                               {.name = "b", .type = 99, .default_json = {}, .text = {}},
                               {.name = "c", .type = EVH_CONFIG_INTEGER, .default_json = "{", .text = {}}};
  const auto problems = snapshot("    enabled: true\n", {}, faulty).problems;
  EXPECT_THAT(problems, HasSubstr("plugin my-plugin: plugins.my-plugin.a"));
  EXPECT_THAT(problems, HasSubstr("unknown type 99"));
  EXPECT_THAT(problems, HasSubstr("plugins.my-plugin.c"));
}

TEST(PluginConfig, WalksTheTableByTheStrideOfThePluginsBuild) {
  struct newer_key {
    evh_config_key known;
    std::uint64_t later;
  } rows[2]{};
  const char names[] = "ab";
  for (int i = 0; i < 2; ++i) {
    rows[i].known.struct_size = sizeof(newer_key);
    rows[i].known.type = EVH_CONFIG_BOOLEAN;
    rows[i].known.name = {names + i, 1};
    rows[i].later = ~0ULL;
  }
  evh_descriptor descriptor{};
  descriptor.struct_size = sizeof descriptor;
  descriptor.config = &rows[0].known;
  descriptor.config_count = 2;
  descriptor.config_stride = sizeof(newer_key);
  const auto found = plugin_keys(descriptor);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].name, "b");
  descriptor.struct_size = offsetof(evh_descriptor, config_stride);  // an older descriptor without the table's stride
  EXPECT_TRUE(plugin_keys(descriptor).empty());
}

}  // namespace
}  // namespace evhost::config
