// Stage 1: tokens remember their bytes, lower their text, and know whether they stand alone.
#include "plugins/chat/language/tokens.hpp"

#include <gtest/gtest.h>

namespace chat::language {
namespace {

TEST(Tokens, KeepTheBytesOfTheOriginal) {
  const std::string text = "Café “Zoë” 5PM";
  const sentence s{text};
  ASSERT_EQ(s.size(), 6u);
  EXPECT_EQ(s[0].text, "caf\xC3\xA9");
  EXPECT_TRUE(s[0].capital);
  EXPECT_EQ(s[1].symbol, '"');
  EXPECT_EQ(s[1].end - s[1].begin, 3u);
  EXPECT_EQ(s.source(2, 3), "Zoë");
  EXPECT_EQ(s[4].value, 5);
  EXPECT_EQ(s[5].text, "pm");
  EXPECT_FALSE(s[5].spaced);
}

TEST(Tokens, ApostropheBelongsToTheWordHoweverItIsTyped) {
  const sentence s{"don’t Friday's 'x'"};
  EXPECT_EQ(s[0].text, "don't");
  EXPECT_EQ(s[1].text, "friday's");
  EXPECT_EQ(s[2].symbol, '\'');
}

TEST(Tokens, WholeWordsOnly) {
  const sentence s{"mid-friday friday, (monday) v1.2 9/11"};
  EXPECT_FALSE(s.free_left(2)) << "friday in mid-friday";
  EXPECT_TRUE(s.free_left(3));
  EXPECT_TRUE(s.free_right(4));
  EXPECT_TRUE(s.free_left(6));
  EXPECT_TRUE(s.free_right(7));
  EXPECT_FALSE(s.free_left(9)) << "1 in v1.2";
}

TEST(Tokens, HugeNumbersHaveNoValue) {
  const sentence s{"1234567890123 999999999"};
  EXPECT_EQ(s[0].value, -1);
  EXPECT_EQ(s[1].value, 999999999);
}

TEST(Tokens, Utf8IsCheckedStrictly) {
  EXPECT_TRUE(valid_utf8("naïve ☕ 𝄞"));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xFFz"}) EXPECT_FALSE(valid_utf8(bad));
}

}  // namespace
}  // namespace chat::language
