// The gate the front asks: policies, address keys, numbers for the header fields.
#include "host/security/rate_gate.hpp"

#include <gtest/gtest.h>

#include "tests/support/fakes/manual_clock.hpp"

namespace evhost::security {
namespace {

struct gate_fixture : ::testing::Test {
  evhost::fakes::manual_clock clock;
  io::null_metric_registry metrics;
  gcra_rate_gate gate{{.user = gcra_limit{120, 120}, .address = gcra_limit{60, 3}, .keys_max = 1024}, clock, metrics};
};
using RateGate = gate_fixture;

TEST_F(RateGate, Row75SaysHowLongToWait) {
  io::rate_verdict last;
  for (int i = 0; i < 120; ++i) {
    last = gate.take(io::rate_scope::user, "u", 1);
    ASSERT_TRUE(last.allowed) << i;
  }
  EXPECT_EQ(last.policy, "user");
  EXPECT_EQ(last.limit, 120U);
  EXPECT_EQ(last.window_s, 60U);
  EXPECT_EQ(last.remaining, 0U);
  const auto refused = gate.take(io::rate_scope::user, "u", 1);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.reset_s, 1U) << "rounded up from half a second";
  clock.advance(std::chrono::seconds(refused.reset_s));
  EXPECT_TRUE(gate.take(io::rate_scope::user, "u", 1).allowed);
}

TEST_F(RateGate, AddressesOfOnePrefixShareALimit) {
  for (const auto* address : {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"})
    EXPECT_TRUE(gate.take(io::rate_scope::address, address, 1).allowed);
  EXPECT_FALSE(gate.take(io::rate_scope::address, "2001:0db8:0001:0002::77", 1).allowed)
      << "another spelling of the same prefix";
  EXPECT_TRUE(gate.take(io::rate_scope::address, "2001:db8:1:3::1", 1).allowed);
}

TEST_F(RateGate, NoLimitMeansNoPolicy) {
  gcra_rate_gate open({.user = {}, .address = {}, .keys_max = 1024}, clock, metrics);
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(open.take(io::rate_scope::user, "u", 1).allowed);
  EXPECT_TRUE(open.take(io::rate_scope::user, "u", 1).policy.empty());
}

TEST_F(RateGate, CostZeroIsFree) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(gate.take(io::rate_scope::address, "10.0.0.1", 0).allowed);
  EXPECT_EQ(gate.take(io::rate_scope::address, "10.0.0.1", 1).remaining, 2U);
}

TEST(AddressKey, KnowsOneClientByOneKey) {
  EXPECT_EQ(key_of_address("::ffff:10.1.2.3").own, key_of_address("10.1.2.3").own);
  EXPECT_EQ(key_of_address("10.1.2.3").wide, key_of_address("10.1.2.99").wide);
  EXPECT_NE(key_of_address("10.1.2.3").own, key_of_address("10.1.2.99").own);
  EXPECT_EQ(key_of_address("2001:db8:1:2::1").wide, key_of_address("2001:db8:1:9::1").wide);
  EXPECT_EQ(key_of_address("fe80::1%eth0").own, key_of_address("fe80::2").own);
  EXPECT_EQ(key_of_address("nonsense").own, "nonsense");
}

}  // namespace
}  // namespace evhost::security
