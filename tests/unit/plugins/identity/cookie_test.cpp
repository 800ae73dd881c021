// The session cookie and the origins that may send it.
#include "plugins/identity/accounts/cookie.hpp"

#include <gtest/gtest.h>

#include "plugins/identity/accounts/values.hpp"

namespace identity {
namespace {

struct Cookie : testing::Test {
  cookie_jar jar{"secret", false};
  std::string token = new_session_token();
  std::string pair() const {
    const auto set = jar.set(token, 604800);
    return set.substr(0, set.find(';'));
  }
};

TEST_F(Cookie, HasBetterAuthsNameAndAttributes) {
  const auto set = jar.set(token, 604800);
  EXPECT_TRUE(set.starts_with("better-auth.session_token=" + token + "."));
  EXPECT_TRUE(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800"));
  EXPECT_EQ(set.find_first_of("+/"), set.find("/;")) << "the signature is percent-encoded";
  const auto secure = cookie_jar("secret", true).set(token, 0);
  EXPECT_TRUE(secure.starts_with("__Secure-better-auth.session_token="));
  EXPECT_TRUE(secure.ends_with("; Secure"));
  EXPECT_EQ(secure.find("Max-Age"), std::string::npos);
}

TEST_F(Cookie, IsReadAmongOthers) {
  EXPECT_EQ(jar.read(pair()), token);
  EXPECT_EQ(jar.read("a=b; " + pair() + "; c=d"), token);
  EXPECT_EQ(jar.read("x" + pair()), std::nullopt);
  EXPECT_EQ(jar.read("foo"), std::nullopt);
}

TEST_F(Cookie, ForgedOneIsNobodys) {
  auto altered = pair();
  altered[jar.name().size() + 1] = altered[jar.name().size() + 1] == 'A' ? 'B' : 'A';
  EXPECT_EQ(jar.read(altered), std::nullopt);
  EXPECT_EQ(jar.read(jar.name() + "=" + token), std::nullopt) << "unsigned";
  EXPECT_EQ(jar.read(jar.name() + "=" + token + "."), std::nullopt);
  EXPECT_EQ(cookie_jar("other", false).read(pair()), std::nullopt);
  EXPECT_EQ(jar.read(jar.name() + "=%zz"), std::nullopt);
}

TEST(Origin, OwnHostIssuerAndTrustedOnesOnly) {
  const std::vector<std::string> trusted{"https://page.example"};
  EXPECT_TRUE(origin_allowed("http://127.0.0.1:8080", "127.0.0.1:8080", "evhost", trusted));
  EXPECT_TRUE(origin_allowed("https://todo.example", "10.0.0.1", "https://todo.example", trusted));
  EXPECT_TRUE(origin_allowed("https://page.example", "todo.example", "evhost", trusted));
  for (const auto* foreign : {"null", "", "https://page.example.evil", "https://evil", "http://127.0.0.1:80801", "http://127.0.0.1", "ftp://127.0.0.1:8080"})
    EXPECT_FALSE(origin_allowed(foreign, "127.0.0.1:8080", "evhost", trusted)) << foreign;
  EXPECT_FALSE(origin_allowed("http://", "", "evhost", trusted));
  EXPECT_FALSE(origin_allowed("evhost", "", "evhost", trusted)) << "a name that is no address is nobody's origin";
  EXPECT_TRUE(origin_allowed("https://todo.example", "x", "https://todo.example/some/path", trusted));
  EXPECT_EQ(origin_of("https://a.b:8443/c?d"), "https://a.b:8443");
}

TEST(SessionToken, IsLongRandomAndKeptAsAHash) {
  EXPECT_NE(new_session_token(), new_session_token());
  EXPECT_TRUE(session_token_shaped(new_session_token()));
  EXPECT_FALSE(session_token_shaped(std::string(31, 'a')));
  EXPECT_FALSE(session_token_shaped(std::string(31, 'a') + "-"));
  EXPECT_EQ(hash_of_token("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace identity
