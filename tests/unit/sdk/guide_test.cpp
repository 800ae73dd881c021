// The plugin that docs/plugin-guide.md prints builds, counts and answers as the guide says.
#include <evh/testing/host.hpp>

#include <gtest/gtest.h>

TEST(PluginGuide, GreeterCountsTasksPerOwner) {
  evh::testing::host host;
  host.load_file(EVH_GUIDE_PLUGIN);
  host.deliver("task-events", {{.topic = "task-events", .type = "todo.task.created.v1", .id = "1", .key = "user-1", .payload = "{}"}});
  EXPECT_EQ(host.get("/p/greeter/count").body, R"({"tasks":1})");
}

TEST(PluginGuide, RerunAfterARollbackDoesNotCountTwice) {
  evh::testing::host host;
  host.load_file(EVH_GUIDE_PLUGIN);
  host.fail_next_commits(3);
  host.deliver("task-events", {{.topic = "task-events", .type = "todo.task.created.v1", .id = "1", .key = "user-1", .payload = "{}"}});
  EXPECT_EQ(host.get("/p/greeter/count").body, R"({"tasks":1})");
}
