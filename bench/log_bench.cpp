// The embedded log: append, deliver and effect in one transaction, beside a bare SQLite loop with the same statements;
// and the group commit by submitting threads, with a unit like a task's (row, event, history).
#include "host/io/clock.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/sync_unit.hpp"
#include "host/log/embedded_log.hpp"
#include "host/storage/sqlite_store.hpp"

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace io = evhost::io;
namespace core = evhost::core;
using steady = std::chrono::steady_clock;

constexpr std::size_t event_bytes = 200, effect_bytes = 100;

struct folder {
  folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evh-bench-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

void require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "bench: %s failed\n", what);
  std::abort();
}

template <class Result>
auto value_of(Result&& r, const char* what) {
  if (!r) std::fprintf(stderr, "bench: %s: %s\n", what, r.error().message.c_str());
  require(static_cast<bool>(r), what);
  return std::forward<Result>(r).value();
}

evh_value integer(std::int64_t i) {
  evh_value v{};
  v.type = EVH_INTEGER;
  v.as.integer = i;
  return v;
}
evh_value blob(std::string_view s) {
  evh_value v{};
  v.type = EVH_BLOB;
  v.as.bytes = {s.data(), s.size()};
  return v;
}

struct host {
  host() {
    evhost::storage::sqlite_options options;
    options.path = dir.path / "evhost.db";
    store = value_of(evhost::storage::make_sqlite_store(options, clock, sink, metrics), "store");
    log = value_of(evhost::log::make_embedded_log(*store, clock, sink, metrics, {}), "log");
    const std::array steps{io::migration{
        1, "bench",
        "CREATE TABLE effects(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
        "CREATE TABLE tasks(id INTEGER PRIMARY KEY, owner INTEGER, title TEXT, notes TEXT, a INTEGER, b INTEGER, c INTEGER,"
        " d INTEGER, e INTEGER, f INTEGER, g INTEGER, h INTEGER); CREATE INDEX tasks_owner ON tasks(owner);"
        "CREATE TABLE history(id INTEGER PRIMARY KEY, task INTEGER, body BLOB);"}};
    require(store->migrate("bench", steps).has_value(), "migrate");
    require(store->start().has_value(), "start");
    topic = value_of(log->open_topic("bench.events", {.partitions = 1}), "topic");
  }
  ~host() { store->stop(steady::now() + std::chrono::seconds(30)); }

  folder dir;
  io::system_clock clock;
  io::null_log_sink sink;
  io::null_metric_registry metrics;
  std::unique_ptr<io::store> store;
  std::unique_ptr<io::event_log> log;
  io::topic_info topic;
};

// Each transaction appends a batch, writes the effects of the batch before it, and moves the position.
void log_append_deliver_effect(benchmark::State& state) {
  host h;
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::string payload(event_bytes, 'p'), effect(effect_bytes, 'e');
  auto position = value_of(h.log->acquire("bench", h.topic.id, 0, 0), "acquire");
  auto reader = h.log->open_reader(h.topic.id, 0, 0, false, [] {});
  const std::vector<io::outgoing> records(
      count, io::outgoing{.topic = h.topic.id, .type = "bench.happened", .id = {}, .key = {"k", 1},
                          .payload = {payload.data(), payload.size()}, .headers = {}});
  io::event_batch batch;
  std::uint64_t delivered = 0;
  for (auto _ : state) {
    const auto next = position.offset + static_cast<std::int64_t>(batch.events.size());
    auto done = io::run_in_unit(*h.store, [&](io::transaction& tx) -> core::result<void> {
      for (const auto& e : batch.events) {
        const std::array values{integer(e.offset), blob(effect)};
        EVH_TRY(tx.exec("INSERT INTO effects(id, body) VALUES($1, $2)", values));
      }
      if (!batch.events.empty()) {
        EVH_TRY(h.log->advance(tx, "bench", h.topic.id, 0, position, next));
      }
      return h.log->append(tx, records);
    });
    if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    require(done.has_value(), "unit");
    position.offset = next;
    batch.events.clear();
    batch.holds.clear();
    delivered += value_of(reader->take(batch, count), "take");
  }
  require(delivered == static_cast<std::uint64_t>(state.iterations()) * count, "every event delivered once");
  state.SetItemsProcessed(static_cast<std::int64_t>(delivered));
}

void check(int rc, const char* what) { require(rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW, what); }

// What SQLite itself costs: the same rows by the same statements, nothing around them.
void log_raw_sqlite(benchmark::State& state) {
  folder dir;
  sqlite3* db = nullptr;
  check(sqlite3_open_v2((dir.path / "raw.db").c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr),
        "open");
  check(sqlite3_exec(db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;"
                     "CREATE TABLE log(off INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, at_ns INTEGER, type INTEGER NOT NULL,"
                     " id TEXT NOT NULL, key BLOB, payload BLOB, headers BLOB, trace BLOB);"
                     "CREATE TABLE effects(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
                     "CREATE TABLE positions(grp TEXT, topic INTEGER, part INTEGER, next_off INTEGER, epoch INTEGER,"
                     " PRIMARY KEY(grp, topic, part)) WITHOUT ROWID; INSERT INTO positions VALUES('bench', 1, 0, 0, 1);",
                     nullptr, nullptr, nullptr),
        "schema");
  const auto prepare = [&](const char* sql) {
    sqlite3_stmt* s = nullptr;
    check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr), sql);
    return s;
  };
  sqlite3_stmt* const begin = prepare("BEGIN IMMEDIATE");
  sqlite3_stmt* const commit = prepare("COMMIT");
  sqlite3_stmt* const append = prepare("INSERT INTO log VALUES(?,?,?,?,?,?,?,?,?)");
  sqlite3_stmt* const effect = prepare("INSERT INTO effects VALUES(?,?)");
  sqlite3_stmt* const move = prepare("UPDATE positions SET next_off=? WHERE grp='bench' AND topic=1 AND part=0 AND next_off=? AND epoch=1");
  const auto step = [&](sqlite3_stmt* s) {
    check(sqlite3_step(s), "step");
    sqlite3_reset(s);
  };
  const auto count = state.range(0);
  const std::string payload(event_bytes, 'p'), body(effect_bytes, 'e'), id(36, 'i');
  std::int64_t offset = 0, position = 0;
  for (auto _ : state) {
    step(begin);
    if (offset > 0) {
      for (std::int64_t i = position; i < offset; ++i) {
        sqlite3_bind_int64(effect, 1, i);
        sqlite3_bind_blob(effect, 2, body.data(), static_cast<int>(body.size()), SQLITE_STATIC);
        step(effect);
      }
      sqlite3_bind_int64(move, 1, offset);
      sqlite3_bind_int64(move, 2, position);
      step(move);
      position = offset;
    }
    for (std::int64_t i = 0; i < count; ++i) {
      sqlite3_bind_int64(append, 1, offset++);
      sqlite3_bind_int64(append, 2, 1'800'000'000'000'000'000);
      sqlite3_bind_int64(append, 4, 1);
      sqlite3_bind_text(append, 5, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
      sqlite3_bind_blob(append, 6, "k", 1, SQLITE_STATIC);
      sqlite3_bind_blob(append, 7, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
      step(append);
    }
    step(commit);
  }
  state.SetItemsProcessed(offset);
  for (sqlite3_stmt* s : {begin, commit, append, effect, move}) sqlite3_finalize(s);
  sqlite3_close(db);
}

// A task's unit: row of 12 columns with an index, 400 byte event, 200 byte history.
core::result<void> task_unit(host& h, io::transaction& tx, std::int64_t id) {
  static const std::string title(40, 't'), history(200, 'h'), event(400, 'e');
  const std::array task{integer(id), integer(id % 1000), blob(title), blob(title), integer(1), integer(2), integer(3),
                        integer(4),  integer(5),         integer(6),  integer(7),  integer(8)};
  EVH_TRY(tx.exec("INSERT INTO tasks VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", task));
  const std::array past{integer(id), blob(history)};
  EVH_TRY(tx.exec("INSERT INTO history(task, body) VALUES($1, $2)", past));
  const std::array records{io::outgoing{.topic = h.topic.id, .type = "task.created", .id = {}, .key = {"k", 1},
                                        .payload = {event.data(), event.size()}, .headers = {}}};
  return h.log->append(tx, records);
}

// Each thread submits a unit, waits until it is durable, submits the next.
void store_group_commit(benchmark::State& state) {
  host h;
  const auto threads = static_cast<std::size_t>(state.range(0));
  std::atomic<std::int64_t> next_id{1};
  std::vector<std::vector<double>> waits(threads);
  std::int64_t units = 0;
  for (auto _ : state) {
    constexpr auto lasting = std::chrono::milliseconds(500);
    const auto until = steady::now() + lasting;
    std::vector<std::thread> pool;
    for (auto& mine : waits) {
      pool.emplace_back([&] {
        while (steady::now() < until) {
          const auto id = next_id++;
          const auto start = steady::now();
          require(io::run_in_unit(*h.store, [&](io::transaction& tx) { return task_unit(h, tx, id); }).has_value(), "unit");
          mine.push_back(std::chrono::duration<double, std::milli>(steady::now() - start).count());
        }
      });
    }
    for (auto& thread : pool) thread.join();
  }
  std::vector<double> all;
  for (const auto& w : waits) all.insert(all.end(), w.begin(), w.end());
  std::sort(all.begin(), all.end());
  units = static_cast<std::int64_t>(all.size());
  state.SetItemsProcessed(units);
  state.counters["p50_ms"] = all[all.size() / 2];
  state.counters["p99_ms"] = all[all.size() * 99 / 100];
  state.counters["group"] = static_cast<double>(h.store->stats().units_committed) / static_cast<double>(h.store->stats().groups);
}

BENCHMARK(log_append_deliver_effect)->Arg(1)->Arg(64)->Arg(1024)->UseRealTime();
BENCHMARK(log_raw_sqlite)->Arg(1)->Arg(64)->Arg(1024)->UseRealTime();
BENCHMARK(store_group_commit)->Arg(1)->Arg(4)->Arg(16)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
