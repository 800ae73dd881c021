// The life of a plugin: its order, its failures, its grants.
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace evhost::runtime::tests {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

void stop_all(runtime_bed& bed) {
  bed.host->drain(std::chrono::steady_clock::now());
  bed.host->stop();
  bed.host->unload();
}

TEST(Lifecycle, RunsInItsOrder) {
  scripted_plugin plugin("p");
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_EQ(bed.status("p").state, "running");
  stop_all(bed);
  EXPECT_THAT(plugin.calls, ElementsAre("create", "init", "validate", "configure", "activate", "start", "drain", "stop",
                                        "deactivate", "destroy"));
  EXPECT_EQ(bed.status("p").state, "gone");
}

TEST(Lifecycle, StopAndUnloadAreIdempotentAndLegalAtAnyTime) {
  scripted_plugin plugin("p");
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.load());
  bed.host->stop();
  bed.host->stop();
  bed.host->unload();
  bed.host->unload();
  EXPECT_THAT(plugin.calls, ElementsAre("create", "init", "validate", "configure", "destroy"));
}

struct failing_step {
  const char* name;
  std::vector<std::string> calls;  // of the whole life
};

class LifecycleFailure : public testing::TestWithParam<failing_step> {
 protected:
  static void script(scripted_plugin& plugin, const std::string& step, std::function<evh_status(evh_error*)> fault) {
    if (step == "init") plugin.on_init = fault;
    if (step == "configure") plugin.on_configure = [fault](auto, auto, evh_error* error) { return fault(error); };
    if (step == "activate") plugin.on_activate = fault;
    if (step == "start") plugin.on_start = fault;
  }
};

TEST_P(LifecycleFailure, KeepsTheSentenceAndTheOthersRun) {
  scripted_plugin bad("bad"), good("good");
  script(bad, GetParam().name, [](evh_error* error) { return fill(error, EVH_DENIED, "the moon is not full"); });
  runtime_bed bed;
  bed.add(bad);
  bed.add(good);
  EXPECT_FALSE(bed.run());
  EXPECT_EQ(bed.status("bad").state, "failed");
  EXPECT_THAT(bed.status("bad").reason,
              AllOf(HasSubstr("plugin 'bad' 1.2.3"), HasSubstr("/plugins/bad.so"), HasSubstr(GetParam().name),
                    HasSubstr("DENIED"), HasSubstr("the moon is not full")));
  EXPECT_EQ(bed.status("good").state, "running");
  EXPECT_EQ(bed.host->ready().overall, health::down);
  stop_all(bed);
  EXPECT_EQ(bad.calls, GetParam().calls);
  EXPECT_EQ(bed.status("bad").state, "failed");
}

TEST_P(LifecycleFailure, SurvivesAnException) {
  scripted_plugin bad("bad");
  script(bad, GetParam().name, [](evh_error*) -> evh_status { throw std::runtime_error("thrown by the plugin"); });
  runtime_bed bed;
  bed.add(bad);
  EXPECT_FALSE(bed.run());
  EXPECT_THAT(bed.status("bad").reason, HasSubstr("thrown by the plugin"));
  EXPECT_EQ(bed.misbehaved("bad", "exception"), 1u);
  stop_all(bed);
  EXPECT_EQ(bad.calls, GetParam().calls);
}

INSTANTIATE_TEST_SUITE_P(
    AtEachStep, LifecycleFailure,
    testing::Values(failing_step{"init", {"create", "init", "destroy"}},
                    failing_step{"configure", {"create", "init", "validate", "destroy"}},
                    failing_step{"activate", {"create", "init", "validate", "configure", "activate", "destroy"}},
                    failing_step{
                        "start",
                        {"create", "init", "validate", "configure", "activate", "start", "deactivate", "destroy"}}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(Lifecycle, RunsMigrationsBeforeActivate) {
  scripted_plugin plugin("p");
  plugin.migrations = {{"first", "CREATE TABLE p_things (id INTEGER)"}, {"second", "INSERT INTO p_things VALUES (1)"}};
  runtime_bed bed;
  std::int64_t rows = -1;
  plugin.on_activate = [&](evh_error*) {
    rows = bed.store.number("SELECT count(*) FROM p_things");
    return EVH_OK;
  };
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_EQ(rows, 1);
}

TEST(Lifecycle, RunsNoMigrationsOfAPluginThatFailed) {
  scripted_plugin bad("bad");
  bad.migrations = {{"first", "CREATE TABLE bad_things (id INTEGER)"}};
  bad.on_configure = [](auto, auto, evh_error*) { return EVH_INVALID; };
  runtime_bed bed;
  bed.add(bad);
  EXPECT_FALSE(bed.run());
  EXPECT_EQ(bed.store.number("SELECT count(*) FROM sqlite_master WHERE name = 'bad_things'"), 0);
}

TEST(Lifecycle, UnreadableMigrationsFailOnlyTheirPlugin) {
  scripted_plugin bad("bad"), good("good");
  bad.migrations = {{"first", "broken"}};
  runtime_bed bed;
  bed.add(bad);
  bed.add(good);
  EXPECT_FALSE(bed.run());
  EXPECT_THAT(bed.status("bad").reason, HasSubstr("migration"));
  EXPECT_EQ(bed.status("good").state, "running");
}

TEST(Grants, UnlistedAndUngrantedExtensionsAreNull) {
  scripted_plugin plugin("p");
  plugin.optional = {EVH_EXT_TASK, EVH_EXT_TIMER};
  std::vector<bool> got;
  plugin.on_init = [&](evh_error*) {
    for (const char* id :
         {EVH_EXT_TASK, EVH_EXT_TIMER, EVH_EXT_HTTP, EVH_EXT_LOG, EVH_EXT_CONFIG, "evh.log/1x", "evh.nothing/9"})
      got.push_back(plugin.host->get_extension(plugin.host, core::view(id)) != nullptr);
    return EVH_OK;
  };
  runtime_bed bed;
  plugin_settings settings;
  settings.extensions = {EVH_EXT_TASK};
  bed.add(plugin, settings);
  ASSERT_TRUE(bed.run());
  EXPECT_THAT(got, ElementsAre(true, false, false, true, true, false, false));
}

TEST(Grants, TheSameIdGivesTheSamePointer) {
  scripted_plugin plugin("p");
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  for (const auto& id : plugin.optional)
    EXPECT_EQ(plugin.host->get_extension(plugin.host, core::view(id)),
              plugin.host->get_extension(plugin.host, core::view(id)))
        << id;
}

TEST(Grants, RequiredButNotGrantedNamesTheSetting) {
  scripted_plugin plugin("p");
  plugin.required = {EVH_EXT_HTTP};
  runtime_bed bed;
  plugin_settings settings;
  settings.extensions = std::vector<std::string>{};
  bed.add(plugin, settings);
  EXPECT_FALSE(bed.load());
  EXPECT_THAT(bed.status("p").reason, AllOf(HasSubstr("'evh.http/1'"), HasSubstr("plugins.p.grants")));
}

TEST(Grants, TheHostGivesNothingDuringCreateAndAfterDestroy) {
  scripted_plugin plugin("p");
  const void* in_create = &plugin;
  plugin.on_create = [&] { in_create = plugin.host->get_extension(plugin.host, core::view(EVH_EXT_LOG)); };
  runtime_bed bed;
  bed.add(plugin);
  ASSERT_TRUE(bed.run());
  EXPECT_EQ(in_create, nullptr);
  stop_all(bed);
  EXPECT_EQ(plugin.host->get_extension(plugin.host, core::view(EVH_EXT_LOG)), nullptr);
  EXPECT_EQ(bed.misbehaved("p", "state"), 2u);
}

TEST(Config, TheSnapshotIsHandedOver) {
  scripted_plugin plugin("p");
  std::string told;
  plugin.on_configure = [&](std::string_view json, std::uint32_t, evh_error*) {
    told = json;
    return EVH_OK;
  };
  runtime_bed bed;
  plugin_settings settings;
  settings.config_json = R"({"limit":3})";
  bed.add(plugin, settings);
  ASSERT_TRUE(bed.run());
  EXPECT_EQ(told, R"({"limit":3})");
  EXPECT_EQ(core::text(plugin.ext<evh_config>(EVH_EXT_CONFIG).snapshot(plugin.host)), told);
}

TEST(Health, IsCollectedWithReasons) {
  scripted_plugin fine("fine"), slow("slow"), down("down");
  slow.on_health = [](evh_error* reason) { return fill(reason, 0, "mail waits"), EVH_HEALTH_DEGRADED; };
  runtime_bed bed;
  bed.add(fine);
  bed.add(slow);
  ASSERT_TRUE(bed.run());
  auto ready = bed.host->ready();
  EXPECT_EQ(ready.overall, health::degraded);
  ASSERT_EQ(ready.parts.size(), 1u);
  EXPECT_EQ(ready.parts[0].name, "slow");
  EXPECT_EQ(ready.parts[0].reason, "mail waits");
  slow.on_health = [](evh_error*) -> std::int32_t { throw 1; };
  EXPECT_EQ(bed.host->ready().overall, health::down);
}

}  // namespace
}  // namespace evhost::runtime::tests
