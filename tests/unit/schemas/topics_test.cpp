// Every event type: known, described by a JSON Schema and in the AsyncAPI document, carried by both codecs.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "schemas/events/json_read.hpp"
#include "schemas/events/topics.hpp"
#include "tests/unit/schemas/samples.hpp"

namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(EventTypes, GoThroughBothCodecsUnharmed) {
  for (const auto& each : evh_schemas::event_types()) {
    const std::string& sample = samples::payload_of(each.topic, each.type);
    EXPECT_EQ(evh_schemas::parse_json(each.through_codecs(sample)), evh_schemas::parse_json(sample)) << each.topic << " " << each.type;
  }
}

TEST(EventTypes, HaveOneSchemaFileEachAndNoOther) {
  std::set<std::string> wanted, found;
  const std::filesystem::path root = std::string(EVH_EVENT_SCHEMAS) + "/json";
  for (const auto& each : evh_schemas::event_types()) wanted.insert(std::string(each.topic) + "/" + std::string(each.type) + ".schema.json");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.is_regular_file() && entry.path().parent_path() != root) found.insert(std::filesystem::relative(entry.path(), root).string());
  EXPECT_EQ(wanted, found);
}

TEST(EventTypes, StandInTheAsyncApiDocument) {
  const std::string document = slurp(std::string(EVH_EVENT_SCHEMAS) + "/asyncapi.yaml");
  for (const auto& each : evh_schemas::event_types()) {
    EXPECT_NE(document.find("address: " + std::string(each.topic)), std::string::npos) << each.topic;
    EXPECT_NE(document.find("json/" + std::string(each.topic) + "/" + std::string(each.type) + ".schema.json"), std::string::npos)
        << each.topic << " " << each.type;
  }
}

TEST(EventTypes, AreFoundByTopicAndType) {
  EXPECT_NE(evh_schemas::find_event_type("task-events", "todo.task.created.v1"), nullptr);
  EXPECT_EQ(evh_schemas::find_event_type("task-events", "todo.reminder.scheduled.v1"), nullptr);
}

}  // namespace
