// Topics and types: made once, found again after a restart, refused when asked for otherwise.
#include "log_fixture.hpp"

namespace log_tests {
namespace {

class Topics : public EmbeddedLog {};

TEST_F(Topics, AreTheSameAfterARestart) {
  start();
  const auto made = open_topic("todo.tasks", 4);
  open_topic("todo.tasks.dlq", 1);
  ASSERT_TRUE(append(made.id, 0, 3));
  restart();
  const auto found = log_->find_topic("todo.tasks");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value().id, made.id);
  EXPECT_EQ(found.value().partitions, 4u);
  EXPECT_EQ(found.value().incarnation, made.incarnation);
  EXPECT_EQ(log_->topics().size(), 2u);
  const auto p = log_->partition_of(made.id, "k");
  EXPECT_EQ(log_->open_reader(made.id, p, 0, false, [] {})->end_offset(), 3);
}

TEST_F(Topics, WithOtherPartitionsThanAskedAreRefused) {
  start();
  open_topic("t", 4);
  auto other = log_->open_topic("t", {.partitions = 8});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, errc::invalid);
  EXPECT_TRUE(log_->open_topic("t", {.partitions = 0}));
  EXPECT_TRUE(log_->open_topic("t", {.partitions = 4}));
}

TEST_F(Topics, TakeANewRetentionWhenOneIsAsked) {
  start();
  const auto made = log_->open_topic("t", {.partitions = 1, .retention = 1h}).value();
  EXPECT_EQ(made.retention, 1h);
  EXPECT_EQ(log_->open_topic("t", {.partitions = 1, .retention = 2h}).value().retention, 2h);
  EXPECT_EQ(log_->open_topic("t", {.partitions = 1, .retention = 0ms}).value().retention, 2h);
  restart();
  EXPECT_EQ(log_->find_topic("t").value().retention, 2h);
}

TEST_F(Topics, WithOddNamesOrTooManyPartitionsAreRefused) {
  start();
  for (const auto* name : {"", "Upper", "a b", "x/y", "drop;table", "\xc3\xa4"}) {
    auto made = log_->open_topic(name, {});
    EXPECT_TRUE(!made && made.error().code == errc::invalid) << name;
  }
  EXPECT_FALSE(log_->open_topic(std::string(201, 'a'), {}));
  EXPECT_FALSE(log_->open_topic("wide", {.partitions = 65}));
  EXPECT_EQ(log_->find_topic("nobody").error().code, errc::not_found);
}

TEST_F(Topics, CannotBeMadeBeforeTheStoreRuns) {
  start();
  store_->stop(std::chrono::steady_clock::now() + patience);
  auto late = log_->open_topic("late", {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::shutdown);
  EXPECT_FALSE(log_->find_topic("late"));
}

TEST_F(Topics, TypesKeepTheirNumbersOnceUsed) {
  start();
  const auto topic = open_topic();
  const auto never_used = log_->intern_type("never.used");
  ASSERT_TRUE(append(topic.id, 0, 1));
  const auto used = log_->intern_type("test.happened");
  EXPECT_NE(used, never_used);
  EXPECT_EQ(log_->intern_type("test.happened"), used);
  EXPECT_EQ(log_->intern_type(""), 0u);
  EXPECT_EQ(log_->type_name(0), "");
  EXPECT_EQ(log_->type_name(12345), "");
  restart();
  EXPECT_EQ(log_->type_name(used), "test.happened");
  EXPECT_EQ(log_->intern_type("test.happened"), used);
  EXPECT_NE(log_->intern_type("another"), used);
}

// The row of a type is written inside the unit that uses it first; a rollback takes it along and the next use writes it.
TEST_F(Topics, ATypeFirstUsedByARolledBackUnitIsWrittenByTheNext) {
  start();
  const auto topic = open_topic();
  const auto append_typed = [&](bool keep) {
    return run([&, keep](io::transaction& tx) -> core::result<void> {
      const std::array records{io::outgoing{.topic = topic.id, .type = "brand.new", .id = {}, .key = sv("k"), .headers = {}}};
      EVH_TRY(log_->append(tx, records));
      if (!keep) return core::fail(errc::conflict, "no");
      return core::success();
    });
  };
  EXPECT_FALSE(append_typed(false));
  EXPECT_TRUE(append_typed(true));
  EXPECT_TRUE(append_typed(true));
  restart();
  auto r = reader(topic.id);
  io::event_batch batch;
  ASSERT_EQ(r->take(batch, 10).value(), 2u);
  EXPECT_EQ(log_->type_name(batch.events[0].type), "brand.new");
}

TEST_F(Topics, AToolBesideTheHostSeesThemAndTheirRecords) {
  start();
  const auto topic = open_topic();
  ASSERT_TRUE(append(topic.id, 0, 5));
  auto beside = store_options_;
  beside.read_only = true;
  auto store = evhost::storage::make_sqlite_store(beside, clock_, sink_, metrics_);
  ASSERT_TRUE(store) << store.error().message;
  auto options = options_;
  options.read_only = true;
  auto log = evhost::log::make_embedded_log(*store.value(), clock_, sink_, metrics_, options);
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(log.value()->topics().size(), 1u);
  auto r = log.value()->open_reader(topic.id, 0, 0, false, [] {});
  EXPECT_EQ(payloads(*r), numbers(0, 5));
}

}  // namespace
}  // namespace log_tests
