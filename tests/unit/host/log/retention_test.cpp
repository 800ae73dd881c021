// Retention: by the age of the append, in steps, offsets never used again, groups left behind are warned about.
#include "log_fixture.hpp"

namespace log_tests {
namespace {

class warnings final : public io::log_sink {
 public:
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  void write(const io::log_record& record) noexcept override {
    const std::lock_guard lock(mutex_);
    if (record.level != io::log_level::warning) return;
    std::string line(record.message);
    for (const auto& f : record.fields)
      if (const auto* text = std::get_if<std::string_view>(&f.value)) line += " " + std::string(f.name) + "=" + std::string(*text);
    all_.push_back(line);
  }
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
};

class Retention : public EmbeddedLog {
 protected:
  std::uint64_t trim() {
    auto removed = log_->trim();
    EXPECT_TRUE(removed) << removed.error().message;
    return removed ? removed.value() : 0;
  }
  std::int64_t rows(std::uint32_t topic) {
    return one_number(*store_, "SELECT count(*) FROM log_" + std::to_string(topic) + "_0").value();
  }
  io::topic_info topic_with_an_hour() {
    return log_->open_topic("t", {.partitions = 1, .retention = 1h}).value();
  }
};

TEST_F(Retention, DeletesOnlyWhatIsPastItsTime) {
  start();
  const auto topic = topic_with_an_hour();
  ASSERT_TRUE(append(topic.id, 0, 10));
  clock_.advance(40min);
  ASSERT_TRUE(append(topic.id, 10, 5));
  EXPECT_EQ(trim(), 0u);
  clock_.advance(30min);
  EXPECT_EQ(trim(), 10u);
  EXPECT_EQ(rows(topic.id), 5);
  auto r = reader(topic.id);
  EXPECT_EQ(r->begin_offset(), 10);
  EXPECT_EQ(payloads(*r), numbers(10, 5)) << "a reader behind the oldest record goes on with it";
  EXPECT_EQ(r->offset(), 15);
}

TEST_F(Retention, GoesByTheAppendNotByTheProducersTime) {
  start();
  const auto topic = topic_with_an_hour();
  const std::int64_t far_future = 4'000'000'000'000'000'000;
  for (const std::int64_t time : {far_future, std::int64_t{1}})
    ASSERT_TRUE(run([&](io::transaction& tx) {
      const std::array records{io::outgoing{.topic = topic.id, .type = "t", .id = {}, .headers = {}, .time_ns = time}};
      return log_->append(tx, records);
    }));
  EXPECT_EQ(trim(), 0u) << "an old date does not make a record old";
  clock_.advance(61min);
  EXPECT_EQ(trim(), 2u) << "a date in the future does not keep it";
}

TEST_F(Retention, WorksInSteps) {
  options_.retention_rows = 10;
  options_.retention_steps = 3;
  start();
  const auto topic = topic_with_an_hour();
  ASSERT_TRUE(append(topic.id, 0, 45));
  clock_.advance(2h);
  const auto groups = store_->stats().groups;
  EXPECT_EQ(trim(), 30u);
  EXPECT_EQ(store_->stats().groups, groups + 3);
  EXPECT_EQ(trim(), 15u);
  EXPECT_EQ(trim(), 0u);
}

TEST_F(Retention, OffsetsGoOnAfterItEmptiedThePartitionAndTheHostRestarted) {
  start();
  const auto topic = topic_with_an_hour();
  ASSERT_TRUE(append(topic.id, 0, 10));
  clock_.advance(2h);
  EXPECT_EQ(trim(), 10u);
  restart();
  auto r = reader(topic.id);
  EXPECT_EQ(r->begin_offset(), 10);
  EXPECT_EQ(r->end_offset(), 10);
  ASSERT_TRUE(append(topic.id, 10, 1));
  EXPECT_EQ(payloads(*r), numbers(10, 1));
  EXPECT_EQ(r->offset(), 11);
}

TEST_F(Retention, WarnsOfAGroupItPassed) {
  warnings told;
  auto store = evhost::storage::make_sqlite_store(store_options_, clock_, told, metrics_);
  ASSERT_TRUE(store);
  store_ = std::move(store).value();
  log_ = evhost::log::make_embedded_log(*store_, clock_, told, metrics_, options_).value();
  ASSERT_TRUE(store_->start());
  const auto topic = topic_with_an_hour();
  ASSERT_TRUE(append(topic.id, 0, 10));
  ASSERT_TRUE(log_->acquire("slow", topic.id, 0, 3));
  ASSERT_TRUE(log_->acquire("fast", topic.id, 0, 10));
  clock_.advance(2h);
  EXPECT_EQ(trim(), 10u);
  ASSERT_EQ(told.all().size(), 1u);
  EXPECT_NE(told.all()[0].find("group=slow"), std::string::npos) << told.all()[0];
  close();  // the sink dies with this function
}

TEST_F(Retention, RunsBesideAppendsAndReaders) {
  options_.retention_rows = 50;
  options_.tail_records_max = 10;
  start();
  const auto topic = topic_with_an_hour();
  ASSERT_TRUE(append(topic.id, 0, 1000));
  clock_.advance(2h);
  auto r = reader(topic.id);
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(append(topic.id, 1000 + i, 1));
  });
  std::uint64_t removed = 0;
  while (removed < 1000) removed += trim();
  writer.join();
  EXPECT_EQ(removed, 1000u);
  EXPECT_EQ(payloads(*r), numbers(1000, 50));
}

}  // namespace
}  // namespace log_tests
