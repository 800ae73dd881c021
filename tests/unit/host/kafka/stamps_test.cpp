// The fence against records that were published twice.
#include "host/kafka/reader.hpp"

#include <gtest/gtest.h>

namespace evhost::kafka {
namespace {

TEST(StampBook, AdmitsWhatIsHigherAndNothingElse) {
  stamp_book book;
  EXPECT_TRUE(book.admit({"box/0", 5}));
  EXPECT_FALSE(book.admit({"box/0", 5}));
  EXPECT_FALSE(book.admit({"box/0", 4}));
  EXPECT_TRUE(book.admit({"box/0", 9}));
  EXPECT_TRUE(book.admit({"box/1", 1})) << "shards count for themselves";
}

TEST(StampBook, GoesThroughItsTextUnharmed) {
  stamp_book book;
  book.admit({"0190-a/0", 7});
  book.admit({"0190-a/3", 70'000'000'000});
  EXPECT_EQ(stamp_book::parse(book.text()), book);
  EXPECT_EQ(stamp_book::parse(""), stamp_book());
}

TEST(StampFence, StoresWhatLiesBelowThePositionOnly) {
  stamp_fence fence;
  fence.reset({});
  EXPECT_TRUE(fence.admit(10, {"b/0", 1}));
  EXPECT_TRUE(fence.admit(11, {"b/0", 2}));
  EXPECT_TRUE(fence.admit(12, {"b/0", 3}));
  EXPECT_EQ(fence.until(10, 12)->text(), "b/0=2\n");
  EXPECT_EQ(fence.until(10, 12)->text(), "b/0=2\n") << "a unit that runs again stores the same";
  EXPECT_EQ(fence.until(12, 13)->text(), "b/0=3\n");
  EXPECT_FALSE(fence.until(13, 14)) << "nothing new, nothing to store";
}

TEST(StampFence, DropsARepeatThatArrivesBehind) {
  stamp_fence fence;
  fence.reset(stamp_book::parse("b/0=2\n"));
  EXPECT_FALSE(fence.admit(20, {"b/0", 1}));
  EXPECT_FALSE(fence.admit(21, {"b/0", 2}));
  EXPECT_TRUE(fence.admit(22, {"b/0", 3}));
  EXPECT_EQ(fence.until(20, 23)->text(), "b/0=3\n");
}

TEST(StampFence, ForgetsWhatAReacquiredPartitionWillSeeAgain) {
  stamp_fence fence;
  fence.reset({});
  EXPECT_TRUE(fence.admit(10, {"b/0", 1}));
  fence.reset({});  // the unit was lost with the partition
  EXPECT_TRUE(fence.admit(10, {"b/0", 1}));
}

}  // namespace
}  // namespace evhost::kafka
