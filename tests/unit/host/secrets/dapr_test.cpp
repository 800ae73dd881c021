// What a Dapr sidecar may answer, and what becomes of it.
#include "host/secrets/dapr.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/secrets/providers.hpp"
#include "tests/support/dapr_sidecar.hpp"

namespace evhost::secrets {
namespace {

using core::errc;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Dapr : ::testing::Test {
  test::sidecar sidecar;
  dapr_options options{.http_port = sidecar.port(), .api_token = "", .store = "secrets-store"};

  void keeps(const std::string& name, unsigned status, std::string body) {
    sidecar.answer("/v1.0/secrets/secrets-store/" + name, status, std::move(body));
  }
  core::result<io::secret> get(std::string_view name) { return dapr_provider(options).get(name); }
};

TEST_F(Dapr, TheOnlyKeyOrTheOneOfThatName) {
  keeps("database-url", 200, R"({"value":"postgresql://db/todo"})");
  EXPECT_EQ(get("database-url").value().reveal_text(), "postgresql://db/todo");
  keeps("smtp", 200, R"({"user":"mail","smtp":"hunter2"})");
  EXPECT_EQ(get("smtp").value().reveal_text(), "hunter2");
}

TEST_F(Dapr, SeveralKeysAndNoneOfThatNameIsRefusedWithoutValues) {
  keeps("smtp", 200, R"({"user":"mail","password":"hunter2"})");
  const auto answer = get("smtp");
  EXPECT_EQ(answer.error().code, errc::invalid);
  EXPECT_THAT(answer.error().message, AllOf(HasSubstr("2 keys"), HasSubstr("smtp"), Not(HasSubstr("hunter2"))));
}

TEST_F(Dapr, StatusesBecomeCodes) {
  EXPECT_EQ(get("nowhere").error().code, errc::not_found);
  keeps("forbidden", 403, R"({"errorCode":"ERR_PERMISSION_DENIED","message":"access denied"})");
  EXPECT_EQ(get("forbidden").error().code, errc::denied);
  EXPECT_THAT(get("forbidden").error().message, HasSubstr("allowedSecrets"));
  keeps("broken", 500, R"({"errorCode":"ERR_SECRET_STORES_NOT_CONFIGURED","message":"no stores"})");
  EXPECT_EQ(get("broken").error().code, errc::io);
  EXPECT_THAT(get("broken").error().message, HasSubstr("ERR_SECRET_STORES_NOT_CONFIGURED"));
  for (const auto* odd : {"", "null", "[]", R"({"value":7})", "{}"}) {
    keeps("odd", 200, odd);
    EXPECT_FALSE(get("odd").has_value()) << odd;
  }
  keeps("empty", 200, R"({"value":"changeme"})");
  EXPECT_THAT(get("empty").error().message, HasSubstr("placeholder"));
}

TEST_F(Dapr, TheTokenGoesAlong) {
  sidecar.want_token("s3same");
  keeps("key", 200, R"({"key":"v4lue"})");
  EXPECT_EQ(get("key").error().code, errc::denied);
  options.api_token = "s3same";
  EXPECT_EQ(get("key").value().reveal_text(), "v4lue");
}

TEST_F(Dapr, NamesNeverReachTheSidecarUnchecked) {
  for (const auto* bad : {"../x", "a||b", "a/b", "", "A"}) EXPECT_EQ(get(bad).error().code, errc::invalid) << bad;
}

TEST_F(Dapr, ADeadSidecarIsNoMissingSecret) {
  {
    const test::sidecar gone;
    options.http_port = gone.port();
  }
  EXPECT_EQ(get("key").error().code, errc::again);
}

TEST_F(Dapr, ASilentSidecarIsGivenUp) {
  sidecar.fall_silent();
  options.deadline = std::chrono::milliseconds(200);
  EXPECT_EQ(get("key").error().code, errc::again);
  EXPECT_THAT(get("key").error().message, HasSubstr("200 ms"));
}

TEST_F(Dapr, TheChainGoesOnOnlyWhenTheStoreDoesNotKnow) {
  dapr_provider dapr(options);
  const std::vector<std::pair<std::string, std::string>> variables{{"EVH_SECRET_KEY", "from-env"}};
  environment_provider environment(variables);
  provider_chain chain({&dapr, &environment});
  EXPECT_EQ(chain.get("key").value().reveal_text(), "from-env");
  keeps("key", 403, "{}");
  EXPECT_EQ(chain.get("key").error().code, errc::denied);
}

TEST_F(Dapr, HealthIsTheSidecarsOwnWord) {
  sidecar.answer("/v1.0/healthz/outbound", 500, R"({"errorCode":"ERR_HEALTH_NOT_READY"})");
  const auto early = dapr_provider(options).look_at_sidecar();
  EXPECT_EQ(early.error().code, errc::again);
  EXPECT_THAT(early.error().message, HasSubstr("ERR_HEALTH_NOT_READY"));
  sidecar.answer("/v1.0/healthz/outbound", 204, "");
  EXPECT_TRUE(dapr_provider(options).look_at_sidecar().has_value());
  options.address = "dapr.example";
  EXPECT_EQ(dapr_provider(options).look_at_sidecar().error().code, errc::invalid);
}

}  // namespace
}  // namespace evhost::secrets
