// Whose address counts: row 52 of the attack table.
#include "host/http/client_address.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "host/http/connection_caps.hpp"

namespace evhost::http {
namespace {

ip_address ip(const char* text) { return boost::asio::ip::make_address(text); }

TEST(ClientAddress, BelievesOnlyTrustedProxies) {
  const trusted_proxies proxies({"10.0.0.0/8", "2001:db8::/32"});
  EXPECT_EQ(proxies.client(ip("8.8.8.8"), "1.2.3.4"), ip("8.8.8.8"));
  EXPECT_EQ(proxies.client(ip("10.0.0.1"), "1.2.3.4"), ip("1.2.3.4"));
  EXPECT_EQ(proxies.client(ip("10.0.0.1"), "127.0.0.1, 1.2.3.4, 10.9.9.9"), ip("1.2.3.4"));
  EXPECT_EQ(proxies.client(ip("10.0.0.1"), "1.2.3.4, nonsense"), ip("10.0.0.1"));
  EXPECT_EQ(proxies.client(ip("10.0.0.1"), ""), ip("10.0.0.1"));
  EXPECT_EQ(proxies.client(ip("10.0.0.1"), "10.0.0.2"), ip("10.0.0.2"));
  EXPECT_EQ(proxies.client(ip("2001:db8::1"), "2001:db9::7"), ip("2001:db9::7"));
  EXPECT_EQ(proxies.client(ip("::ffff:10.0.0.1"), "1.2.3.4"), ip("1.2.3.4"));
}

TEST(ClientAddress, NamesABadEntry) {
  for (const char* bad : {"nonsense", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", ""}) {
    try {
      trusted_proxies({bad});
      ADD_FAILURE() << bad;
    } catch (const std::invalid_argument& e) {
      EXPECT_NE(std::string(e.what()).find("trusted_proxies"), std::string::npos);
    }
  }
}

TEST(ClientAddress, CountsIpv6BySubscriber) {
  EXPECT_EQ(limit_key(ip("1.2.3.4")), "1.2.3.4");
  EXPECT_EQ(limit_key(ip("::ffff:1.2.3.4")), "1.2.3.4");
  EXPECT_EQ(limit_key(ip("2001:db8:1:2:3:4:5:6")), limit_key(ip("2001:db8:1:2:ffff::1")));
  EXPECT_NE(limit_key(ip("2001:db8:1:2::")), limit_key(ip("2001:db8:1:3::")));
}

TEST(ConnectionCaps, LimitsInAllAndPerKey) {
  const auto caps = std::make_shared<connection_caps>(3, 2);
  connection_caps::lease a, b, c, d;
  EXPECT_EQ(caps->acquire("x", a), connection_caps::verdict::granted);
  EXPECT_EQ(caps->acquire("x", b), connection_caps::verdict::granted);
  EXPECT_EQ(caps->acquire("x", c), connection_caps::verdict::address_full);
  EXPECT_EQ(caps->acquire("y", c), connection_caps::verdict::granted);
  EXPECT_EQ(caps->acquire("z", d), connection_caps::verdict::full);
  b = {};
  EXPECT_EQ(caps->acquire("x", b), connection_caps::verdict::granted);
  c = {};
  EXPECT_EQ(caps->acquire("x", c, true), connection_caps::verdict::granted);  // a proxy's share is the whole
  EXPECT_EQ(caps->acquire("x", d, true), connection_caps::verdict::full);
  b = {};
  EXPECT_EQ(caps->count(), 2u);
  const auto moved = std::move(a);
  EXPECT_EQ(caps->count(), 2u);
  EXPECT_EQ(caps->acquire("z", d), connection_caps::verdict::granted);
}

}  // namespace
}  // namespace evhost::http
