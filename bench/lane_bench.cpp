// The lane engine on SQLite and the embedded log: how fast a backlog drains with and without effects, what is allocated
// per event on the way, and how long one record takes from its submission to its committed effect.
#include "host/io/sync_unit.hpp"
#include "host/log/embedded_log.hpp"
#include "host/runtime/lane_engine.hpp"
#include "host/storage/sqlite_store.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/thread_pool.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {
std::atomic<std::uint64_t> allocations{0};
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

namespace io = evhost::io;
namespace core = evhost::core;
namespace rt = evhost::runtime;
using steady = std::chrono::steady_clock;

constexpr std::size_t event_bytes = 200, effect_bytes = 100;

void require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "bench: %s failed\n", what);
  std::abort();
}

// Counts what is committed; with effects it inserts a row per event.
class counting_handler final : public rt::batch_handler {
 public:
  explicit counting_handler(bool effects) : effects_(effects) {}
  evh_status on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t*, evh_error&) noexcept override {
    auto& unit = rt::unit_of_work::of(uow);
    std::array<evh_value, 2> values{};
    values[0].type = EVH_INTEGER;
    values[1].type = EVH_BLOB;
    values[1].as.bytes = {body_.data(), body_.size()};
    for (std::uint32_t i = 0; effects_ && i < batch.count; ++i) {
      const auto& event = *EVH_EVENT_AT(&batch, i);
      values[0].as.integer = event.offset * 64 + event.partition;
      if (!unit.tx().exec("INSERT INTO effects(id, body) VALUES($1, $2)", values).has_value()) std::abort();
    }
    auto& lane = lanes_[batch.lane % lanes_.size()];  // lanes of one group commit end together
    lane = {this, batch.count};
    unit.after([](void* user, std::int32_t committed) {
      const auto& it = *static_cast<in_hand*>(user);
      if (!committed) return;
      it.owner->done.fetch_add(it.events);
      it.owner->done.notify_all();
    }, &lane);
    return EVH_OK;
  }
  void wait(std::uint64_t until) const {
    for (auto now = done.load(); now < until; now = done.load()) done.wait(now);
  }
  std::atomic<std::uint64_t> done{0};

 private:
  const std::string body_ = std::string(effect_bytes, 'e');
  bool effects_;
  struct in_hand {
    counting_handler* owner = nullptr;
    std::uint64_t events = 0;
  };
  std::array<in_hand, 64> lanes_;
};

struct host {
  host(std::uint32_t partitions, std::uint32_t batch_max, bool effects) : handler(effects) {
    std::string pattern = (std::filesystem::temp_directory_path() / "evh-bench-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
    evhost::storage::sqlite_options options;
    options.path = folder / "evhost.db";
    store = evhost::storage::make_sqlite_store(options, clock, sink, metrics).value();
    log = evhost::log::make_embedded_log(*store, clock, sink, metrics, {}).value();
    const std::array steps{io::migration{1, "bench", "CREATE TABLE effects(id INTEGER PRIMARY KEY, body BLOB NOT NULL)"}};
    require(store->migrate("bench", steps).has_value() &&
                store->migrate("host.runtime", rt::lane_engine::migrations()).has_value() && store->start().has_value(),
            "start");
    topic = log->open_topic("bench.events", {.partitions = partitions}).value();
    rt::lane_options lanes;
    lanes.in_flight_file = folder / "in-flight";
    engine = std::make_unique<rt::lane_engine>(*store, *log, clock, sink, metrics, pool.get_executor(), lanes);
    rt::subscription s;
    s.plugin = s.group = "bench";
    s.topic = topic.name;
    s.batch_max = batch_max;
    s.handler = &handler;
    require(engine->subscribe(s).has_value(), "subscribe");
  }
  ~host() {
    engine->stop();
    store->stop(steady::now() + std::chrono::seconds(30));
    pool.join();
    engine.reset();
    log.reset();
    store.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  void append(std::size_t count) {
    const std::string payload(event_bytes, 'p');
    std::vector<io::outgoing> records(count);
    std::vector<std::string> keys(count);
    for (std::size_t i = 0; i < count; ++i) {
      keys[i] = "key" + std::to_string(i % 64);
      records[i] = {.topic = topic.id, .type = "bench.happened", .id = {}, .key = {keys[i].data(), keys[i].size()},
                    .payload = {payload.data(), payload.size()}, .headers = {}};
    }
    require(io::run_in_unit(*store, [&](io::transaction& tx) { return log->append(tx, records); }).has_value(), "append");
  }

  std::filesystem::path folder;
  io::system_clock clock;
  io::null_log_sink sink;
  io::null_metric_registry metrics;
  boost::asio::thread_pool pool{2};
  std::unique_ptr<io::store> store;
  std::unique_ptr<io::event_log> log;
  std::unique_ptr<rt::lane_engine> engine;
  counting_handler handler;
  io::topic_info topic;
};

// A backlog that is read from the table: the disk's side included. Arguments: batch, partitions, effects.
void lane_backlog(benchmark::State& state) {
  const std::size_t events = std::getenv("EVH_BENCH_SMOKE") ? 8192 : 131'072;
  std::uint64_t total = 0, allocated = 0;
  for (auto _ : state) {
    state.PauseTiming();
    host h(static_cast<std::uint32_t>(state.range(1)), static_cast<std::uint32_t>(state.range(0)), state.range(2) != 0);
    for (std::size_t n = 0; n < events; n += 4096) h.append(4096);
    const auto before = allocations.load();
    state.ResumeTiming();
    require(h.engine->start().has_value(), "start");
    h.handler.wait(events);
    state.PauseTiming();
    allocated += allocations.load() - before;
    total += events;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
  state.counters["allocations/event"] = static_cast<double>(allocated) / static_cast<double>(total);
}

// Appending and consuming at once: each iteration appends a batch while the lanes work on the one before.
void lane_append_deliver_effect(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  host h(1, static_cast<std::uint32_t>(state.range(0)), true);
  require(h.engine->start().has_value(), "start");
  std::uint64_t appended = 0;
  for (auto _ : state) {
    h.append(count);
    if (appended > 0) h.handler.wait(appended);
    appended += count;
  }
  h.handler.wait(appended);
  state.SetItemsProcessed(static_cast<std::int64_t>(appended));
}

// One record at rest: append commit, delivery, effect commit. Two durable commits.
void lane_one_record(benchmark::State& state) {
  host h(4, 512, true);
  require(h.engine->start().has_value(), "start");
  std::uint64_t appended = 0;
  std::vector<double> waits;
  for (auto _ : state) {
    const auto begun = steady::now();
    h.append(1);
    h.handler.wait(++appended);
    waits.push_back(std::chrono::duration<double, std::micro>(steady::now() - begun).count());
  }
  std::ranges::sort(waits);
  state.counters["p50_us"] = waits[waits.size() / 2];
  state.counters["p99_us"] = waits[waits.size() * 99 / 100];
}

BENCHMARK(lane_backlog)->ArgNames({"batch", "partitions", "effects"})
    ->Args({1024, 1, 0})->Args({1024, 1, 1})->Args({1024, 4, 1})->Args({64, 4, 1})->UseRealTime()
    ->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(lane_append_deliver_effect)->Arg(64)->Arg(1024)->UseRealTime();
BENCHMARK(lane_one_record)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
