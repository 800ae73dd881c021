// Sources, precedence, refusals: what an operator can write and what it answers.
#include "host/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inputs.hpp"

namespace evhost::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::load_yaml;
using ::testing::Not;
using testing::refusal;
using testing::refusal_of_yaml;

inputs of_environment(testing::environment env) {
  return {.file = {}, .environment = std::move(env), .assignments = {}};
}
inputs of_assignments(std::vector<std::string> set) {
  return {.file = {}, .environment = {}, .assignments = std::move(set)};
}

TEST(Load, DefaultsAreDerivedFromTheDataDirectory) {
  const auto all = load(of_environment({{"EVH_DATA_DIR", "/srv/evh"}, {"EVH_HTTP_PORT", "9000"}})).values;
  EXPECT_EQ(all.storage.database_url.reveal(), "sqlite:////srv/evh/evhost.db");
  EXPECT_EQ(all.secrets.directory, "/srv/evh/secrets");
  EXPECT_EQ(all.security.issuer, "evhost") << "must not depend on the port: `evhost token` may run without it";
  EXPECT_EQ(all.security.audience, all.security.issuer);
}

TEST(Load, StrongerSourceWins) {
  const std::string yaml = "http:\n  port: 1001\n";
  EXPECT_EQ(load_yaml(yaml).values.http.port, 1001U);
  EXPECT_EQ(load_yaml(yaml, {{"EVH_HTTP_PORT", "1002"}}).values.http.port, 1002U);
  EXPECT_EQ(load_yaml(yaml, {{"EVH_HTTP__PORT", "1003"}, {"EVH_HTTP_PORT", "1002"}}).values.http.port, 1003U);
  const auto all = load_yaml(yaml, {{"EVH_HTTP__PORT", "1003"}}, {"http.port=1004"});
  EXPECT_EQ(all.values.http.port, 1004U);
  EXPECT_EQ(all.sources.at("http.port").where, "--set http.port");
}

TEST(Load, ConfigFileComesFromTheEnvironmentToo) {
  const testing::yaml_file file("observe:\n  log_format: json\n");
  const auto all = load(of_environment({{"EVH_CONFIG", file.path().string()}}));
  EXPECT_EQ(all.values.observe.log_format, "json");
  EXPECT_EQ(all.file, file.path());
}

TEST(Load, ListsAreTakenFromEverySource) {
  EXPECT_EQ(load_yaml("http:\n  allowed_hosts: [a, b]\n").values.http.allowed_hosts,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(load(of_environment({{"EVH_HTTP__ALLOWED_HOSTS", "a, b"}})).values.http.allowed_hosts,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(load(of_assignments({"http.allowed_hosts=[a,b]"})).values.http.allowed_hosts,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(load(of_environment({{"EVH_PLUGINS", "/x:/y"}})).values.plugins.directories,
            (std::vector<std::string>{"/x", "/y"}));
}

TEST(Load, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(refusal_of_yaml("http:\n  prot: 1\n"),
              AllOf(HasSubstr(".yaml:2: http.prot:"), HasSubstr("did you mean http.port?")));
  EXPECT_THAT(refusal_of_yaml("htpp:\n  port: 1\n"), HasSubstr("did you mean http?"));
  EXPECT_THAT(refusal(of_environment({{"EVH_HTTP__PROT", "1"}})),
              AllOf(HasSubstr("environment EVH_HTTP__PROT"), HasSubstr("http.port")));
  EXPECT_THAT(refusal(of_assignments({"htp.port=1"})), HasSubstr("http.port"));
  EXPECT_THAT(refusal_of_yaml("http:\n  xyzzy: 1\n"), HasSubstr("evhost config docs"));
}

TEST(Load, EveryMistakeIsReportedAtOnce) {
  const auto text = refusal_of_yaml("http:\n  port: many\n  adress: x\nlog:\n  partitions: 0\nobserve: 5\n");
  EXPECT_THAT(
      text, AllOf(HasSubstr("http.port"), HasSubstr("http.adress"), HasSubstr("log.partitions"), HasSubstr("observe")));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST(Load, NamesTheLineOfTheFile) {
  EXPECT_THAT(refusal_of_yaml("# one\nhttp:\n  # three\n  port: 99999\n"),
              HasSubstr(".yaml:4: http.port: 99999 is outside 0..65535"));
}

TEST(Load, OtherProgramsVariablesAreLeftAlone) {
  EXPECT_EQ(refusal(of_environment(
                {{"EVH_REQUIRE_ALL", "1"}, {"EVHX__Y", "1"}, {"DAPR_HTTP_PORT", "3500"}, {"HOME", "/root"}})),
            "");
}

TEST(Load, EmptyFixedVariableCountsAsUnset) {
  EXPECT_EQ(
      load(of_environment(
               {{"DATABASE_URL", ""}, {"KAFKA_BOOTSTRAP_SERVERS", ""}, {"EVH_CONFIG", ""}, {"EVH_HTTP_PORT", ""}}))
          .values.http.port,
      8080U);
}

TEST(Load, MalformedFilesAreRefusedWithTheLine) {
  EXPECT_THAT(refusal_of_yaml("http: [1, 2\n"), HasSubstr("is not valid YAML"));
  EXPECT_THAT(refusal_of_yaml("- a\n- b\n"), HasSubstr("sections"));
  EXPECT_THAT(refusal_of_yaml("http:\n  port: 1\n  port: 2\n"), AllOf(HasSubstr(":3:"), HasSubstr("second time")));
  EXPECT_THAT(refusal_of_yaml("http:\n  port:\n"), HasSubstr("has no value"));
  EXPECT_THAT(refusal_of_yaml("a: 1\n---\nb: 2\n"), HasSubstr("2 YAML documents"));
  EXPECT_THAT(refusal_of_yaml("http:\n  port: {a: 1}\n"), HasSubstr("whole number"));
  EXPECT_THAT(refusal({.file = "/nonexistent/evhost.yaml", .environment = {}, .assignments = {}}),
              HasSubstr("does not exist"));
  EXPECT_THAT(refusal({.file = "/", .environment = {}, .assignments = {}}), HasSubstr("is not a file"));
}

TEST(Load, EmptyFileAndEmptySectionAreFine) {
  EXPECT_EQ(refusal_of_yaml(""), "");
  EXPECT_EQ(refusal_of_yaml("# nothing\n"), "");
  EXPECT_EQ(refusal_of_yaml("plugins:\nhttp:\n  port: 1\n"), "");
}

TEST(Load, AliasBombIsRefusedNotExpanded) {
  std::string yaml = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'j'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    yaml += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) yaml += (i ? ",*" : "*") + before;
    yaml += "]\n";
  }
  EXPECT_THAT(refusal_of_yaml(yaml), HasSubstr("make the file smaller"));
  EXPECT_NE(refusal_of_yaml("http: " + std::string(5'000, '[')), "");
}

TEST(Load, EnginesThisBuildLacksAreRefused) {
  EXPECT_THAT(
      refusal(of_environment({{"DATABASE_URL", "postgresql://u:hunter2@db/x"}})),
      AllOf(HasSubstr("PostgreSQL without Kafka"), HasSubstr("environment DATABASE_URL"), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(load(of_environment({{"DATABASE_URL", "postgres://db/x"}, {"KAFKA_BOOTSTRAP_SERVERS", "b:9092"}}))
                .values.storage.database_url.reveal(),
            "postgres://db/x");
  EXPECT_THAT(refusal(of_environment({{"DATABASE_URL", "mysql://db/hunter2"}})),
              AllOf(HasSubstr("sqlite:///"), Not(HasSubstr("hunter2"))));
  EXPECT_THAT(refusal(of_environment({{"DATABASE_URL", "sqlite:///"}})), HasSubstr("names no file"));
}

TEST(Load, SettingsThatContradictAreRefused) {
  EXPECT_THAT(refusal_of_yaml("runtime:\n  retry_backoff: 1m\n"), HasSubstr("runtime.retry_backoff_max"));
}

TEST(Load, MalformedAssignmentIsRefused) {
  EXPECT_THAT(refusal(of_assignments({"http.port"})), HasSubstr("section.key=value"));
  EXPECT_THAT(refusal(of_assignments({"port=1"})), HasSubstr("section.key=value"));
}

TEST(Load, PluginSubtreesKeepTheirSources) {
  const auto all =
      load_yaml("plugins:\n  directories: [/p]\n  chat:\n    enabled: false\n    grants: [evh.http/1]\n    limit: 5\n",
                {{"EVH_PLUGINS__SYNC__WINDOW_MS", "7"}}, {"plugins.org.example.x.colour=red"});
  const auto& entries = all.values.plugins.entries;
  EXPECT_FALSE(entries.at("chat").enabled);
  EXPECT_EQ(entries.at("chat").grants, (std::vector<std::string>{"evh.http/1"}));
  EXPECT_THAT(entries.at("chat").values.at("limit").from.where, HasSubstr(".yaml:6"));
  EXPECT_EQ(entries.at("sync").values.at("window_ms").text, "7");
  EXPECT_EQ(entries.at("org.example.x").values.at("colour").text, "red");
  EXPECT_THAT(refusal_of_yaml("plugins:\n  directory: /p\n"), HasSubstr("did you mean plugins.directories?"));
  EXPECT_THAT(refusal_of_yaml("plugins:\n  chat:\n    enabled: maybe\n"), HasSubstr("plugins.chat.enabled"));
}

TEST(Load, ACertificateNeedsItsKeyAndAnOriginIsNoUrl) {
  EXPECT_THAT(refusal_of_yaml("http:\n  tls_certificate: /c.pem\n"), AllOf(HasSubstr("http.tls_certificate"), HasSubstr("go together")));
  EXPECT_THAT(refusal_of_yaml("http:\n  tls_key: /k.pem\n"), HasSubstr("http.tls_key"));
  for (const std::string bad : {"todo.example.org", "https://todo.example.org/", "https://*"})
    EXPECT_THAT(refusal_of_yaml("http:\n  cors_origins: ['" + bad + "']\n"), AllOf(HasSubstr("http.cors_origins"), HasSubstr(bad)));
  EXPECT_EQ(load_yaml("http:\n  cors_origins: ['https://todo.example.org:8443']\n").values.http.cors_origins.size(), 1U);
}

TEST(Load, ADatabaseMayBeNamedByItsSecret) {
  EXPECT_EQ(load_yaml("storage:\n  database_url: secret:database-url\n").values.storage.database_url.reveal(), "secret:database-url");
}

}  // namespace
}  // namespace evhost::config
