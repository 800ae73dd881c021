// Positions: moved only by their owner, from where they stand, together with the effects.
#include "log_fixture.hpp"

namespace log_tests {
namespace {

class Positions : public EmbeddedLog {
 protected:
  core::result<void> advance(const io::position& expected, std::int64_t next) {
    return run([&](io::transaction& tx) { return log_->advance(tx, "g", topic_.id, 0, expected, next); });
  }
  io::position acquire(std::int64_t initial = 0) {
    auto got = log_->acquire("g", topic_.id, 0, initial);
    EXPECT_TRUE(got) << got.error().message;
    return got ? got.value() : io::position{};
  }
  void begin() {
    start();
    topic_ = open_topic();
  }
  io::topic_info topic_;
};

TEST_F(Positions, StartWhereTheGroupSaysAndStayThere) {
  begin();
  EXPECT_EQ(acquire(7).offset, 7);
  EXPECT_EQ(acquire(99).offset, 7) << "only a new group starts at its initial offset";
}

TEST_F(Positions, MoveByCompareAndSet) {
  begin();
  const auto mine = acquire();
  EXPECT_TRUE(advance(mine, 5));
  auto repeated = advance(mine, 5);
  ASSERT_FALSE(repeated) << "the same step twice would apply its effects twice";
  EXPECT_EQ(repeated.error().code, errc::conflict);
  EXPECT_TRUE(advance({5, mine.epoch}, 9));
  restart();
  EXPECT_EQ(acquire().offset, 9);
}

TEST_F(Positions, AZombieOwnerIsFencedOff) {
  begin();
  const auto old_owner = acquire();
  const auto new_owner = acquire();
  EXPECT_GT(new_owner.epoch, old_owner.epoch);
  auto zombie = advance(old_owner, 5);
  ASSERT_FALSE(zombie);
  EXPECT_EQ(zombie.error().code, errc::conflict);
  EXPECT_TRUE(advance(new_owner, 5));
}

TEST_F(Positions, RollBackWithTheEffects) {
  begin();
  const auto mine = acquire();
  EXPECT_FALSE(run([&](io::transaction& tx) -> core::result<void> {
    EVH_TRY(log_->advance(tx, "g", topic_.id, 0, mine, 5));
    return core::fail(errc::conflict, "the effect failed");
  }));
  EXPECT_TRUE(advance(mine, 3)) << "the position had moved although its unit was rolled back";
}

TEST_F(Positions, SetByAnOperatorFencesTheOwnerOff) {
  begin();
  const auto mine = acquire();
  ASSERT_TRUE(advance(mine, 5));
  ASSERT_TRUE(log_->set_position("g", "todo.tasks", 0, 2));
  EXPECT_FALSE(advance({5, mine.epoch}, 6));
  EXPECT_EQ(acquire().offset, 2);
  EXPECT_FALSE(log_->set_position("g", "nobody", 0, 2));
  EXPECT_FALSE(log_->set_position("g", "todo.tasks", 9, 2));
}

TEST_F(Positions, OfGroupsAndPartitionsAreTheirOwn) {
  begin();
  ASSERT_TRUE(advance(acquire(), 5));
  EXPECT_EQ(log_->acquire("other", topic_.id, 0, 0).value().offset, 0);
  EXPECT_EQ(log_->acquire("g", topic_.id, 5, 0).error().code, errc::not_found);
}

}  // namespace
}  // namespace log_tests
