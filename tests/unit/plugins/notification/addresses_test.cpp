// Which addresses a webhook may reach, in every disguise.
#include "plugins/notification/addresses.hpp"

#include <gtest/gtest.h>

namespace notification {

TEST(AddressGuard, RefusesWhatLeadsInside) {
  const address_guard guard;
  for (const auto* text :
       {"127.0.0.1", "127.255.255.255", "0.0.0.0", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.168.1.1",
        "198.18.0.1", "203.0.113.7", "224.0.0.1", "255.255.255.255", "::", "::1", "[::1]", "::ffff:127.0.0.1", "[::ffff:7f00:1]", "::ffff:169.254.169.254",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "fc00::1", "fd12::1", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1"}) {
    const auto at = parse_address(text);
    ASSERT_TRUE(at) << text;
    EXPECT_FALSE(guard.allows(*at)) << text;
  }
}

TEST(AddressGuard, AllowsTheInternet) {
  const address_guard guard;
  for (const auto* text : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.255.255", "223.255.255.255",
                           "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"})
    EXPECT_TRUE(guard.allows(*parse_address(text))) << text;
}

TEST(AddressGuard, OperatorMayAllowBlocks) {
  const address_guard guard({"127.0.0.0/8", "fd00:1::/32"});
  EXPECT_TRUE(guard.allows(*parse_address("127.0.0.1")));
  EXPECT_TRUE(guard.allows(*parse_address("::ffff:127.9.9.9")));
  EXPECT_TRUE(guard.allows(*parse_address("fd00:1::5")));
  EXPECT_FALSE(guard.allows(*parse_address("10.0.0.1")));
  EXPECT_FALSE(guard.allows(*parse_address("fd00:2::5")));
  for (const auto* bad : {"127.0.0.0", "127.0.0.0/33", "127.0.0.0/x", "host/8", "::/129", "10.0.0.0/-1", "10.0.0.0/8 "})
    EXPECT_THROW(address_guard({bad}), std::invalid_argument) << bad;
}

TEST(AddressGuard, TextThatIsNoAddress) {
  for (const auto* text : {"", "localhost", "1.2.3", "1.2.3.4.5", "[::1", "::g"}) EXPECT_FALSE(parse_address(text)) << text;
}

}  // namespace notification
