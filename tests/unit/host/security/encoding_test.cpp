// Base64url and strict JSON: one spelling only.
#include <gtest/gtest.h>

#include "host/security/base64url.hpp"
#include "host/security/strict_json.hpp"

namespace evhost::security {
namespace {

TEST(Base64Url, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto text = base64url_encode(bytes);
    EXPECT_EQ(base64url_decode(text), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(base64url_encode("\xfb\xff"), "-_8");
}

TEST(Base64Url, RefusesASecondSpelling) {
  for (const auto* bad : {"-_8=", "+/8", "-_9", "A", "AA A", "AA\n", "AAAAA", "AB", "\xc3\xa4"})
    EXPECT_FALSE(base64url_decode(bad)) << bad;
  EXPECT_TRUE(base64url_decode("AA"));
}

TEST(StrictJson, TakesAnObject) {
  const auto object = parse_strict_object(R"({"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->at("b").at("a"), 2);
}

TEST(StrictJson, RefusesDuplicateKeysWhereverTheyStand) {
  EXPECT_FALSE(parse_strict_object(R"({"a":1,"a":1})"));
  EXPECT_FALSE(parse_strict_object(R"({"a":1,"\u0061":2})"));
  EXPECT_FALSE(parse_strict_object(R"({"x":[{"a":1,"a":2}]})"));
  EXPECT_FALSE(parse_strict_object(R"({"x":{"y":{"a":1,"b":2,"a":3}}})"));
}

TEST(StrictJson, RefusesEverythingThatIsNotJson) {
  for (const auto* bad : {"", "[]", "1", "null", "{", R"({"a":1,})", R"({'a':1})", R"({"a":NaN})", R"({"a":01})",
                          R"({"a":1} x)", R"({"a":1}{})", "\xEF\xBB\xBF{}", R"({"a":"\ud800"})", "{\"a\":\"\xff\"}",
                          "{\"a\":\"\n\"}", R"({"a":1}//c)", R"({"a":+1})"}) {
    EXPECT_FALSE(parse_strict_object(bad)) << bad;
  }
}

TEST(StrictJson, DepthAndSizeAreBounded) {
  EXPECT_FALSE(parse_strict_object("{\"a\":" + std::string(100'000, '[')));
  EXPECT_FALSE(parse_strict_object("{\"a\":" + std::string(8, '[') + std::string(8, ']') + "}"));
  EXPECT_FALSE(parse_strict_object("{\"a\":\"" + std::string(json_bytes_max, 'x') + "\"}"));
}

}  // namespace
}  // namespace evhost::security
