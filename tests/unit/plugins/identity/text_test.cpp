// Addresses, names and roles.
#include "plugins/identity/accounts/text.hpp"

#include <gtest/gtest.h>

#include "plugins/identity/accounts/values.hpp"

namespace identity {
namespace {

TEST(Email, PlausibleOnesOnly) {
  for (const auto* good : {"a@b.co", "first.last+tag@sub.example.com", "o'brien@example.org"}) EXPECT_TRUE(email_acceptable(good)) << good;
  for (const auto* bad : {"", "a", "a@b", "@b.co", "a@", ".a@b.co", "a..b@b.co", "a@-b.co", "a@b..co", "a b@c.de", "a@b.co\n", "a@b.c\u00f6", "\"a\"@b.co"})
    EXPECT_FALSE(email_acceptable(bad)) << bad;
  EXPECT_FALSE(email_acceptable(std::string(65, 'a') + "@b.co"));
  EXPECT_FALSE(email_acceptable("a@" + std::string(250, 'b') + ".co"));
}

TEST(Email, OfANameIsAlwaysAnAddress) {
  EXPECT_EQ(email_of_name("Ann@Example.com"), "Ann@Example.com");
  EXPECT_EQ(email_of_name("Ann"), "ann@local.invalid");
  for (const auto* name : {"Ann Lee", "\u00c5sa", "..", "x", "a@b", "'; DROP"}) EXPECT_TRUE(email_acceptable(email_of_name(name))) << name;
}

TEST(Name, IsTextWithoutControl) {
  EXPECT_TRUE(name_acceptable("\u00c5sa \u4e2d"));
  EXPECT_FALSE(name_acceptable("a\nb"));
  EXPECT_FALSE(name_acceptable("a\xff"));
  EXPECT_FALSE(name_acceptable(std::string(201, 'a')));
}

TEST(Roles, KnownOnesOnceWithUserFirst) {
  EXPECT_EQ(join_roles({"auditor", "admin", "root", "admin"}), "user,admin,auditor");
  EXPECT_EQ(split_roles("user,admin"), (std::vector<std::string>{"user", "admin"}));
  EXPECT_EQ(new_id(0x0123456789abLL).substr(0, 15), "01234567-89ab-7");
}

}  // namespace
}  // namespace identity
