// The bounded memories behind the verifier: remembered tokens and revocations.
#include <gtest/gtest.h>

#include "host/security/revocation.hpp"
#include "host/security/token_cache.hpp"

namespace evhost::security {
namespace {

TEST(TokenCache, KeepsTheMostRecent) {
  token_cache cache(16);  // one entry per shard
  const auto who = std::make_shared<const io::principal>();
  for (int i = 0; i < 1'000; ++i) cache.insert(digest_of(std::to_string(i)), {who, 0, 100, 1});
  EXPECT_LE(cache.size(), 16U);
  EXPECT_TRUE(cache.find(digest_of("999"), 50, 1).who);
}

TEST(TokenCache, UseKeepsAnEntryAlive) {
  token_cache cache(32);
  const auto who = std::make_shared<const io::principal>();
  const auto favourite = digest_of("favourite");
  cache.insert(favourite, {who, 0, 100, 1});
  for (int i = 0; i < 1'000; ++i) {
    cache.insert(digest_of(std::to_string(i)), {who, 0, 100, 1});
    ASSERT_TRUE(cache.find(favourite, 50, 1).who) << i;
  }
}

TEST(TokenCache, ForgetsWhatIsOldOrFromOtherKeys) {
  token_cache cache(16);
  const auto who = std::make_shared<const io::principal>();
  cache.insert(digest_of("a"), {who, 0, 100, 1});
  EXPECT_FALSE(cache.find(digest_of("a"), 100, 1).who);
  EXPECT_EQ(cache.size(), 0U);
  cache.insert(digest_of("a"), {who, 0, 100, 1});
  EXPECT_FALSE(cache.find(digest_of("a"), 50, 2).who);
}

TEST(TokenCache, CapacityZeroRemembersNothing) {
  token_cache cache(0);
  cache.insert(digest_of("a"), {std::make_shared<const io::principal>(), 0, 100, 1});
  EXPECT_EQ(cache.size(), 0U);
}

TEST(RevocationList, FullListSignsTheUserOutInstead) {
  revocation_list list(2);
  list.revoke_session("a", "u1", 10, 100);
  list.revoke_session("b", "u2", 10, 100);
  list.revoke_session("c", "u3", 10, 100);
  EXPECT_TRUE(list.revoked("u1", "a", 50));
  EXPECT_TRUE(list.revoked("u3", "c", 9)) << "never fails open";
  EXPECT_FALSE(list.revoked("u3", "", 10)) << "tokens signed afterwards are fine";
}

TEST(RevocationList, UsersAreForgottenWhenNoTokenOfThenIsInTime) {
  revocation_list list(2);
  list.raise_auth_epoch("old", 100);
  list.disable_user("disabled");
  list.raise_auth_epoch("new", 100 + 26 * 3600);
  EXPECT_FALSE(list.revoked("old", "", 99));
  EXPECT_TRUE(list.revoked("disabled", "", 1'000'000)) << "disabled stays disabled";
  EXPECT_TRUE(list.revoked("new", "", 100 + 26 * 3600 - 1));
  EXPECT_FALSE(list.revoked("new", "", 100 + 26 * 3600));
}

TEST(RevocationList, SessionsAreForgottenAfterTheirTokens) {
  revocation_list list(1);
  list.revoke_session("a", "u1", 10, 100);
  list.revoke_session("b", "u2", 101, 200);
  EXPECT_FALSE(list.revoked("u1", "a", 5));
  EXPECT_TRUE(list.revoked("u2", "b", 150));
}

}  // namespace
}  // namespace evhost::security
