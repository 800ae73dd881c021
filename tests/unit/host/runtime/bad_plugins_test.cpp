// Faulty libraries from disk through the whole runtime: the fault stays inside its plugin and is told.
#include "host/loader/loader.hpp"
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace evhost::runtime::tests {
namespace {

using testing::HasSubstr;

// The fixture and a healthy plugin beside it, in one host.
class bad_plugin_bed : public runtime_bed {
 public:
  explicit bad_plugin_bed(const std::string& fault) {
    const std::vector<std::filesystem::path> files{std::filesystem::path(EVH_BAD_PLUGINS_DIR) / (fault + ".so"),
                                                   std::filesystem::path(EVH_BAD_PLUGINS_DIR) / "healthy.so"};
    candidates = loader::load(files).plugins;
    id = candidates.empty() ? std::string() : candidates.front().id;
  }
  std::string id;
};

struct refused {
  const char* fault;
  const char* sentence;
};

class RefusedPlugin : public testing::TestWithParam<refused> {};

TEST_P(RefusedPlugin, IsNamedAndTheOthersRun) {
  bad_plugin_bed bed(GetParam().fault);
  ASSERT_EQ(bed.candidates.size(), 2u);
  EXPECT_FALSE(bed.run());
  EXPECT_EQ(bed.status(bed.id).state, "failed");
  EXPECT_THAT(bed.status(bed.id).reason, testing::AllOf(HasSubstr(GetParam().sentence), HasSubstr(GetParam().fault)));
  EXPECT_EQ(bed.status("healthy").state, "running");
}

INSTANTIATE_TEST_SUITE_P(
    Every, RefusedPlugin,
    testing::Values(refused{"throws_in_create", "thrown in create"}, refused{"create_returns_null", "no room for it"},
                    refused{"missing_init", "evh_plugin.init is mandatory"},
                    refused{"calls_host_in_create", "the host gave nothing in create"},
                    refused{"throws_in_init", "thrown in init"}, refused{"rejects_config", "/limit must be positive"},
                    refused{"throws_in_activate", "thrown in activate"},
                    refused{"fails_in_start", "the backend is away"}, refused{"route_outside_prefix", "/api/v1/tasks"},
                    refused{"needs_unknown_extension", "evh.teleport/1"}),
    [](const auto& param) { return std::string(param.param.fault); });

TEST(BadPlugin, ALateRegistrationIsRefused) {
  bad_plugin_bed bed("registers_in_start");
  EXPECT_TRUE(bed.run());
  EXPECT_EQ(bed.misbehaved(bed.id, "registration"), 1u);
  EXPECT_TRUE(bed.front.options.empty());
}

TEST(BadPlugin, AnExceptionOutOfOnBatchStaysInTheLane) {
  bad_plugin_bed bed("throws_on_batch");
  ASSERT_TRUE(bed.run());
  bed.log.put("numbers", 0, "k", "1");
  bed.turn();
  EXPECT_EQ(bed.status(bed.id).state, "running");
  EXPECT_GE(bed.misbehaved(bed.id, "exception"), 1u);
}

TEST(BadPlugin, AnExceptionOutOfOnRequestIsA500) {
  bad_plugin_bed bed("throws_on_request");
  ASSERT_TRUE(bed.run());
  const auto answer = bed.front.request("GET /p/throws-on-request/x");
  bed.turn();
  EXPECT_EQ(answer->status, 500u);
}

TEST(BadPlugin, TheSecondAnswerIsRefused) {
  bad_plugin_bed bed("answers_twice");
  ASSERT_TRUE(bed.run());
  const auto answer = bed.front.request("GET /p/answers-twice/x");
  bed.turn();
  EXPECT_EQ(answer->status, 200u);
  EXPECT_EQ(bed.misbehaved(bed.id, "answered"), 1u);
}

TEST(BadPlugin, ANeverAnsweredRequestIsA500) {
  bad_plugin_bed bed("never_answers");
  ASSERT_TRUE(bed.run());
  const auto answer = bed.front.request("GET /p/never-answers/x");
  bed.turn();
  EXPECT_EQ(answer->status, 500u);
}

TEST(BadPlugin, AKeptUnitPublishesNothing) {
  bad_plugin_bed bed("publishes_outside_unit");
  ASSERT_TRUE(bed.run());
  bed.log.put("numbers", 0, "k", "1");
  bed.turn();
  const auto answer = bed.front.request("GET /p/publishes-outside-unit/x");
  bed.turn();
  EXPECT_EQ(answer->status, 200u + EVH_THREAD);
  for (int partition = 0; partition < 4; ++partition) EXPECT_EQ(bed.log.size("out", partition), 0u);
}

}  // namespace
}  // namespace evhost::runtime::tests
