// Wires the fakes together.
#include "tests/unit/host/runtime/runtime_bed.hpp"

#include <chrono>

namespace evhost::runtime::tests {
namespace {

std::string key_of(const io::metric_desc& desc, std::span<const std::string_view> values) {
  std::string key(desc.name);
  key += '{';
  for (const auto value : values) (key += value) += ',';
  if (!values.empty()) key.pop_back();
  return key + '}';
}

}  // namespace

io::counter counting_registry::find_counter(const io::metric_desc& desc, std::span<const std::string_view> values) {
  std::lock_guard lock(mutex_);
  return io::counter(&counters_[key_of(desc, values)]);
}

io::gauge counting_registry::find_gauge(const io::metric_desc& desc, std::span<const std::string_view> values) {
  std::lock_guard lock(mutex_);
  return io::gauge(&gauges_[key_of(desc, values)]);
}

std::uint64_t counting_registry::count(const std::string& key) const {
  std::lock_guard lock(mutex_);
  const auto found = counters_.find(key);
  return found == counters_.end() ? 0 : found->second.sum();
}

double counting_registry::level(const std::string& key) const {
  std::lock_guard lock(mutex_);
  const auto found = gauges_.find(key);
  return found == gauges_.end() ? -1 : found->second.value.load();
}

io::auth_verdict fake_authenticator::verify(std::string_view authorization) noexcept {
  if (authorization != "Bearer good") return {nullptr, "invalid-token", "the token is not good"};
  auto who = std::make_shared<io::principal>();
  who->subject = "ann";
  who->roles = {"admin", "auditor"};
  return {who, {}, {}};
}

runtime_bed::runtime_bed(std::function<void(runtime_options&)> adjust) {
  runtime_options options;
  options.host_version = "9.8.7";
  options.stop_grace = std::chrono::milliseconds(50);
  if (adjust) adjust(options);
  host = std::make_unique<runtime>(runtime_ports{store, log, clock, sink, metrics, pool.get_executor(), &front, &front,
                                                 &front, &secrets, &sealer, &authenticator, &issuer},
                                   options);
}

runtime_bed::~runtime_bed() {
  host.reset();
}

void runtime_bed::add(scripted_plugin& plugin, plugin_settings chosen) {
  candidates.push_back(plugin.candidate());
  settings[candidates.back().id] = std::move(chosen);
}

bool runtime_bed::run() {
  bool all = load();
  if (!host->migrate()) return false;
  store.run_inline(true);  // topics and positions are taken from [control]
  all = host->activate() && all;
  all = host->start() && all;
  store.run_inline(false);
  return all;
}

void runtime_bed::turn_pool() {
  pool.restart();
  pool.poll();
}

void runtime_bed::turn() {
  for (bool moved = true; moved;) {
    pool.restart();
    moved = pool.poll() > 0;
    while (store.run_group()) moved = true;
  }
}

bool runtime_bed::turn_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    pool.restart();
    pool.run_one_for(std::chrono::milliseconds(20));
    while (store.run_group()) {
    }
  }
  return true;
}

plugin_status runtime_bed::status(const std::string& id) const {
  for (auto& one : host->plugins())
    if (one.id == id) return one;
  return {};
}

std::uint64_t runtime_bed::misbehaved(const std::string& id, const std::string& rule) const {
  return metrics.count("evhost_plugin_misbehaviour_total{" + id + "," + rule + "}");
}

}  // namespace evhost::runtime::tests
