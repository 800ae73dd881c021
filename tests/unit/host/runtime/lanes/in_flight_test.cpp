// The in-flight file over real deaths of a real process.
#include "host/runtime/in_flight.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace evhost::runtime {
namespace {

class InFlight : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(testing::TempDir()) /
            ("in_flight_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // Runs fn in a child that kills itself; nothing is flushed or destroyed.
  template <class Fn>
  void in_dying_child(Fn fn) {
    const auto child = ::fork();
    if (child == 0) {
      fn();
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }

  std::filesystem::path path_;
};

TEST_F(InFlight, TellsWhatWasInHandWhenTheProcessWasKilled) {
  in_dying_child([&] {
    in_flight_file file;
    if (file.open(path_).has_error()) ::_exit(1);
    const auto a = file.assign("chat", "chat", "task-events", 3, false);
    const auto b = file.assign("sync", "sync", "task-updates", 0, true);
    const auto c = file.assign("audit", "audit", "task-events", 1, false);
    file.enter(a, 100, 163, 64);
    file.enter(b, 5, 5, 1);
    file.enter(c, 7, 9, 3);
    file.leave(c);
  });
  in_flight_file file;
  ASSERT_TRUE(file.open(path_).has_value());
  const auto found = file.left_over();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].plugin, "chat");
  EXPECT_EQ(found[0].group, "chat");
  EXPECT_EQ(found[0].topic, "task-events");
  EXPECT_EQ(found[0].partition, 3);
  EXPECT_EQ(found[0].first, 100);
  EXPECT_EQ(found[0].last, 163);
  EXPECT_EQ(found[0].count, 64U);
  EXPECT_FALSE(found[0].broadcast);
  EXPECT_TRUE(found[1].broadcast);
  EXPECT_NE(found[0].crash_id, found[1].crash_id);
  // Reading again names the same crash; that is what makes counting idempotent.
  EXPECT_EQ(read_in_flight(path_).value()[0].crash_id, found[0].crash_id);
  file.reset();
  EXPECT_TRUE(file.left_over().empty());
}

TEST_F(InFlight, IsEmptyAfterACleanEndAndWithoutAFile) {
  EXPECT_TRUE(read_in_flight(path_).value().empty());
  {
    in_flight_file file;
    ASSERT_TRUE(file.open(path_).has_value());
    const auto slot = file.assign("p", "g", "t", 0, false);
    file.enter(slot, 1, 1, 1);
    file.leave(slot);
  }
  EXPECT_TRUE(read_in_flight(path_).value().empty());
}

TEST_F(InFlight, RefusesAForeignFileByName) {
  std::ofstream(path_) << "something else";
  in_flight_file file;
  const auto opened = file.open(path_);
  ASSERT_TRUE(opened.has_error());
  EXPECT_NE(opened.error().message.find(path_.string()), std::string::npos);
}

TEST_F(InFlight, WithoutAFileOrWithTooLongNamesNothingIsAttributed) {
  in_flight_file file;
  const auto slot = file.assign("p", "g", "t", 0, false);
  EXPECT_EQ(slot, in_flight_file::no_slot);
  file.enter(slot, 1, 1, 1);
  file.leave(slot);
  ASSERT_TRUE(file.open(path_).has_value());
  EXPECT_EQ(file.assign("p", std::string(2000, 'g'), "t", 0, false), in_flight_file::no_slot);
}

TEST_F(InFlight, TakesItsFullNumberOfLanes) {
  in_flight_file file;
  ASSERT_TRUE(file.open(path_).has_value());
  for (std::size_t i = 0; i < in_flight_slots_max; ++i) ASSERT_EQ(file.assign("p", "g", "t", 0, false), i);
  EXPECT_EQ(file.assign("p", "g", "t", 0, false), in_flight_file::no_slot);
  file.enter(in_flight_slots_max - 1, 1, 2, 2);
  EXPECT_EQ(file.left_over().size(), 1U);
}

}  // namespace
}  // namespace evhost::runtime
