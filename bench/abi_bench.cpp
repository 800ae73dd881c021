// What the plugin boundary costs per event: the host's batch adapter into a real plugin library opened with Boost.DLL
// and written with the C++ wrapper, beside the same loop compiled into this benchmark.
//
//   abi_crossed/N   adapter + thunk + wrapper + loop, N events per call
//   abi_direct/N    the loop alone
//   abi_ratio/N     both by turns in one run, in CPU time of the thread; counters: crossed_ns, direct_ns per event,
//   ratio
// Targets at 64: crossed_ns <= 3, ratio <= 1.5, no allocation. Counter allocs_per_event counts operator new of the
// whole process. EVH_BENCH_ABI_PLUGIN names the library.
#include "bench/abi_work.hpp"
#include "bench/null_ports.hpp"
#include "host/loader/loader.hpp"
#include "host/runtime/plugin_instance.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/io_context.hpp>

#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace {
std::atomic<std::uint64_t> allocations{0};
}

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* room = std::malloc(bytes ? bytes : 1)) return room;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* room) noexcept {
  std::free(room);
}
[[gnu::noinline]] void operator delete(void* room, std::size_t) noexcept {
  std::free(room);
}

namespace {

using namespace evhost;
using steady = std::chrono::steady_clock;

// One running plugin and a batch of its events.
class crossing {
 public:
  explicit crossing(std::size_t events)
      : services_({store_, log_, clock_, sink_, metrics_, pool_.get_executor()}, {}), uow_(tx_, log_) {
    const std::filesystem::path file(EVH_BENCH_ABI_PLUGIN);
    auto report = loader::load({&file, 1});
    if (report.plugins.empty()) throw std::runtime_error(report.refusals.at(0).reason);
    plugin_ = std::make_unique<runtime::plugin_instance>(services_, report.plugins[0], runtime::plugin_settings{});
    for (const auto& step :
         {plugin_->create(), plugin_->init(), plugin_->configure(), plugin_->activate(), plugin_->start()})
      if (!step) throw std::runtime_error(step.error().message);
    handler_ = plugin_->owned.subscriptions.at(0).handler;
    fill(events);
  }
  ~crossing() {
    plugin_->drain(steady::now());
    plugin_->stop();
    plugin_->deactivate();
    plugin_->destroy();
  }

  void crossed() { benchmark::DoNotOptimize(handler_->on_batch(&uow_, batch_, results_.data(), error_)); }

  // The same loop on this side.
  void direct() {
    std::uint64_t sum = 0;
    const evh_event* const events = batch_.events;
    for (std::uint32_t i = 0; i < batch_.count; ++i) {
      sum += abi_bench::consume(events[i]);
      if ((events[i].offset & 1023) == 1023) results_[i] = EVH_SKIP;
    }
    benchmark::DoNotOptimize(sum);
    benchmark::ClobberMemory();
  }

 private:
  void fill(std::size_t count) {
    payload_.assign(count * 200, 'p');
    events_.resize(count);
    results_.assign(count, EVH_ACK);
    for (std::size_t i = 0; i < count; ++i) {
      evh_event& e = events_[i];
      e = {};
      e.topic = e.type = 1;
      e.offset = static_cast<std::int64_t>(i);
      e.id = e.key = {"01890a5d-ac96-774b-bcce-b302099a8057", 36};
      e.payload = {payload_.data() + i * 200, 200};
      e.attempt = 1;
    }
    batch_ = {sizeof batch_, static_cast<std::uint32_t>(count), sizeof(evh_event), 0, events_.data(), 1, 0};
  }

  bench::null_transaction tx_;
  bench::null_store store_;
  bench::null_log log_;
  io::system_clock clock_;
  io::null_log_sink sink_;
  io::null_metric_registry metrics_;
  boost::asio::io_context pool_;
  runtime::services services_;
  runtime::unit_of_work uow_;
  std::unique_ptr<runtime::plugin_instance> plugin_;
  runtime::batch_handler* handler_ = nullptr;
  std::string payload_;
  std::vector<evh_event> events_;
  std::vector<std::uint8_t> results_;
  evh_batch batch_{};
  evh_error error_ = runtime::make_error();
};

void report(benchmark::State& state, std::uint64_t allocated) {
  const double events = static_cast<double>(state.iterations()) * static_cast<double>(state.range(0));
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
  state.counters["allocs_per_event"] = static_cast<double>(allocated) / events;
}

void abi_crossed(benchmark::State& state) {
  crossing subject(static_cast<std::size_t>(state.range(0)));
  const std::uint64_t before = allocations.load();
  for (auto _ : state) subject.crossed();
  report(state, allocations.load() - before);
}

void abi_direct(benchmark::State& state) {
  crossing subject(static_cast<std::size_t>(state.range(0)));
  const std::uint64_t before = allocations.load();
  for (auto _ : state) subject.direct();
  report(state, allocations.load() - before);
}

// CPU time of this thread: what else runs on the machine does not count.
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

void abi_ratio(benchmark::State& state) {
  crossing subject(static_cast<std::size_t>(state.range(0)));
  const auto turns = static_cast<int>(16384 / state.range(0));
  double crossed = 0, direct = 0;
  const auto timed = [&](auto&& once) {
    const double began = cpu_ns();
    for (int i = 0; i < turns; ++i) once();
    return cpu_ns() - began;
  };
  for (auto _ : state) {
    direct += timed([&] { subject.direct(); });
    crossed += timed([&] { subject.crossed(); });
  }
  const double events = static_cast<double>(state.iterations()) * turns * static_cast<double>(state.range(0));
  state.counters["crossed_ns"] = crossed / events;
  state.counters["direct_ns"] = direct / events;
  state.counters["ratio"] = crossed / direct;
}

BENCHMARK(abi_crossed)->Arg(1)->Arg(8)->Arg(64)->Arg(512);
BENCHMARK(abi_direct)->Arg(1)->Arg(8)->Arg(64)->Arg(512);
BENCHMARK(abi_ratio)->Arg(1)->Arg(8)->Arg(64)->Arg(512);

}  // namespace

BENCHMARK_MAIN();
