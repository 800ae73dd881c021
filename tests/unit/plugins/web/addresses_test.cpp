// Where the page finds things, and what its content security policy follows from that.
#include "addresses.hpp"

#include <evh/failure.hpp>

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::string& config) {
  try {
    web::read_addresses(config);
  } catch (const evh::failure& why) {
    return why.what();
  }
  return "accepted";
}

TEST(WebAddresses, EmptyMeansThePagesOwnOrigin) {
  const auto own = web::read_addresses(R"({"api_url":"","ws_url":"","issuer":""})");
  EXPECT_EQ(web::config_json(own), R"({"api_url":null,"ws_url":null,"issuer":null})");
  EXPECT_THAT(web::content_security_policy(own), HasSubstr("connect-src 'self';"));
}

TEST(WebAddresses, OthersAreAllowedByOriginAlone) {
  const auto far = web::read_addresses(R"({"api_url":"https://api.example.org:8443/api/v1","ws_url":"wss://live.example.org/ws","issuer":"https://id.example.org/"})");
  const auto policy = web::content_security_policy(far);
  EXPECT_THAT(policy, HasSubstr("connect-src 'self' https://api.example.org:8443 wss://live.example.org https://id.example.org;"));
  EXPECT_THAT(policy, Not(HasSubstr("/api/v1")));
}

TEST(WebAddresses, TheSocketFollowsTheApi) {
  EXPECT_THAT(web::content_security_policy(web::read_addresses(R"({"api_url":"https://api.example.org"})")), HasSubstr(" wss://api.example.org;"));
  EXPECT_THAT(web::content_security_policy(web::read_addresses(R"({"api_url":"http://localhost:9000"})")), HasSubstr(" ws://localhost:9000;"));
}

TEST(WebAddresses, ThePolicyLeavesNoDoorOpen) {
  const auto policy = web::content_security_policy({});
  for (const auto* part : {"default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"})
    EXPECT_THAT(policy, HasSubstr(part));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST(WebAddresses, RefusesWhatIsNoWebAddress) {
  EXPECT_THAT(refusal(R"({"api_url":"api.example.org"})"), testing::AllOf(HasSubstr("plugins.web.api_url"), HasSubstr("api.example.org"), HasSubstr("http:// or https://")));
  EXPECT_THAT(refusal(R"({"ws_url":"https://api.example.org"})"), HasSubstr("ws:// or wss://"));
  EXPECT_THAT(refusal(R"~({"issuer":"javascript:alert(1)"})~"), HasSubstr("plugins.web.issuer"));
  EXPECT_THAT(refusal(R"({"api_url":"https://ana:secret@api.example.org"})"), HasSubstr("user name"));
}

TEST(WebAddresses, NothingCanBeSmuggledIntoThePolicy) {
  EXPECT_THAT(refusal(R"({"api_url":"https://a.example; script-src *"})"), HasSubstr("is no URL"));
  EXPECT_THAT(refusal("{\"api_url\":\"https://a.example\\r\\nX: y\"}"), HasSubstr("is no URL"));
}

}  // namespace
