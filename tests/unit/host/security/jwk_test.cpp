// Key sets from strangers (row 48): what is taken, what is left out.
#include "host/security/jwk.hpp"

#include <gtest/gtest.h>

#include "forge.hpp"

namespace evhost::security {
namespace {

const std::string good_x = base64url_encode(testing::make_key('a').public_key());
std::string okp(std::string_view kid, std::string_view more = "") {
  return R"({"kty":"OKP","crv":"Ed25519","kid":")" + std::string(kid) + R"(","x":")" + good_x + "\"" +
         std::string(more) + "}";
}
std::string set_of(std::string_view keys) {
  return "{\"keys\":[" + std::string(keys) + "]}";
}

TEST(Jwks, ReadsBetterAuthsShape) {
  const auto keys = parse_jwks(set_of(okp("k1", R"(,"alg":"EdDSA")")));
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys.at("k1")->used_for(), algorithm::eddsa);
}

TEST(Jwks, ReadsEveryAlgorithm) {
  const auto keys = parse_jwks(set_of(
      okp("a") +
      R"(,{"kty":"EC","crv":"P-256","kid":"b","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"));
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys.at("b")->used_for(), algorithm::es256);
}

TEST(Jwks, WhatWeWriteWeRead) {
  const auto key = testing::make_key('b');
  const auto keys = parse_jwks(write_jwks(key));
  ASSERT_TRUE(keys.contains(key.kid()));
  EXPECT_TRUE(keys.at(key.kid())->verify("m", key.sign("m")));
  EXPECT_EQ(write_jwks(key).find("\"d\""), std::string::npos);
}

TEST(Jwks, Row48LeavesOutWhatIsNotAUsableKey) {
  const std::string bad[] = {
      R"({"kty":"oct","kid":"k","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})",
      R"({"kty":"RSA","kid":"k","n":"AQAB","e":"AQAB"})",
      R"({"kty":"OKP","crv":"Ed448","kid":"k","x":")" + good_x + "\"}",
      R"({"kty":"OKP","crv":"Ed25519","kid":"k","x":"AAAA"})",
      R"({"kty":"OKP","crv":"Ed25519","kid":"k","x":")" + good_x + "=\"}",
      R"({"kty":"OKP","crv":"Ed25519","x":")" + good_x + "\"}",
      okp("../../dev/null"),
      okp("k", R"(,"alg":"RS256")"),
      okp("k", R"(,"alg":"HS256")"),
      okp("k", R"(,"use":"enc")"),
      okp("k", R"(,"key_ops":["sign"])"),
      okp("k", R"(,"d":"AAAA")"),
      R"("text")",
      "null",
      "[]",
  };
  for (const auto& one : bad) EXPECT_TRUE(parse_jwks(set_of(one)).empty()) << one;
}

TEST(Jwks, Row48DuplicateKidIsNobodysKey) {
  EXPECT_TRUE(parse_jwks(set_of(okp("k") + "," + okp("k"))).empty());
  EXPECT_TRUE(parse_jwks(set_of(R"({"kty":"oct","kid":"k","k":"AA"},)" + okp("k"))).empty());
  EXPECT_EQ(parse_jwks(set_of(okp("k") + "," + okp("k") + "," + okp("l"))).size(), 1U);
}

TEST(Jwks, Row48OddDocumentsGiveNoKeys) {
  for (const auto* bad : {"", "<html>", "[]", "{}", R"({"keys":{}})", R"({"keys":null})", R"({"keys":[],"keys":[]})"})
    EXPECT_TRUE(parse_jwks(bad).empty()) << bad;
  EXPECT_TRUE(parse_jwks(std::string(5 << 20, ' ')).empty());
  std::string many;
  for (int i = 0; i < 33; ++i) many += (i ? "," : "") + okp("k" + std::to_string(i));
  EXPECT_TRUE(parse_jwks(set_of(many)).empty());
}

}  // namespace
}  // namespace evhost::security
