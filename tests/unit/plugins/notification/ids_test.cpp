// Ids that are the same whenever they are computed, and signatures.
#include "plugins/notification/ids.hpp"

#include <gtest/gtest.h>

namespace notification {

TEST(Ids, SameReminderAndTimeGiveTheSameId) {
  const auto id = notification_id("task", "r1", 1'787'049'000'000);
  EXPECT_EQ(id, notification_id("task", "r1", 1'787'049'000'000));
  EXPECT_TRUE(looks_like_id(id));
  EXPECT_EQ(id[14], '8');
  EXPECT_NE(id, notification_id("task", "r1", 1'787'049'000'001));
  EXPECT_NE(id, notification_id("task", "r2", 1'787'049'000'000));
  EXPECT_NE(notification_id("ab", "c", 5), notification_id("a", "bc", 5));
  EXPECT_LT(id, notification_id("task", "r1", 1'787'049'000'001));   // ids sort by time
}

TEST(Ids, NewOnesAreVersionSevenAndDiffer) {
  const auto a = new_id(1'787'049'000'000), b = new_id(1'787'049'000'000);
  EXPECT_NE(a, b);
  EXPECT_EQ(a[14], '7');
  EXPECT_EQ(a.substr(0, 13), b.substr(0, 13));
  EXPECT_FALSE(looks_like_id("01234567-89AB-7000-8000-000000000000"));
  EXPECT_FALSE(looks_like_id("x"));
}

TEST(Ids, Base64BothWays) {
  for (const std::string text : {"f", "fo", "foo", "foob"}) EXPECT_EQ(from_base64(base64(text)), text);
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_FALSE(from_base64("a*b="));
  EXPECT_FALSE(from_base64("abc"));
}

// RFC 4231 test case 2 has key "Jefe"; here the key must come as whsec_ and base64, and the signed text has its two dots.
TEST(Ids, SignatureIsHmacOfIdTimeAndBody) {
  EXPECT_EQ(webhook_signature("whsec_SmVmZQ==", "what do ya want for nothing?", 1, "x").substr(0, 3), "v1,");
  EXPECT_NE(webhook_signature("whsec_SmVmZQ==", "a", 1, "x"), webhook_signature("whsec_SmVmZQ==", "a", 2, "x"));
  EXPECT_NE(webhook_signature("whsec_SmVmZQ==", "a", 1, "x"), webhook_signature("whsec_SmVmZg==", "a", 1, "x"));
  EXPECT_THROW(webhook_signature("SmVmZQ==", "a", 1, "x"), std::invalid_argument);
  EXPECT_EQ(from_base64(new_webhook_secret().substr(6))->size(), 24u);
}

}  // namespace notification
