// The outbox as a queue in a table: what a relay's statements read does not grow with what went through before, also when
// the server took its statistics while the queue was empty and has not vacuumed since.
#include "host/kafka/outbox.hpp"
#include "postgres_fixture.hpp"

#include <string>
#include <thread>
#include <vector>

namespace store_tests {
namespace {

using evhost::kafka::outbox_record;

class PostgresOutbox : public PostgresStore {
 protected:
  void SetUp() override {
    PostgresStore::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    store_ = std::move(made).value();
    const auto migrated = store_->migrate("kafka", evhost::kafka::outbox_migrations(store_->dialect()));
    ASSERT_TRUE(migrated.has_value()) << migrated.error().message;
    ASSERT_TRUE(store_->start());
    server().ask(database_, "ALTER TABLE evh_outbox SET (autovacuum_enabled = false)");
    do_in_unit([](io::transaction& tx) -> core::result<void> {
      for (std::int64_t shard = 0; shard < 2; ++shard) {
        EVH_TRY(evhost::kafka::claim_shard(tx, shard, "relay", 1, 1'000'000));
      }
      return core::success();
    });
  }
  void do_in_unit(std::function<core::result<void>(io::transaction&)> fn) {
    const auto done = run(std::move(fn));
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }
  void publish(std::int64_t shard, int records) {
    do_in_unit([&](io::transaction& tx) {
      evhost::kafka::outbox_row row;
      row.shard = shard;
      row.topic = row.type = row.id = row.headers = "x";
      const std::vector<evhost::kafka::outbox_row> rows(static_cast<std::size_t>(records), row);
      return evhost::kafka::insert_rows(tx, rows);
    });
  }
  std::vector<outbox_record> number(std::int64_t most = 2'000) {
    std::vector<outbox_record> list;
    do_in_unit([&](io::transaction& tx) -> core::result<void> {
      EVH_TRY(list, evhost::kafka::number_records(tx, "relay", most));
      return core::success();
    });
    return list;
  }
  std::int64_t index_entries_read() {
    store_->stop(std::chrono::steady_clock::now() + patience);
    store_.reset();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'evhost %'") > 0) {
      EXPECT_LT(std::chrono::steady_clock::now(), until) << "a backend that has ended has told its numbers";
      std::this_thread::sleep_for(5ms);  // polls, with the deadline above
    }
    return count("SELECT sum(idx_tup_read) + (SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'evh_outbox')"
                 " FROM pg_stat_user_indexes WHERE relname = 'evh_outbox'");
  }
};

TEST_F(PostgresOutbox, NumbersRiseInCommitOrderAndFollowOneAnother) {
  publish(0, 3);
  publish(1, 2);
  publish(0, 2);
  const auto first = number(4);
  ASSERT_EQ(first.size(), 6u);
  EXPECT_EQ(first[0].stamp, 1);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(first[i].shard, 0);
    EXPECT_GT(first[i].stamp, first[i - 1].stamp);
  }
  EXPECT_EQ(first[4].shard, 1);
  EXPECT_EQ(first[4].stamp, 1);
  const auto rest = number(4);
  ASSERT_EQ(rest.size(), 1u) << "at most four at once";
  EXPECT_EQ(rest[0].stamp, first[3].stamp + 1) << "the first of a call follows right behind the last one given";
  EXPECT_TRUE(number().empty());
}

TEST_F(PostgresOutbox, ALongHistoryCostsNothing) {
  constexpr int rounds = 100, at_once = 50;
  std::vector<evhost::kafka::sent_range> sent{{0, 0, 0}, {1, 0, 0}};  // of two shards: the server joins two bitmaps
  for (int round = 0; round < rounds; ++round) {
    publish(0, at_once);
    publish(1, at_once);
    const auto list = number();
    ASSERT_EQ(list.size(), 2u * at_once);
    for (auto& one : sent) one.above = one.up_to;
    sent[0].up_to = list[at_once - 1].stamp;
    sent[1].up_to = list.back().stamp;
    do_in_unit([&](io::transaction& tx) { return evhost::kafka::forget_sent(tx, sent); });
  }
  EXPECT_EQ(count("SELECT count(*) FROM evh_outbox"), 0);
  const auto read = index_entries_read();
  EXPECT_LT(read, 12 * rounds * 2 * at_once) << "entries read per record that went through";
  EXPECT_GT(read, rounds * 2 * at_once) << "nothing was counted";
}

TEST_F(PostgresOutbox, ABacklogIsNumberedInOneWalkWhateverTheStatisticsSay) {
  constexpr int records = 2'000, rounds = 5;
  for (int i = 0; i < rounds; ++i) {
    publish(0, records);
    number();
  }
  server().ask(database_, "DELETE FROM evh_outbox WHERE id < (SELECT max(id) FROM evh_outbox)");
  server().ask(database_, "VACUUM ANALYZE evh_outbox");  // a long file with one row
  publish(0, records);
  EXPECT_EQ(number(records).size(), static_cast<std::size_t>(records));
  const auto read = index_entries_read();
  EXPECT_LT(read, 12 * (rounds + 1) * records);
  EXPECT_GT(read, (rounds + 1) * records) << "nothing was counted";
}

}  // namespace
}  // namespace store_tests
