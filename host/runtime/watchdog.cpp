// Ticks, verdicts, the end.
#include "host/runtime/watchdog.hpp"

#include "host/io/metrics/runtime.hpp"
#include "host/runtime/plugin_instance.hpp"

#include <boost/container/static_vector.hpp>

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>

namespace evhost::runtime {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick_max{1000}, tick_min{10};
constexpr int ticks_per_deadline = 8;
constexpr milliseconds flush_patience{2000};
constexpr int signal_patience_ms = 1000;

// On the thread that hangs, so that note and core dump show where; by this one when it does not take the signal.
[[noreturn]] void end_process(const call_marks& marks) {
  ::pthread_kill(marks.thread, SIGABRT);
  ::poll(nullptr, 0, signal_patience_ms);
  std::abort();
}

}  // namespace

watchdog::watchdog(io::log_sink& log, io::metric_registry& metrics, watchdog_options options)
    : log_(log), metrics_(metrics), options_(std::move(options)) {}

milliseconds watchdog::tick() const {
  return options_.deadline.count() > 0 ? std::clamp(options_.deadline / ticks_per_deadline, tick_min, tick_max) : tick_max;
}

void watchdog::add(const plugin_instance& plugin) {
  plugins_[&plugin].running = metrics_.get_gauge(io::metrics::handler_running_seconds, {plugin.id()});
}

void watchdog::start() {
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void watchdog::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void watchdog::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, stop, tick(), [&] { return stop.stop_requested(); })) look(tick());
}

void watchdog::look(milliseconds passed) {
  for (auto& [plugin, one] : plugins_) one.longest = milliseconds{0};
  each_thread([&](call_marks& marks) { see(marks, passed); });
  for (auto& [plugin, one] : plugins_) one.running.set(std::chrono::duration<double>(one.longest).count());
}

// A call is counted from the first tick that finds it; what it has run before is less than a tick.
void watchdog::see(call_marks& marks, milliseconds passed) {
  const auto call = marks.call.load(std::memory_order_acquire);
  if (call % 2 == 0) return;
  const auto found = plugins_.find(marks.plugin.load(std::memory_order_acquire));
  const bool counts = marks.watched.load(std::memory_order_acquire), in_host = marks.in_host.load(std::memory_order_acquire);
  if (found == plugins_.end() || !counts || marks.call.load(std::memory_order_relaxed) != call) return;
  if (marks.seen_call != call) {
    marks.seen_call = call;
    marks.counted = milliseconds{0};
    marks.warned = false;
    return;
  }
  if (!in_host) marks.counted += passed;
  found->second.longest = std::max(found->second.longest, marks.counted);
  if (options_.deadline.count() == 0 || in_host) return;
  if (marks.counted >= options_.deadline) {
    tell(io::log_level::critical, "a plugin does not come back from a call; the process ends, and starts again if it is supervised", marks);
    log_.flush(flush_patience);
    options_.end ? options_.end(marks) : end_process(marks);
  } else if (marks.counted >= options_.deadline / 2 && !marks.warned) {
    marks.warned = true;
    tell(io::log_level::warning, "a plugin has been in one call for half its deadline", marks);
  }
}

void watchdog::tell(io::log_level level, const char* message, const call_marks& marks) const {
  boost::container::static_vector<io::log_field, 10> fields;
  const auto* plugin = marks.plugin.load(std::memory_order_acquire);
  fields.emplace_back("plugin", plugin->id());
  fields.emplace_back("version", plugin->candidate().version);
  fields.emplace_back("function", marks.function.load(std::memory_order_acquire));
  if (const auto* lane = marks.lane.load(std::memory_order_acquire)) {
    fields.emplace_back("group", lane->group);
    fields.emplace_back("topic", lane->topic);
    fields.emplace_back("partition", marks.partition.load(std::memory_order_acquire));
    fields.emplace_back("offset", marks.first.load(std::memory_order_acquire));
    fields.emplace_back("last_offset", marks.last.load(std::memory_order_acquire));
  }
  fields.emplace_back("duration_ms", marks.counted.count());
  fields.emplace_back("remedy", "the limit is runtime.handler_deadline; waiting in host functions does not count");
  log_.log(level, "runtime", message, std::span<const io::log_field>(fields.data(), fields.size()));
}

}  // namespace evhost::runtime
