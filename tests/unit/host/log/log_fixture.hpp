// A started store with the embedded log on it, in a folder of its own, with a clock that tests turn.
#pragma once
#include "host/log/embedded_log.hpp"
#include "tests/unit/host/storage/store_fixture.hpp"

#include <atomic>
#include <cstring>

namespace log_tests {

using namespace store_tests;
using evhost::core::errc;

// Wall time stands still until a test moves it; steady time runs on.
class wall_clock final : public io::clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(ms_.load()));
  }
  void advance(std::chrono::milliseconds by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_{1'800'000'000'000};
};

inline evh_sv sv(std::string_view s) { return {s.data(), s.size()}; }
inline std::string str(evh_sv s) { return s.ptr ? std::string(s.ptr, s.len) : std::string("<absent>"); }

// Counts wake-ups and lets a test wait for one.
class bell {
 public:
  std::function<void()> ring() {
    return [this] {
      const std::lock_guard lock(mutex_);
      ++rung_;
      changed_.notify_all();
    };
  }
  bool wait(int at_least) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return rung_ >= at_least; });
  }
  [[nodiscard]] int rung() const {
    const std::lock_guard lock(mutex_);
    return rung_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int rung_ = 0;
};

class EmbeddedLog : public ::testing::Test {
 protected:
  void SetUp() override { store_options_.path = folder_.path() / "evhost.db"; }
  void TearDown() override { close(); }

  void start() {
    auto store = evhost::storage::make_sqlite_store(store_options_, clock_, sink_, metrics_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(store).value();
    auto log = evhost::log::make_embedded_log(*store_, clock_, sink_, metrics_, options_);
    ASSERT_TRUE(log) << log.error().message;
    log_ = std::move(log).value();
    ASSERT_TRUE(store_->start());
  }
  void close() {
    if (store_) store_->stop(std::chrono::steady_clock::now() + patience);
    log_.reset();
    store_.reset();
  }
  void restart() {
    close();
    start();
  }
  io::topic_info open_topic(std::string_view name = "todo.tasks", std::uint32_t partitions = 1) {
    auto info = log_->open_topic(name, {.partitions = partitions});
    EXPECT_TRUE(info) << info.error().message;
    return info ? info.value() : io::topic_info{};
  }
  core::result<void> run(std::function<core::result<void>(io::transaction&)> fn) {
    return io::run_in_unit(*store_, std::move(fn));
  }
  // count records "<from>", "<from + 1>", ... with key "k", in one unit.
  core::result<void> append(std::uint32_t topic, int from, int count) {
    return run([&](io::transaction& tx) {
      std::vector<std::string> payloads;
      for (int i = 0; i < count; ++i) payloads.push_back(std::to_string(from + i));
      std::vector<io::outgoing> records;
      for (const auto& p : payloads)
        records.push_back({.topic = topic, .type = "test.happened", .id = {}, .key = sv("k"), .payload = sv(p), .headers = {}});
      return log_->append(tx, records);
    });
  }
  std::unique_ptr<io::partition_reader> reader(std::uint32_t topic, std::int64_t offset = 0, std::function<void()> wake = {},
                                               bool want_headers = false) {
    return log_->open_reader(topic, 0, offset, want_headers, wake ? std::move(wake) : [] {});
  }
  static std::vector<std::string> payloads(io::partition_reader& from, std::size_t max = 1'000'000) {
    io::event_batch batch;
    auto taken = from.take(batch, max);
    EXPECT_TRUE(taken) << taken.error().message;
    std::vector<std::string> got;
    for (const auto& e : batch.events) got.push_back(str(e.payload));
    return got;
  }
  static std::vector<std::string> numbers(int from, int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) all.push_back(std::to_string(from + i));
    return all;
  }

  temporary_folder folder_;
  wall_clock clock_;
  io::null_log_sink sink_;
  io::null_metric_registry metrics_;
  evhost::storage::sqlite_options store_options_;
  evhost::log::log_options options_;
  std::unique_ptr<io::store> store_;
  std::unique_ptr<io::event_log> log_;
};

}  // namespace log_tests
