// What the store tests share: a folder of their own, units from lambdas, and a count of outcomes to wait for.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/observe.hpp"
#include "host/io/store.hpp"
#include "host/io/sync_unit.hpp"
#include "host/storage/sqlite_store.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace store_tests {

namespace core = evhost::core;
namespace io = evhost::io;
namespace storage = evhost::storage;
using namespace std::chrono_literals;

inline constexpr auto patience = 30s;  // of a test that waits for something that must come

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evh-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline evh_value integer(std::int64_t i) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = i;
  return v;
}
inline evh_value text(std::string_view s) {
  evh_value v{};
  v.type = EVH_TEXT;
  v.as.bytes = {s.data(), s.size()};
  return v;
}

// What became of a unit.
struct ending {
  io::unit_outcome outcome{};
  std::optional<core::error> why;
};

// Collects endings of units and lets a test wait for all of them.
class endings {
 public:
  void add(ending e) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(e));
    changed_.notify_all();
  }
  bool wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return all_.size() >= count; });
  }
  [[nodiscard]] std::vector<ending> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  [[nodiscard]] std::size_t count(io::unit_outcome outcome) const {
    std::size_t n = 0;
    for (const auto& e : all()) n += e.outcome == outcome ? 1 : 0;
    return n;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<ending> all_;
};

class lambda_unit final : public io::unit {
 public:
  using work = std::function<bool(io::transaction&, std::chrono::microseconds)>;
  lambda_unit(work fn, endings& to, io::unit_class kind = io::unit_class::request, std::function<void()> undone = {})
      : fn_(std::move(fn)), to_(to), kind_(kind), undone_(std::move(undone)) {}
  bool run(io::transaction& tx, std::chrono::microseconds budget) override { return fn_(tx, budget); }
  void undone() noexcept override {
    if (undone_) undone_();
  }
  void settled(io::unit_outcome outcome, const core::error* why) noexcept override {
    to_.add({outcome, why ? std::optional(*why) : std::nullopt});
  }
  [[nodiscard]] io::unit_class kind() const override { return kind_; }

 private:
  work fn_;
  endings& to_;
  io::unit_class kind_;
  std::function<void()> undone_;
};

// A unit that keeps the writer busy until open() is called: what is submitted meanwhile shares the next group.
class gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

inline core::result<std::int64_t> one_number(io::store& store, std::string_view sql) {
  std::int64_t number = -1;
  EVH_TRY(store.read([&](io::transaction& tx) {
    return tx.query(sql, {}, [&](std::span<const evh_value> cells) {
      number = cells[0].as.integer;
      return true;
    });
  }));
  return number;
}

inline bool insert(io::transaction& tx, std::int64_t id) {
  const std::array values{integer(id)};
  return static_cast<bool>(tx.exec("INSERT INTO t(id) VALUES($1)", values));
}

// A started SQLite store with one table t(id INTEGER PRIMARY KEY, v).
class SqliteStore : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.path = folder_.path() / "data" / "evhost.db";
    options_.group_time_max = patience;  // what waits behind hold_writer() is one group, however slow the machine
  }
  void TearDown() override {
    if (store_) store_->stop(std::chrono::steady_clock::now() + patience);
  }

  core::result<std::unique_ptr<io::store>> make() {
    return storage::make_sqlite_store(options_, clock_, log_, metrics_);
  }
  void open() {
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    store_ = std::move(made).value();
    const std::array steps{io::migration{1, "t", "CREATE TABLE t(id INTEGER PRIMARY KEY, v)"}};
    auto migrated = store_->migrate("test", steps);
    ASSERT_TRUE(migrated) << migrated.error().message;
  }
  void start() {
    open();
    auto started = store_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  void close() {
    store_->stop(std::chrono::steady_clock::now() + patience);
    store_.reset();
  }
  void submit(lambda_unit::work fn, io::unit_class kind = io::unit_class::request, std::function<void()> undone = {}) {
    auto queued = store_->submit(std::make_unique<lambda_unit>(std::move(fn), endings_, kind, std::move(undone)));
    ASSERT_TRUE(queued) << queued.error().message;
  }
  // Holds the writer inside a unit of its own until gate_.open().
  void hold_writer() {
    submit([this](io::transaction&, auto) {
      held_.open();
      gate_.pass();
      return true;
    });
    held_.pass();
  }
  std::int64_t count(std::string_view sql = "SELECT count(*) FROM t") {
    auto n = one_number(*store_, sql);
    EXPECT_TRUE(n) << n.error().message;
    return n ? n.value() : -1;
  }
  core::result<void> run(std::function<core::result<void>(io::transaction&)> fn) {
    return io::run_in_unit(*store_, std::move(fn));
  }

  temporary_folder folder_;
  storage::sqlite_options options_;
  io::system_clock clock_;
  io::null_log_sink log_;
  io::null_metric_registry metrics_;
  gate held_, gate_;
  endings endings_;
  std::unique_ptr<io::store> store_;
};

}  // namespace store_tests
