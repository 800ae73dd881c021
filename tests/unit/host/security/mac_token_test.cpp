// Opaque tokens: whole and for their purpose, or nothing.
#include "host/security/mac_token.hpp"

#include <gtest/gtest.h>

#include "host/security/base64url.hpp"

namespace evhost::security {
namespace {

mac_token make(char byte) {
  return mac_token(io::secret(std::string_view(std::string(32, byte))));
}

TEST(MacToken, GivesBackWhatWasSealed) {
  const auto mac = make('k');
  const std::string with_nul("a\0b", 3);
  for (const auto& bytes : {std::string(), std::string("cursor"), with_nul, std::string(sealed_bytes_max, '\xff')}) {
    EXPECT_EQ(mac.open("chat/cursor", mac.seal("chat/cursor", bytes)), bytes);
  }
}

TEST(MacToken, IsBoundToItsPurposeAndKey) {
  const auto mac = make('k');
  const auto token = mac.seal("chat/cursor", "x");
  EXPECT_FALSE(mac.open("chat/undo", token));
  EXPECT_FALSE(mac.open("chat/curso", token));
  EXPECT_FALSE(make('l').open("chat/cursor", token));
}

TEST(MacToken, RefusesEveryChangedBit) {
  const auto mac = make('k');
  const auto token = mac.seal("p", "payload");
  const auto raw = base64url_decode(token).value();
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    auto changed = raw;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(mac.open("p", base64url_encode(changed))) << bit;
  }
  for (std::size_t length = 0; length < raw.size(); ++length)
    EXPECT_FALSE(mac.open("p", base64url_encode(raw.substr(0, length))));
  for (const auto& bad : {token + "A", token + "=", " " + token, std::string(), std::string(1 << 20, 'A')})
    EXPECT_FALSE(mac.open("p", bad));
}

TEST(MacToken, TextDoesNotChangeBetweenVersions) {
  EXPECT_EQ(make('k').seal("chat/cursor", "x"), "AXiARr5GXUnYKnx36CJlMs2z")
      << "tokens outlive a restart and an upgrade";
}

TEST(MacToken, BoundsWhatItSeals) {
  const auto mac = make('k');
  EXPECT_EQ(mac.seal("p", std::string(sealed_bytes_max + 1, 'x')), "");
  EXPECT_EQ(mac.seal("", "x"), "");
  EXPECT_EQ(mac.seal(std::string(purpose_bytes_max + 1, 'p'), "x"), "");
}

TEST(MacToken, DerivedKeysDiffer) {
  const auto mac = make('k');
  EXPECT_EQ(mac.derive("a").reveal_text(), mac.derive("a").reveal_text());
  EXPECT_NE(mac.derive("a").reveal_text(), mac.derive("b").reveal_text());
}

}  // namespace
}  // namespace evhost::security
