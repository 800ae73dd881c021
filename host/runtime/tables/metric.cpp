// evh.metric/1
#include "host/io/metrics/buckets.hpp"
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <mutex>

namespace evhost::runtime {
namespace {

constexpr std::array<double, 11> byte_bounds{64,     256,     1024,    4096,     16384,   65536,
                                             262144, 1048576, 4194304, 16777216, 67108864};

// Metric descriptions hold views and the registry outlives plugins: names live as long as the process, bounded by
// metric_series_max per plugin.
std::string_view eternal(std::string text) {
  static std::mutex mutex;
  static auto* const all = new std::deque<std::string>;
  std::lock_guard lock(mutex);
  const auto known = std::find(all->begin(), all->end(), text);
  return known != all->end() ? *known : all->emplace_back(std::move(text));
}

bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= 64 && s[0] >= 'a' && s[0] <= 'z' && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_good_name(std::int32_t kind, std::string_view name) {
  if (!is_name(name)) return false;
  if (kind == EVH_METRIC_COUNTER) return name.ends_with("_total");
  if (kind == EVH_METRIC_HISTOGRAM) return name.ends_with("_seconds") || name.ends_with("_bytes");
  return kind == EVH_METRIC_GAUGE;
}

std::string full_name(const plugin_instance& plugin, std::string_view name) {
  std::string out = "evhost_" + plugin.id() + "_" + std::string(name);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return out;
}

evh_status series(const evh_host* host, std::int32_t kind, evh_sv name, evh_sv help, const evh_pair* labels,
                  std::uint32_t count, std::uint32_t* id) {
  return host_call(host, {.function = "evh_metric.series", .threads = on_control, .registers = true},
                   [&](plugin_instance& plugin) {
                     auto& all = plugin.owned.metrics;
                     if (id == nullptr || !is_good_name(kind, core::text(name)) || count > io::metric_labels_max ||
                         (count > 0 && labels == nullptr) || all.size() >= plugin.shared().options.metric_series_max)
                       return EVH_INVALID;
                     io::metric_desc desc{};
                     std::array<std::string_view, io::metric_labels_max> values{};
                     for (std::uint32_t i = 0; i < count; ++i) {
                       if (!is_name(core::text(labels[i].name))) return EVH_INVALID;
                       desc.labels[i] = eternal(std::string(core::text(labels[i].name)));
                       values[i] = core::text(labels[i].value);
                     }
                     desc.name = eternal(full_name(plugin, core::text(name)));
                     desc.help = eternal(std::string(core::text(help)));
                     if (kind == EVH_METRIC_HISTOGRAM)
                       desc.bounds = core::text(name).ends_with("_bytes") ? std::span<const double>(byte_bounds)
                                                                          : io::metrics::seconds_1ms_30s;
                     io::metric_registry& registry = plugin.shared().ports.metrics;
                     const std::span<const std::string_view> given(values.data(), count);
                     metric_series made;
                     made.kind = kind;
                     if (kind == EVH_METRIC_COUNTER)
                       made.counter = registry.find_counter(desc, given);
                     else if (kind == EVH_METRIC_GAUGE)
                       made.gauge = registry.find_gauge(desc, given);
                     else
                       made.histogram = registry.find_histogram(desc, given);
                     all.push_back(made);
                     *id = static_cast<std::uint32_t>(all.size() - 1);
                     return EVH_OK;
                   });
}

// No guard beyond the bounds of the list: this is called per event.
const metric_series* find(const evh_host* host, std::uint32_t id) {
  const plugin_instance* plugin = instance_of(host);
  return plugin != nullptr && id < plugin->owned.metrics.size() ? &plugin->owned.metrics[id] : nullptr;
}

void add(const evh_host* host, std::uint32_t id, double value) {
  const metric_series* one = find(host, id);
  if (one == nullptr || !std::isfinite(value)) return;
  if (one->kind == EVH_METRIC_COUNTER && value > 0)
    one->counter.add(static_cast<std::uint64_t>(value));
  else if (one->kind == EVH_METRIC_GAUGE)
    one->gauge.add(value);
}

void set(const evh_host* host, std::uint32_t id, double value) {
  const metric_series* one = find(host, id);
  if (one != nullptr && one->kind == EVH_METRIC_GAUGE) one->gauge.set(value);
}

void observe(const evh_host* host, std::uint32_t id, double value) {
  const metric_series* one = find(host, id);
  if (one != nullptr && one->kind == EVH_METRIC_HISTOGRAM && std::isfinite(value)) one->histogram.observe(value);
}

}  // namespace

const evh_metric metric_table{sizeof(evh_metric), 0, &series, &add, &set, &observe};

}  // namespace evhost::runtime
