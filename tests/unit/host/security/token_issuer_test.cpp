// What we sign, we accept; and the front's verdicts on what clients send.
#include "host/security/token_issuer.hpp"

#include <gtest/gtest.h>

#include "forge.hpp"
#include "host/security/bearer_authenticator.hpp"
#include "host/security/strict_json.hpp"
#include "host/security/subject.hpp"
#include "tests/support/fakes/manual_clock.hpp"

namespace evhost::security {
namespace {

struct issuer_fixture : ::testing::Test {
  evhost::fakes::manual_clock clock;
  token_issuer issuer{testing::make_key('a'), "https://todo.example", "https://todo.example", clock};
  revocation_list revoked;
  token_verifier verifier{{.audience = "https://todo.example"}, revoked};
  io::null_metric_registry metrics;
  bearer_authenticator front{verifier, clock, metrics};

  issuer_fixture() { verifier.set_keys(issuer.issuer(), issuer.verifying_keys()); }
  std::string token(token_request request) { return issuer.issue(request).value(); }
};

using TokenIssuer = issuer_fixture;
using BearerAuthenticator = issuer_fixture;

TEST_F(TokenIssuer, IsAcceptedByTheVerifier) {
  const auto text =
      token({.subject = "u1", .name = "Ada \"Countess\" L\u00f6", .roles = {"admin", "auditor"}, .session_id = "s"});
  const auto [who, why, cached] = verifier.verify(text, clock.wall());
  ASSERT_TRUE(who) << refusal_name(why);
  EXPECT_EQ(who->subject, "u1");
  EXPECT_EQ(who->roles, (std::vector<std::string>{"admin", "auditor"}));
  EXPECT_EQ(who->session_id, "s");
  EXPECT_FALSE(who->token_id.empty());
}

TEST_F(TokenIssuer, CarriesBetterAuthsClaimsAndOurs) {
  const auto text = token({.subject = "u1", .name = "Ada", .roles = {"admin"}, .session_id = ""});
  const auto claims = parse_strict_object(split_compact(text)->payload).value();
  for (const auto* name : {"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "name", "role", "roles"})
    EXPECT_TRUE(claims.contains(name)) << name;
  EXPECT_FALSE(claims.contains("sid"));
  EXPECT_EQ(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 900);
}

TEST_F(TokenIssuer, FurtherClaimsStandBesideOursAndNeverInTheirPlace) {
  const auto text = token({.subject = "u1", .claims = R"({"id":"u1","email":"a@b.co","emailVerified":false})"});
  const auto claims = parse_strict_object(split_compact(text)->payload).value();
  EXPECT_EQ(claims.at("email").as_string(), "a@b.co");
  for (const auto* name : {"iss", "aud", "sub", "iat", "nbf", "exp", "jti", "sid", "name", "role", "roles"})
    EXPECT_FALSE(issuer.issue({.subject = "u1", .claims = R"({")" + std::string(name) + R"(":"x"})"}).has_value()) << name;
  for (const auto* wrong : {"[]", "x", R"({"a":1,"a":2})"}) EXPECT_FALSE(issuer.issue({.subject = "u1", .claims = wrong}).has_value()) << wrong;
}

TEST_F(TokenIssuer, IssueTimeIsMovedOnlyForwardAndOnlyALittle) {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.wall()).time_since_epoch().count();
  const auto issued = [&](std::int64_t from) {
    return parse_strict_object(split_compact(token({.subject = "u", .issued_from = from}))->payload)->at("iat").as_int64();
  };
  EXPECT_EQ(issued(now + 1), now + 1);
  EXPECT_EQ(issued(now - 100), now);
  EXPECT_EQ(issued(now + 3'600), now + 2);
  EXPECT_TRUE(verifier.verify(token({.subject = "u", .issued_from = now + 1}), clock.wall()).who);
}

TEST_F(TokenIssuer, TokensAreNeverAlike) {
  EXPECT_NE(token({.subject = "u", .name = "", .roles = {}, .session_id = ""}),
            token({.subject = "u", .name = "", .roles = {}, .session_id = ""}));
}

TEST_F(TokenIssuer, EndsWithItsLifetime) {
  const auto text =
      token({.subject = "u", .name = "", .roles = {}, .session_id = "", .lifetime = std::chrono::seconds(5)});
  clock.advance(std::chrono::seconds(64));
  EXPECT_TRUE(verifier.verify(text, clock.wall()).who);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(verifier.verify(text, clock.wall()).why, refusal::expired);
}

TEST_F(TokenIssuer, RefusesWhatTheVerifierWould) {
  const token_request bad[] = {
      {.subject = "", .name = "", .roles = {}, .session_id = ""},
      {.subject = std::string(256, 'x'), .name = "", .roles = {}, .session_id = ""},
      {.subject = "a\nb", .name = "", .roles = {}, .session_id = ""},
      {.subject = "u", .name = "", .roles = {"not a role"}, .session_id = ""},
      {.subject = "u", .name = "", .roles = {}, .session_id = "", .lifetime = std::chrono::seconds(0)},
      {.subject = "u", .name = "", .roles = {}, .session_id = "", .lifetime = std::chrono::hours(25)}};
  for (const auto& request : bad) EXPECT_FALSE(issuer.issue(request).has_value()) << request.subject;
}

TEST_F(TokenIssuer, PublishesTheKeyThatVerifies) {
  const auto keys = parse_jwks(issuer.jwks());
  ASSERT_EQ(keys.size(), 1U);
  const auto text = token({.subject = "u", .name = "", .roles = {}, .session_id = ""});
  const auto parts = split_compact(text);
  EXPECT_TRUE(keys.begin()->second->verify(parts->signing_input, parts->signature));
}

TEST_F(BearerAuthenticator, TakesTheSchemeInAnyCase) {
  const auto text = token({.subject = "u", .name = "", .roles = {}, .session_id = ""});
  for (const auto* scheme : {"Bearer ", "bearer ", "BEARER "}) EXPECT_TRUE(front.verify(scheme + text).who) << scheme;
}

TEST_F(BearerAuthenticator, Row36AsksForAToken) {
  for (const auto* bad : {"", "Bearer", "Bearer ", "Basic dTpw", "Token abc", "Digest x", "Bearertoken"}) {
    const auto verdict = front.verify(bad);
    EXPECT_FALSE(verdict.who);
    EXPECT_EQ(verdict.code, "authentication-required") << bad;
  }
}

TEST_F(BearerAuthenticator, SaysInvalidOrExpiredAndNoMore) {
  const auto text = token({.subject = "u", .name = "", .roles = {}, .session_id = ""});
  EXPECT_EQ(front.verify("Bearer  " + text).code, "invalid-token") << "two spaces";
  EXPECT_EQ(front.verify("Bearer " + text + ", Bearer " + text).code, "invalid-token");
  EXPECT_EQ(front.verify("Bearer x.y.z").code, "invalid-token");
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(front.verify("Bearer " + text).code, "token-expired");
}

TEST(Subject, IsAStableUuidOfTheName) {
  const auto alice = subject_of_name("alice").value();
  EXPECT_EQ(alice, "560cc959-9f57-850d-8d75-fd89784ea332") << "accounts already carry this id: it may not change";
  EXPECT_EQ(alice, subject_of_name("Alice"));
  EXPECT_NE(alice, subject_of_name("bob"));
  ASSERT_EQ(alice.size(), 36U);
  EXPECT_EQ(alice[14], '8');
  EXPECT_NE(std::string("89ab").find(alice[19]), std::string::npos);
  EXPECT_FALSE(subject_of_name(""));
  EXPECT_FALSE(subject_of_name("a\nb"));
  EXPECT_FALSE(subject_of_name(std::string(201, 'x')));
}

}  // namespace
}  // namespace evhost::security
