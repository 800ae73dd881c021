// What `evhost config` prints, and that the committed files are what the table gives.
// After a change of the table run this test once with EVH_UPDATE_GENERATED=1 and commit the two files.
#include "host/config/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "inputs.hpp"

namespace evhost::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void expect_committed(const std::string& relative, const std::string& generated) {
  const auto path = std::filesystem::path(EVH_SOURCE_DIR) / relative;
  if (std::getenv("EVH_UPDATE_GENERATED")) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << generated;
  }
  std::ifstream stream(path, std::ios::binary);
  const std::string committed(std::istreambuf_iterator<char>(stream), {});
  EXPECT_EQ(committed, generated) << relative << " differs: run this test with EVH_UPDATE_GENERATED=1 and commit it";
}

TEST(GeneratedFiles, SchemaIsCurrent) {
  expect_committed("schemas/config/evhost.schema.json", config_schema());
}
TEST(GeneratedFiles, DocsAreCurrent) {
  expect_committed("docs/configuration.md", config_docs());
}

TEST(Schema, IsJsonAndKnowsEveryKey) {
  const auto schema = boost::json::parse(config_schema());
  for (const auto& what : options()) {
    const auto& section = schema.at("properties").at(what.section());
    EXPECT_TRUE(section.at("properties").as_object().contains(what.key())) << what.name;
  }
  EXPECT_FALSE(schema.at("properties").at("http").at("additionalProperties").as_bool());
  EXPECT_EQ(schema.at("properties").at("http").at("properties").at("port").at("maximum").as_int64(), 65535);
}

TEST(Docs, NameEveryKey) {
  const auto docs = config_docs();
  for (const auto& what : options()) EXPECT_THAT(docs, HasSubstr("| `" + std::string(what.key()) + "` |"));
}

TEST(Print, ShowsValuesWithTheirSources) {
  const auto text = print_config(testing::load_yaml("http:\n  port: 99\n", {{"EVH_LOG__PARTITIONS", "8"}}));
  EXPECT_THAT(text, HasSubstr("  port: 99  # "));
  EXPECT_THAT(text, HasSubstr("  partitions: 8  # environment EVH_LOG__PARTITIONS\n"));
  EXPECT_THAT(text, HasSubstr("  address: \"127.0.0.1\"  # default\n"));
}

TEST(Print, GivesBackWhatLoadAccepts) {
  const auto first = testing::load_yaml(
      "http:\n  port: 99\n  allowed_hosts: [a, b]\nplugins:\n  chat:\n    limit: 5\n    names: [\"x\", y]\n");
  const auto second = testing::load_yaml(print_config(first));
  for (const auto& what : options())
    EXPECT_EQ(shown_value(what, first.values), shown_value(what, second.values)) << what.name;
  EXPECT_EQ(second.values.plugins.entries.at("chat").values.at("limit").text, "5");
}

}  // namespace
}  // namespace evhost::config
