// The attacks on access tokens, rows 37 to 46, each beside a control token that must pass.
#include "host/security/token_verifier.hpp"

#include <gtest/gtest.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <thread>

#include "forge.hpp"

namespace evhost::security {
namespace {

using namespace testing;

struct verifier_fixture : ::testing::Test {
  signing_key key = make_key('a');
  signing_key other_key = make_key('b');
  revocation_list revoked;
  token_verifier verifier{{.audience = std::string(our_issuer)}, revoked};

  verifier_fixture() {
    verifier.set_keys(our_issuer, keys_of(key));
    verifier.set_keys(other_issuer, keys_of(other_key));
  }
  static issuer_keys keys_of(const signing_key& from) {
    issuer_keys out;
    out.keys = parse_jwks(write_jwks(from));
    return out;
  }
  refusal verdict(std::string_view token) { return verifier.verify(token, now).why; }
  refusal verdict_of_payload(std::string_view payload) { return verdict(signed_token(key, header_of(key), payload)); }
  refusal verdict_of_header(std::string_view header) { return verdict(signed_token(key, header, payload_with())); }
  refusal verdict_of(std::string_view claim, std::string_view json) {
    return verdict_of_payload(payload_with(claim, json));
  }
};

using TokenVerifier = verifier_fixture;

TEST_F(TokenVerifier, TakesAGoodToken) {
  const auto [who, why, cached] = verifier.verify(
      signed_token(
          key, header_of(key),
          payload_with(
              "role",
              "\"admin,auditor\",\"jti\":\"j\",\"sid\":\"s\",\"email\":\"a@b\",\"emailVerified\":true,\"n\":1.5")),
      now);
  EXPECT_EQ(why, refusal::none);
  ASSERT_TRUE(who);
  EXPECT_FALSE(cached);
  EXPECT_EQ(who->subject, "user-1");
  EXPECT_EQ(who->issuer, our_issuer);
  EXPECT_EQ(who->token_id, "j");
  EXPECT_EQ(who->session_id, "s");
  EXPECT_TRUE(who->has_role("admin"));
  EXPECT_TRUE(who->has_role("auditor"));
  EXPECT_EQ(who->expires, now + std::chrono::seconds(900));
}

TEST_F(TokenVerifier, Row37NoneAndEmptySignature) {
  for (const auto* alg : {"none", "None", "nOnE", "NONE"}) {
    EXPECT_EQ(verdict_of_header(R"({"alg":")" + std::string(alg) + R"(","kid":")" + key.kid() + "\"}"),
              refusal::bad_algorithm);
  }
  EXPECT_EQ(verdict(compact(header_of(key), payload_with(), "")), refusal::malformed);
  EXPECT_EQ(verdict_of_header(R"({"kid":")" + key.kid() + "\"}"), refusal::bad_algorithm);
  EXPECT_EQ(verdict_of_header(R"({"alg":["EdDSA"],"kid":")" + key.kid() + "\"}"), refusal::bad_header);
}

TEST_F(TokenVerifier, Row38PublicKeyAsHmacSecret) {
  const std::string secrets[] = {key.public_key(), write_jwks(key), "", base64url_encode(key.public_key())};
  for (const auto& secret : secrets) {
    for (const auto* alg : {"HS256", "EdDSA"}) {
      const std::string header = R"({"alg":")" + std::string(alg) + R"(","kid":")" + key.kid() + "\"}";
      const std::string input = base64url_encode(header) + "." + base64url_encode(payload_with());
      std::string mac(32, '\0');
      unsigned length = 0;
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(input.data()), input.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &length);
      EXPECT_NE(verdict(input + "." + base64url_encode(mac)), refusal::none);
    }
  }
}

TEST_F(TokenVerifier, Row39KidIsOnlyAMapKey) {
  const std::string kids[] = {"../../dev/null", "' OR 1=1--", "http://evil/", std::string(2'000, 'k'), "",
                              "unknown",        "a b",        "\\u0000"};
  for (const auto& kid : kids)
    EXPECT_EQ(verdict_of_header(R"({"alg":"EdDSA","kid":")" + kid + "\"}"), refusal::unknown_key) << kid;
  EXPECT_EQ(verdict_of_header(R"({"alg":"EdDSA"})"), refusal::unknown_key);
  EXPECT_EQ(verdict_of_header(R"({"alg":"EdDSA","kid":["x"]})"), refusal::bad_header);
  EXPECT_EQ(verdict_of_header(R"({"alg":"EdDSA","kid":null})"), refusal::bad_header);
}

TEST_F(TokenVerifier, Row40EmbeddedKeysAndCriticalMembers) {
  for (const auto* member :
       {R"("jwk":{"kty":"OKP"})", R"("jku":"https://evil")", R"("x5u":"https://evil")", R"("x5c":["AA"])",
        R"("crit":["exp"])", R"("b64":false)", R"("zip":"DEF")", R"("enc":"A128GCM")", R"("cty":"JWT")"}) {
    EXPECT_EQ(verdict_of_header(R"({"alg":"EdDSA","kid":")" + key.kid() + "\"," + member + "}"), refusal::bad_header)
        << member;
  }
}

TEST_F(TokenVerifier, Row41KeysAreBoundToIssuerAndKid) {
  EXPECT_EQ(verdict(signed_token(other_key, header_of(key), payload_with())), refusal::bad_signature)
      << "kid of one key, signature of another";
  EXPECT_EQ(verdict(signed_token(other_key, header_of(other_key), payload_with())), refusal::unknown_key)
      << "the other issuer's key under our name";
  EXPECT_EQ(verdict(signed_token(key, header_of(key), payload_with("iss", "\"https://other.example\""))),
            refusal::unknown_key);
  auto crossed = keys_of(other_key);
  crossed.keys = {{key.kid(), crossed.keys.begin()->second}};  // two issuers that use one kid
  verifier.set_keys(other_issuer, std::move(crossed));
  EXPECT_EQ(verdict(signed_token(key, header_of(key), payload_with("iss", "\"https://other.example\""))),
            refusal::bad_signature);
  EXPECT_EQ(verdict(signed_token(key, header_of(key), payload_with())), refusal::none);
}

TEST_F(TokenVerifier, Row42TimesAreIntegersInRange) {
  EXPECT_EQ(verdict_of("exp", std::to_string(now_s - 61)), refusal::expired);
  EXPECT_EQ(verdict_of("exp", std::to_string(now_s - 60)), refusal::expired) << "the skew is used up";
  EXPECT_EQ(verdict_of("exp", std::to_string(now_s - 59)), refusal::none);
  EXPECT_EQ(verdict_of("exp", std::to_string(now_s + 86'400 + 61)), refusal::not_yet_valid) << "more than a day ahead";
  for (const auto* bad : {"", "\"1800000900\"", "1e30", "-1", "1800000900.0", "1.8000009e9", "null", "true",
                          "[1800000900]", "99999999999999999999"}) {
    EXPECT_EQ(verdict_of("exp", bad), refusal::bad_claims) << "exp " << bad;
    EXPECT_EQ(verdict_of("iat", bad), refusal::bad_claims) << "iat " << bad;
  }
  EXPECT_EQ(verdict_of("iat", std::to_string(now_s + 3'600)), refusal::not_yet_valid);
  EXPECT_EQ(verdict_of("iat", std::to_string(now_s + 60)), refusal::none);
  EXPECT_EQ(verdict_of("nbf", std::to_string(now_s + 61)), refusal::not_yet_valid);
  EXPECT_EQ(verdict_of("nbf", std::to_string(now_s + 60)), refusal::none);
  EXPECT_EQ(verdict_of("nbf", "\"x\""), refusal::bad_claims);
}

TEST_F(TokenVerifier, Row43AudienceAndIssuerAreExact) {
  EXPECT_EQ(verdict_of("aud", "\"https://evil.example\""), refusal::wrong_audience);
  EXPECT_EQ(verdict_of("aud", R"(["https://evil.example","https://todo.example"])"), refusal::none);
  EXPECT_EQ(verdict_of("aud", R"(["https://todo.example.evil"])"), refusal::wrong_audience);
  for (const auto* bad : {"", "null", "[]", "[1]", "{}", R"(["https://todo.example",1])"})
    EXPECT_EQ(verdict_of("aud", bad), refusal::bad_claims) << bad;
  for (const auto* bad : {"\"https://todo.example/\"", "\"HTTPS://todo.example\"", "\"\"", "\"https://evil\""}) {
    EXPECT_EQ(verdict_of("iss", bad), refusal::wrong_issuer) << bad;
  }
  EXPECT_EQ(verdict_of("iss", ""), refusal::bad_claims);
  EXPECT_EQ(verdict_of("iss", R"(["https://todo.example"])"), refusal::bad_claims);
}

TEST_F(TokenVerifier, Row44OneSpellingOfAToken) {
  const auto good = signed_token(key, header_of(key), payload_with());
  ASSERT_EQ(verdict(good), refusal::none);
  for (const auto& bad :
       {good + ".AA", good + "=", good + " ", " " + good, good + "\n", good.substr(0, good.size() - 1), "." + good}) {
    EXPECT_EQ(verdict(bad), refusal::malformed) << bad;
  }
  EXPECT_EQ(verdict(good + "A"), refusal::bad_signature) << "65 bytes are no signature";
  auto other_last = good;  // 64 bytes leave 4 unused bits in the last character
  other_last.back() = other_last.back() == 'A' ? 'B' : static_cast<char>(other_last.back() + 1);
  EXPECT_NE(verdict(other_last), refusal::none);
  EXPECT_EQ(verdict(std::string(1 << 20, 'A')), refusal::malformed);
  EXPECT_EQ(verdict_of_payload(R"({"sub":"victim",)" + payload_with().substr(1)), refusal::bad_claims)
      << "sub stands there twice";
  EXPECT_EQ(verdict_of_header(R"({"alg":"EdDSA","kid":")" + key.kid() + R"(","alg":"EdDSA"})"), refusal::bad_header);
  EXPECT_EQ(verdict_of_payload(payload_with() + " x"), refusal::bad_claims);
  EXPECT_EQ(verdict_of_payload("[1]"), refusal::bad_claims);
}

TEST_F(TokenVerifier, EveryOneCharacterChangeIsRefused) {
  const auto good = signed_token(key, header_of(key), payload_with());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char other : {'A', 'Z', 'a', '9', '-', '_', '.', '='}) {
      if (good[at] == other) continue;
      auto changed = good;
      changed[at] = other;
      ASSERT_NE(verdict(changed), refusal::none) << at;
    }
    ASSERT_NE(verdict(good.substr(0, at)), refusal::none) << at;
  }
  EXPECT_EQ(verdict(good), refusal::none);
}

TEST_F(TokenVerifier, Row45MalleableSignature) {
  const std::string input = base64url_encode(header_of(key)) + "." + base64url_encode(payload_with());
  auto signature = key.sign(input);
  signature[63] = static_cast<char>(signature[63] | 0xE0);
  EXPECT_EQ(verdict(input + "." + base64url_encode(signature)), refusal::bad_signature);
}

TEST_F(TokenVerifier, Row46OtherKindsOfTokens) {
  const auto typed = [&](std::string_view typ) {
    return verdict_of_header(R"({"alg":"EdDSA","typ":")" + std::string(typ) + R"(","kid":")" + key.kid() + "\"}");
  };
  EXPECT_EQ(typed("JWT"), refusal::none);
  EXPECT_EQ(typed("at+jwt"), refusal::none);
  for (const auto* bad : {"logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", ""})
    EXPECT_EQ(typed(bad), refusal::bad_header) << bad;
  EXPECT_EQ(verdict("AA.AA.AA.AA.AA"), refusal::malformed) << "JWE";
  EXPECT_EQ(verdict("c29tZS1vcGFxdWUtdGlja2V0"), refusal::malformed) << "WebSocket ticket";
}

TEST_F(TokenVerifier, SubjectIsAPlainText) {
  for (const auto* bad : {"", "\"\"", "42", "null", "[\"a\"]", "\"a\\u0000b\"", "\"a\\nb\""})
    EXPECT_EQ(verdict_of("sub", bad), refusal::bad_claims) << bad;
  EXPECT_EQ(verdict_of("sub", "\"" + std::string(256, 's') + "\""), refusal::bad_claims);
  EXPECT_EQ(verdict_of("sub", "\"" + std::string(255, 's') + "\""), refusal::none);
}

TEST_F(TokenVerifier, RolesAreNamesOrNothing) {
  EXPECT_EQ(verdict_of("role", "null"), refusal::none);
  EXPECT_EQ(verdict_of("roles", R"(["admin","admin"])"), refusal::none);
  for (const auto* bad : {"1", R"("ad min")", R"(["admin"])", R"(",")"})
    EXPECT_EQ(verdict_of("role", bad), refusal::bad_claims) << bad;
  for (const auto* bad : {"\"admin\"", "[1]", R"([""])", "{}"})
    EXPECT_EQ(verdict_of("roles", bad), refusal::bad_claims) << bad;
}

TEST_F(TokenVerifier, AlgorithmsAreTheIssuersChoice) {
  auto keys = keys_of(key);
  keys.allowed = {algorithm::es256};
  verifier.set_keys(our_issuer, std::move(keys));
  EXPECT_EQ(verdict_of_payload(payload_with()), refusal::bad_algorithm);
  keys = keys_of(key);
  keys.allowed = {algorithm::eddsa, algorithm::es256};
  verifier.set_keys(our_issuer, std::move(keys));
  EXPECT_EQ(verdict_of_header(R"({"alg":"ES256","kid":")" + key.kid() + "\"}"), refusal::bad_algorithm)
      << "allowed, but not this key's";
}

TEST_F(TokenVerifier, CacheAnswersTheSecondTime) {
  const auto token = signed_token(key, header_of(key), payload_with());
  EXPECT_FALSE(verifier.verify(token, now).cached);
  const auto again = verifier.verify(token, now + std::chrono::seconds(59));
  EXPECT_TRUE(again.cached);
  EXPECT_TRUE(again.who);
  EXPECT_FALSE(verifier.verify(token, now + std::chrono::seconds(61)).cached) << "a minute is over";
}

TEST_F(TokenVerifier, CacheNeverOutlivesTheToken) {
  const auto token = signed_token(key, header_of(key), payload_with("exp", std::to_string(now_s + 5)));
  ASSERT_TRUE(verifier.verify(token, now).who);
  EXPECT_EQ(verifier.verify(token, now + std::chrono::seconds(65)).why, refusal::expired);
}

TEST_F(TokenVerifier, RefusalsAreNotRemembered) {
  const auto token = signed_token(key, header_of(key), payload_with("nbf", std::to_string(now_s + 100)));
  EXPECT_EQ(verifier.verify(token, now).why, refusal::not_yet_valid);
  EXPECT_EQ(verifier.verify(token, now + std::chrono::seconds(100)).why, refusal::none);
}

TEST_F(TokenVerifier, ChangedKeysEndTheCache) {
  const auto token = signed_token(key, header_of(key), payload_with());
  ASSERT_TRUE(verifier.verify(token, now).who);
  verifier.set_keys(our_issuer, keys_of(other_key));
  EXPECT_EQ(verdict(token), refusal::unknown_key);
}

// Row 47: the token is still in time, and may stand in the cache.
TEST_F(TokenVerifier, Row47RevocationTakesEffectAtOnce) {
  const auto token = signed_token(key, header_of(key), payload_with("sid", "\"s1\""));
  ASSERT_TRUE(verifier.verify(token, now).who);
  revoked.revoke_session("s2", "user-1", now_s, now_s + 900);
  EXPECT_EQ(verdict(token), refusal::none);
  revoked.revoke_session("s1", "user-1", now_s, now_s + 900);
  EXPECT_EQ(verdict(token), refusal::revoked);
  const auto no_session = signed_token(key, header_of(key), payload_with());
  EXPECT_EQ(verdict(no_session), refusal::none);
  revoked.disable_user("user-1");
  EXPECT_EQ(verdict(no_session), refusal::revoked);
  revoked.enable_user("user-1");
  EXPECT_EQ(verdict(no_session), refusal::none);
  revoked.raise_auth_epoch("user-1", now_s - 9);
  EXPECT_EQ(verdict(no_session), refusal::revoked);
  EXPECT_EQ(verdict_of("iat", std::to_string(now_s - 9)), refusal::none) << "signed after the epoch";
}

TEST_F(TokenVerifier, ManyThreadsShareIt) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 8; ++i)
    tokens.push_back(signed_token(key, header_of(key), payload_with("sub", "\"u" + std::to_string(i) + "\"")));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i)
        EXPECT_TRUE(verifier.verify(tokens[static_cast<std::size_t>(i) % tokens.size()], now).who);
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 50; ++i) verifier.set_keys(our_issuer, keys_of(key));
  });
}

}  // namespace
}  // namespace evhost::security
