// Ids and byte counts without any connection behind them.
#include "host/websocket/slots.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace evhost::websocket {
namespace {

session* fake(std::uintptr_t n) { return reinterpret_cast<session*>(n * 64); }

TEST(SlotTable, GivesIdsThatAreNeverZeroAndNeverTheSame) {
  slot_table slots(0);
  std::set<io::ws_id> seen;
  for (int i = 0; i < 5000; ++i) {
    const auto id = slots.reserve();
    EXPECT_NE(id, 0u);
    EXPECT_TRUE(seen.insert(id).second);
    if (i % 2 == 0) slots.release(id);
  }
}

TEST(SlotTable, ForgetsReleasedIds) {
  slot_table slots(3);
  const auto id = slots.reserve();
  EXPECT_EQ(slot_table::shard_of(id), 3u);
  slots.bind(id, *fake(1));
  EXPECT_EQ(slots.find(id), fake(1));
  EXPECT_TRUE(slots.add_bytes(id, 10));
  EXPECT_EQ(slots.bytes(id), 10u);
  slots.take_bytes(id, 4);
  EXPECT_EQ(slots.bytes(id), 6u);
  slots.release(id);
  EXPECT_EQ(slots.find(id), nullptr);
  EXPECT_FALSE(slots.add_bytes(id, 10));
  EXPECT_FALSE(slots.bytes(id).has_value());
}

TEST(SlotTable, NeverCountsBytesForTheNextTenant) {
  slot_table slots(0);
  std::vector<io::ws_id> old;
  for (int i = 0; i < 200; ++i) {
    old.push_back(slots.reserve());
    slots.release(old.back());
  }
  std::thread late([&] {
    for (int round = 0; round < 1000; ++round)
      for (const auto id : old) slots.add_bytes(id, 1);
  });
  std::vector<io::ws_id> current;
  for (int i = 0; i < 200; ++i) current.push_back(slots.reserve());
  late.join();
  for (const auto id : current) EXPECT_EQ(slots.bytes(id), 0u);
}

TEST(SlotTable, RefusesADebtAboveTwoGigabytes) {
  slot_table slots(0);
  const auto id = slots.reserve();
  EXPECT_TRUE(slots.add_bytes(id, (1u << 31) - 1));
  EXPECT_FALSE(slots.add_bytes(id, 1));
}

}  // namespace
}  // namespace evhost::websocket
