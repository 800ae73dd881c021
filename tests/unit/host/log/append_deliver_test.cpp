// From append to a reader: offsets, rollbacks, what a record keeps, memory and disk giving the same.
#include "log_fixture.hpp"

#include <thread>

namespace log_tests {
namespace {

class Append : public EmbeddedLog {};

TEST_F(Append, ReachesAReaderAfterTheCommitAndWakesIt) {
  start();
  const auto topic = open_topic();
  bell wake;
  auto r = reader(topic.id, 0, wake.ring());
  EXPECT_TRUE(payloads(*r).empty());
  ASSERT_TRUE(append(topic.id, 0, 3));
  ASSERT_TRUE(wake.wait(1));
  EXPECT_EQ(payloads(*r), numbers(0, 3));
  EXPECT_EQ(r->offset(), 3);
  EXPECT_EQ(r->end_offset(), 3);
}

TEST_F(Append, OfARolledBackUnitNeverExisted) {
  start();
  const auto topic = open_topic();
  bell wake;
  auto r = reader(topic.id, 0, wake.ring());
  auto refused = run([&](io::transaction& tx) -> core::result<void> {
    const std::array records{io::outgoing{.topic = topic.id, .type = "a", .id = {}, .key = sv("k"), .payload = sv("ghost"), .headers = {}}};
    EVH_TRY(log_->append(tx, records));
    return core::fail(errc::conflict, "changed my mind");
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(wake.rung(), 0);
  ASSERT_TRUE(append(topic.id, 0, 2));
  EXPECT_EQ(payloads(*r), numbers(0, 2));
  EXPECT_EQ(r->offset(), 2) << "a rolled back record left a gap";
}

// One group of many units, every third rolled back: offsets stay dense, and memory agrees with the table.
TEST_F(Append, RollbacksInsideAGroupLeaveDenseOffsets) {
  start();
  const auto topic = open_topic();
  auto r = reader(topic.id);
  gate held, go;
  endings all;
  const auto submit = [&](lambda_unit::work fn) {
    ASSERT_TRUE(store_->submit(std::make_unique<lambda_unit>(std::move(fn), all)));
  };
  submit([&](io::transaction&, auto) { held.open(); go.pass(); return true; });
  held.pass();
  std::vector<std::string> expected;
  for (int i = 0; i < 60; ++i) {
    if (i % 3 != 1) expected.push_back(std::to_string(i));
    submit([&, i](io::transaction& tx, auto) {
      const auto payload = std::to_string(i);
      const std::array records{io::outgoing{.topic = topic.id, .type = "t" + std::to_string(i % 5), .id = {}, .key = sv("k"),
                                            .payload = sv(payload), .headers = {}}};
      const std::string type = "t" + std::to_string(i % 5);
      auto mine = records;
      mine[0].type = type;
      return log_->append(tx, mine) && i % 3 != 1;
    });
  }
  go.open();
  ASSERT_TRUE(all.wait(61));
  EXPECT_EQ(payloads(*r), expected);
  EXPECT_EQ(r->offset(), 40);
  r.reset();
  restart();
  auto again = reader(topic.id);
  EXPECT_EQ(payloads(*again), expected);
}

TEST_F(Append, KeepsEveryFieldInMemoryAndOnDisk) {
  start();
  const auto topic = open_topic();
  const auto check = [&](io::partition_reader& r) {
    io::event_batch batch;
    ASSERT_TRUE(r.take(batch, 10));
    ASSERT_EQ(batch.events.size(), 3u);
    const auto& full = batch.events[0];
    EXPECT_EQ(full.topic, topic.id);
    EXPECT_EQ(log_->type_name(full.type), "todo.created");
    EXPECT_EQ(full.partition, 0);
    EXPECT_EQ(full.offset, 0);
    EXPECT_EQ(full.time_ns, 123);
    EXPECT_EQ(str(full.id), "event-1");
    EXPECT_EQ(str(full.key), "task-1");
    EXPECT_EQ(str(full.payload), std::string("pay\0load", 8));
    EXPECT_EQ(full.trace_id[0], 7);
    EXPECT_EQ(full.span_id[7], 9);
    EXPECT_EQ(full.attempt, 1);
    EXPECT_EQ(full.source, EVH_SOURCE_LOG);
    ASSERT_EQ(full.headers_count, 3u);
    EXPECT_EQ(str(full.headers[0].name) + "=" + str(full.headers[0].value), "a=1");
    EXPECT_EQ(str(full.headers[1].name) + "=" + str(full.headers[1].value), "b=<absent>");
    EXPECT_EQ(str(full.headers[2].name) + "=" + str(full.headers[2].value), "c=");
    const auto& bare = batch.events[1];
    EXPECT_EQ(str(bare.id).size(), 36u);
    EXPECT_EQ(bare.key.ptr, nullptr);
    EXPECT_EQ(bare.payload.ptr, nullptr);
    EXPECT_EQ(bare.type, 0u);
    EXPECT_EQ(bare.time_ns, 1'800'000'000'000'000'000);
    EXPECT_EQ(bare.headers_count, 0u);
    const auto& empty = batch.events[2];
    EXPECT_NE(empty.key.ptr, nullptr);
    EXPECT_EQ(empty.key.len, 0u);
    EXPECT_NE(empty.payload.ptr, nullptr);
    EXPECT_EQ(empty.payload.len, 0u);
  };
  auto hot = reader(topic.id, 0, {}, true);
  ASSERT_TRUE(run([&](io::transaction& tx) {
    const std::array headers{evh_pair{sv("a"), sv("1")}, evh_pair{sv("b"), {nullptr, 0}}, evh_pair{sv("c"), sv("")}};
    const std::uint8_t trace[16] = {7}, span[8] = {0, 0, 0, 0, 0, 0, 0, 9};
    const std::array records{
        io::outgoing{.topic = topic.id, .type = "todo.created", .id = "event-1", .key = sv("task-1"),
                     .payload = sv(std::string_view("pay\0load", 8)), .headers = headers, .time_ns = 123,
                     .trace_id = trace, .span_id = span},
        io::outgoing{.topic = topic.id, .type = {}, .id = {}, .headers = {}},
        io::outgoing{.topic = topic.id, .type = {}, .id = {}, .key = sv(""), .payload = sv(""), .headers = {}}};
    return log_->append(tx, records);
  }));
  check(*hot);
  hot.reset();
  restart();
  auto cold = reader(topic.id, 0, {}, true);
  check(*cold);
}

TEST_F(Append, WithoutWantedHeadersNoneAreGiven) {
  start();
  const auto topic = open_topic();
  auto plain = reader(topic.id);
  auto curious = reader(topic.id, 0, {}, true);
  ASSERT_TRUE(run([&](io::transaction& tx) {
    const std::array headers{evh_pair{sv("a"), sv("1")}};
    const std::array records{io::outgoing{.topic = topic.id, .type = "t", .id = {}, .headers = headers}};
    return log_->append(tx, records);
  }));
  io::event_batch without, with;
  ASSERT_TRUE(plain->take(without, 1));
  ASSERT_TRUE(curious->take(with, 1));
  EXPECT_EQ(without.events.at(0).headers_count, 0u);
  EXPECT_EQ(with.events.at(0).headers_count, 1u);
}

TEST_F(Append, KeysChooseThePartitionAndKeylessRecordsGoRound) {
  start();
  const auto topic = open_topic("four", 4);
  std::vector<std::int64_t> ends(4);
  ASSERT_TRUE(run([&](io::transaction& tx) {
    std::vector<io::outgoing> records(8, io::outgoing{.topic = topic.id, .type = "t", .id = {}, .headers = {}});
    return log_->append(tx, records);
  }));
  for (int p = 0; p < 4; ++p) {
    auto r = log_->open_reader(topic.id, p, 0, false, [] {});
    EXPECT_EQ(r->end_offset(), 2);
    ends[static_cast<std::size_t>(p)] = r->end_offset();
  }
  const auto p = log_->partition_of(topic.id, "task-17");
  ASSERT_TRUE(run([&](io::transaction& tx) {
    std::vector<io::outgoing> records(3, io::outgoing{.topic = topic.id, .type = "t", .id = {}, .key = sv("task-17"), .headers = {}});
    return log_->append(tx, records);
  }));
  EXPECT_EQ(log_->open_reader(topic.id, p, 0, false, [] {})->end_offset(), 5);
}

TEST_F(Append, RefusesWhatIsTooBigOrUnknown) {
  options_.event_bytes_max = 100;
  start();
  const auto topic = open_topic();
  const std::string big(101, 'x');
  auto refused = run([&](io::transaction& tx) {
    const std::array records{io::outgoing{.topic = topic.id, .type = "t", .id = {}, .payload = sv(big), .headers = {}}};
    return log_->append(tx, records);
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid);
  auto unknown = run([&](io::transaction& tx) {
    const std::array records{io::outgoing{.topic = 77, .type = "t", .id = {}, .headers = {}}};
    return log_->append(tx, records);
  });
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, errc::not_found);
}

// The batch outlives the tail, the reader and the log's interest in it.
TEST_F(Append, ViewsOfABatchLiveAsLongAsItsHolds) {
  options_.tail_records_max = 1;
  start();
  const auto topic = open_topic();
  io::event_batch batch;
  {
    auto r = reader(topic.id);
    ASSERT_TRUE(append(topic.id, 0, 5));
    ASSERT_TRUE(r->take(batch, 5));
    ASSERT_TRUE(append(topic.id, 5, 5));
  }
  ASSERT_EQ(batch.events.size(), 5u);
  EXPECT_EQ(str(batch.events[4].payload), "4");
}

}  // namespace
}  // namespace log_tests
