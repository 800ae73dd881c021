// A host beside a Dapr sidecar: its database's address is a secret of the store, and a start without the sidecar says so.
#include "tests/support/host_under_test.hpp"
#include "tests/support/dapr_sidecar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evhost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::map<std::string, std::string> beside(const sidecar& dapr) {
  return {{"DAPR_HTTP_PORT", std::to_string(dapr.port())}, {"EVH_DAPR__SECRET_STORE", "secrets-store"}, {"DATABASE_URL", "secret:database-url"}};
}

TEST(DaprHost, TakesTheDatabasesAddressFromTheStore) {
  sidecar dapr;
  dapr.answer("/v1.0/healthz/outbound", 204, "");
  host_under_test host({.plugin_directories = {}, .environment = beside(dapr), .arguments = {}});
  const auto file = host.data() / "elsewhere.db";
  dapr.answer("/v1.0/secrets/secrets-store/database-url", 200, R"({"database-url":"sqlite://)" + file.string() + "\"}");
  host.start();
  EXPECT_TRUE(std::filesystem::exists(file));
  const auto topics = host.command({"topics", "list"});
  EXPECT_EQ(topics.exit, 0) << topics.err;
  EXPECT_THAT(topics.out, HasSubstr("task-events"));
  EXPECT_EQ(host.stop(), 0);
}

TEST(DaprHost, RefusesToStartWithoutTheSecretOrTheSidecar) {
  auto dapr = std::make_unique<sidecar>();
  dapr->answer("/v1.0/healthz/outbound", 204, "");
  host_under_test host({.plugin_directories = {}, .environment = beside(*dapr), .arguments = {}});
  host.launch();
  EXPECT_EQ(host.wait_exit(), 78);
  EXPECT_THAT(host.log(), HasSubstr("storage.database_url names the secret database-url"));
  dapr.reset();
  host.launch({{"EVH_DAPR__START_TIMEOUT", "300ms"}});
  EXPECT_EQ(host.wait_exit(), 69);
  EXPECT_THAT(host.log(), HasSubstr("the Dapr sidecar is not ready after 300 ms"));
}

TEST(DaprHost, WaitsForASidecarThatStartsLater) {
  sidecar dapr;
  dapr.answer("/v1.0/healthz/outbound", 500, "{}");
  host_under_test host({.plugin_directories = {}, .environment = beside(dapr), .arguments = {}});
  dapr.answer("/v1.0/secrets/secrets-store/database-url", 200, R"({"value":"sqlite://)" + (host.data() / "later.db").string() + "\"}");
  host.launch();
  ASSERT_TRUE(dapr.wait_asked("/v1.0/healthz/outbound", 2));
  EXPECT_TRUE(host.running());
  dapr.answer("/v1.0/healthz/outbound", 204, "");
  host.wait_ready();
  EXPECT_EQ(host.stop(), 0);
}

TEST(DaprHost, EndsWhenAskedWhileItWaits) {
  sidecar dapr;
  dapr.answer("/v1.0/healthz/outbound", 500, "{}");
  host_under_test host({.plugin_directories = {}, .environment = beside(dapr), .arguments = {}});
  host.launch();
  ASSERT_TRUE(dapr.wait_asked("/v1.0/healthz/outbound", 1));
  EXPECT_EQ(host.stop(), 69);
}

}  // namespace
}  // namespace evhost::test
