// The product end to end on a store of 1,000,000 tasks (2,000 in smoke runs): durable writes, lists, push latency, start,
// memory. Host, load generator and disk share the machine; the process's own CPU time is reported beside each rate.
#include "bench/process.hpp"
#include "bench/product/load.hpp"
#include "bench/product/million.hpp"
#include "bench/product/push.hpp"
#include "tests/support/host_under_test.hpp"
#include "tests/support/http_client.hpp"

#include <benchmark/benchmark.h>
#include <boost/json.hpp>

#include <cstdlib>
#include <thread>

namespace {

using namespace std::chrono_literals;
using namespace evhost;
using bench::load_options;

bool smoke() { return std::getenv("EVH_BENCH_SMOKE") != nullptr; }
std::chrono::milliseconds run_time() { return smoke() ? 200ms : 4000ms; }

using bench::cpu_seconds;

// One host on the big store, shared by all benchmarks of the run.
struct world {
  test::host_under_test host;
  std::string token;

  world() {
    host.command({"migrate"});
    token = host.token("bench");
    host.start();
    test::http_client http(host.port());
    http.bearer(token);
    const auto made = boost::json::parse(http.post("/api/v1/tasks", R"({"title":"who am I"})").body);
    host.stop();
    bench::fill_tasks(host.database(), smoke() ? 2'000 : 1'000'000, std::string(made.at("owner").as_string()));
    host.start();
    token = host.command({"token", "--user", "bench", "--lifetime", "86400"}).out;
    token.resize(token.find('\n'));
  }
  static world& get() {
    static world one;
    return one;
  }
};

void report(benchmark::State& state, bench::load_result& r, double cpu) {
  state.counters["rate_per_s"] = r.rate();
  state.counters["p50_ms"] = r.percentile_ms(0.5);
  state.counters["p99_ms"] = r.percentile_ms(0.99);
  state.counters["host_cpu_us_per_request"] = r.answered ? cpu * 1e6 / static_cast<double>(r.answered) : 0;
  state.counters["failed"] = static_cast<double>(r.failed);
  if (r.failed) state.SkipWithError("the host refused requests");
}

// Durable POST /api/v1/tasks by N keep-alive connections, closed loop.
void post_task(benchmark::State& state) {
  auto& w = world::get();
  const auto bytes = bench::request_bytes("POST", "/api/v1/tasks", w.token, R"({"title":"buy milk and bread","due":{"date":"2027-01-15"},"priority":"high"})");
  for (auto _ : state) {
    load_options options;
    options.port = w.host.port();
    options.connections = static_cast<unsigned>(state.range(0));
    options.duration = run_time();
    const auto before = cpu_seconds(w.host.pid());
    auto result = bench::generate(options, [&]() -> const std::string& { return bytes; });
    const auto cpu = cpu_seconds(w.host.pid()) - before;
    state.SetIterationTime(result.seconds);
    report(state, result, cpu);
  }
}
BENCHMARK(post_task)->Name("post_task/connections")->Arg(1)->Arg(8)->Arg(32)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

// The first page of a list of one owner with 100,000 of the million tasks.
void list_tasks(benchmark::State& state, const char* target) {
  auto& w = world::get();
  const auto bytes = bench::request_bytes("GET", target, w.token, "");
  for (auto _ : state) {
    load_options options;
    options.port = w.host.port();
    options.connections = 4;
    options.duration = run_time();
    const auto before = cpu_seconds(w.host.pid());
    auto result = bench::generate(options, [&]() -> const std::string& { return bytes; });
    const auto cpu = cpu_seconds(w.host.pid()) - before;
    state.SetIterationTime(result.seconds);
    report(state, result, cpu);
  }
}
BENCHMARK_CAPTURE(list_tasks, newest, "/api/v1/tasks")->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list_tasks, pending_by_due, "/api/v1/tasks?status=pending&sort=due")->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list_tasks, search, "/api/v1/tasks?q=number%20777770")->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

// From the intended time of a POST to the arrival of its frame at a WebSocket, at half of the rate 8 connections reach.
void post_to_websocket(benchmark::State& state) {
  auto& w = world::get();
  load_options options;
  options.port = w.host.port();
  options.connections = 8;
  options.duration = smoke() ? 200ms : 1500ms;
  const auto probe = bench::request_bytes("POST", "/api/v1/tasks", w.token, R"({"title":"probe"})");
  const double full = bench::generate(options, [&]() -> const std::string& { return probe; }).rate();
  for (auto _ : state) {
    auto seen = bench::push_latency(w.host.port(), w.token, full / 2, 8, run_time());
    state.SetIterationTime(seen.posts.seconds);
    state.counters["rate_per_s"] = seen.posts.rate();
    state.counters["frames"] = static_cast<double>(seen.frames.answered);
    state.counters["p50_ms"] = seen.frames.percentile_ms(0.5);
    state.counters["p99_ms"] = seen.frames.percentile_ms(0.99);
  }
}
BENCHMARK(post_to_websocket)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

// From exec to the first 200 of /readyz, and the memory of a host that does nothing.
void start_to_ready(benchmark::State& state) {
  auto& w = world::get();
  double rss = 0;
  for (auto _ : state) {
    w.host.stop();
    const auto begin = std::chrono::steady_clock::now();
    w.host.start();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    std::this_thread::sleep_for(500ms);  // idle, so that only what stays is counted
    rss = bench::memory_mib(w.host.pid());
  }
  state.counters["idle_rss_mib"] = rss;
}
BENCHMARK(start_to_ready)->UseManualTime()->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
