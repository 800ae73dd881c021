// The ports through which every module speaks to the operator: a log sink and a metric registry.
//
// Threading: log_sink and every metric handle may be used from any thread; getting a handle from the registry takes a
//   lock and belongs into construction code, never on a hot path.
// Ownership: the composition root owns the sink and the registry and outlives every user. Handles are small values that
//   point into the registry; a default-constructed handle does nothing, so a module works without metrics in tests.
// Errors: nothing here throws or fails; what cannot be written is counted (evhost_log_dropped_total) and dropped.
// Bounds: label sets per metric (metric_desc::series_max), fields per record (log_fields_max).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

namespace evhost::io {

// ---------------------------------------------------------------------------------------------------------------- log

enum class log_level : std::uint8_t { trace, debug, info, warning, error, critical, off };

/// Further fields of one record are cut, so that a log line has a bound.
inline constexpr std::size_t log_fields_max = 24;

/// One typed field of a record: {"partition", 3}. The views must live until log() returns.
struct log_field {
  using value_type = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  std::string_view name;
  value_type value;

  log_field(std::string_view n, std::string_view v) : name(n), value(v) {}
  log_field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  log_field(std::string_view n, bool v) : name(n), value(v) {}
  log_field(std::string_view n, double v) : name(n), value(v) {}
  template <std::signed_integral Int>
  log_field(std::string_view n, Int v) : name(n), value(static_cast<std::int64_t>(v)) {}
  template <std::unsigned_integral Int>
  requires(!std::same_as<Int, bool>) log_field(std::string_view n, Int v)
      : name(n), value(static_cast<std::uint64_t>(v)) {}
};

/// What the sink receives. Field names used across the house: plugin, group, topic, partition, offset, event_type,
/// event_id, request_id, user, remote, method, route, status, duration_ms, error, remedy, path.
struct log_record {
  log_level level;
  std::string_view component;  // the module or plugin that speaks: "runtime", "storage", "plugin.chat"
  std::string_view message;    // one sentence; the adapter escapes line breaks
  std::span<const log_field> fields;
};

/// Where records go. Adapter: host/observe. Tests: null_log_sink below or a recording fake.
class log_sink {
 public:
  log_sink() = default;
  log_sink(const log_sink&) = delete;
  log_sink& operator=(const log_sink&) = delete;
  virtual ~log_sink() = default;

  [[nodiscard]] bool enabled(log_level level) const noexcept {
    return level >= level_.load(std::memory_order_relaxed) && level < log_level::off;
  }
  [[nodiscard]] log_level level() const noexcept { return level_.load(std::memory_order_relaxed); }
  /// Switches the lowest level that is written, at run time, from any thread.
  void set_level(log_level level) noexcept { level_.store(level, std::memory_order_relaxed); }
  /// Waits until everything logged before this call is written, at most `patience`.
  virtual void flush(std::chrono::milliseconds patience) noexcept { static_cast<void>(patience); }

  void log(log_level level, std::string_view component, std::string_view message,
           std::initializer_list<log_field> fields = {}) noexcept {
    log(level, component, message, std::span<const log_field>(fields.begin(), fields.size()));
  }
  void log(log_level level, std::string_view component, std::string_view message,
           std::span<const log_field> fields) noexcept {
    if (enabled(level)) write({level, component, message, fields.first(std::min(fields.size(), log_fields_max))});
  }

 private:
  virtual void write(const log_record& record) noexcept = 0;

  std::atomic<log_level> level_{log_level::info};
};

/// Swallows everything.
class null_log_sink final : public log_sink {
  void write(const log_record&) noexcept override {}
};

// ------------------------------------------------------------------------------------------------------------ metrics

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

inline constexpr std::size_t metric_labels_max = 4;
inline constexpr std::size_t metric_bounds_max = 24;

/// What a metric is. Names: "evhost_" + noun + base unit, counters end in "_total", no ids in labels. The catalogue of
/// the host's own metrics stands in host/io/metrics/, one header per subsystem; plugins bring theirs.
struct metric_desc {
  std::string_view name;
  std::string_view help;
  std::array<std::string_view, metric_labels_max> labels{};  // unused slots are empty
  std::span<const double> bounds{};                          // histograms: ascending upper bounds, without +Inf
  /// Further label sets share one series whose label values all read "other".
  std::uint32_t series_max = 128;
};

namespace detail {
/// Cells per counter: threads spread over them so that two cores do not fight for one cache line.
inline constexpr std::size_t counter_cells = 4;

struct alignas(64) counter_cell {
  std::atomic<std::uint64_t> value{0};
};
struct counter_state {
  std::array<counter_cell, counter_cells> cells{};
  [[nodiscard]] std::uint64_t sum() const noexcept {
    std::uint64_t total = 0;
    for (const auto& cell : cells) total += cell.value.load(std::memory_order_relaxed);
    return total;
  }
};
struct gauge_state {
  std::atomic<double> value{0};
};
struct histogram_state {
  std::span<const double> bounds;
  std::array<std::atomic<std::uint64_t>, metric_bounds_max + 1> buckets{};  // not cumulative; the last one is +Inf
  std::atomic<double> sum{0};
};

inline std::size_t next_thread_cell() noexcept {
  static std::atomic<std::size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed) % counter_cells;
}
inline std::size_t thread_cell() noexcept {
  thread_local const std::size_t cell = next_thread_cell();
  return cell;
}
}  // namespace detail

/// Only goes up. add() is one relaxed atomic add on a line that few threads share.
class counter {
 public:
  counter() = default;
  explicit counter(detail::counter_state* state) noexcept : state_(state) {}

  void add(std::uint64_t n = 1) const noexcept {
    if (state_) state_->cells[detail::thread_cell()].value.fetch_add(n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return state_ ? state_->sum() : 0; }

 private:
  detail::counter_state* state_ = nullptr;
};

/// A value that goes up and down.
class gauge {
 public:
  gauge() = default;
  explicit gauge(detail::gauge_state* state) noexcept : state_(state) {}

  void set(double value) const noexcept {
    if (state_) state_->value.store(value, std::memory_order_relaxed);
  }
  void add(double delta) const noexcept {
    if (state_) state_->value.fetch_add(delta, std::memory_order_relaxed);
  }
  [[nodiscard]] double value() const noexcept { return state_ ? state_->value.load(std::memory_order_relaxed) : 0; }

 private:
  detail::gauge_state* state_ = nullptr;
};

/// Counts observations in fixed buckets. Times are observed in seconds.
class histogram {
 public:
  histogram() = default;
  explicit histogram(detail::histogram_state* state) noexcept : state_(state) {}

  void observe(double value) const noexcept {
    if (!state_) return;
    std::size_t bucket = 0;
    while (bucket < state_->bounds.size() && !(value <= state_->bounds[bucket])) ++bucket;
    state_->buckets[bucket].fetch_add(1, std::memory_order_relaxed);
    state_->sum.fetch_add(value, std::memory_order_relaxed);
  }

 private:
  detail::histogram_state* state_ = nullptr;
};

/// Gives handles. The same name and label values give the same series; a name asked for again with another kind, other
/// labels or other bounds gives a handle that does nothing, and the refusal is logged once.
class metric_registry {
 public:
  using labels = std::initializer_list<std::string_view>;  // values, in the order of metric_desc::labels

  metric_registry() = default;
  metric_registry(const metric_registry&) = delete;
  metric_registry& operator=(const metric_registry&) = delete;
  virtual ~metric_registry() = default;

  [[nodiscard]] counter get_counter(const metric_desc& desc, labels values = {}) {
    return find_counter(desc, {values.begin(), values.size()});
  }
  [[nodiscard]] gauge get_gauge(const metric_desc& desc, labels values = {}) {
    return find_gauge(desc, {values.begin(), values.size()});
  }
  [[nodiscard]] histogram get_histogram(const metric_desc& desc, labels values = {}) {
    return find_histogram(desc, {values.begin(), values.size()});
  }

  /// A series whose value is asked for when the metrics are read (queue depths, sizes). `read` runs on the thread that
  /// renders, must not block, and is called for the last time before the returned token's destructor returns.
  [[nodiscard]] std::shared_ptr<void> watch(metric_kind kind, const metric_desc& desc, labels values,
                                            std::function<double()> read) {
    return add_watch(kind, desc, {values.begin(), values.size()}, std::move(read));
  }

  // The same with values known only at run time (plugins).
  [[nodiscard]] virtual counter find_counter(const metric_desc& desc, std::span<const std::string_view> values) = 0;
  [[nodiscard]] virtual gauge find_gauge(const metric_desc& desc, std::span<const std::string_view> values) = 0;
  [[nodiscard]] virtual histogram find_histogram(const metric_desc& desc, std::span<const std::string_view> values) = 0;

 private:
  [[nodiscard]] virtual std::shared_ptr<void> add_watch(metric_kind kind, const metric_desc& desc,
                                                        std::span<const std::string_view> values,
                                                        std::function<double()> read) = 0;
};

/// Gives handles that do nothing.
class null_metric_registry final : public metric_registry {
 public:
  counter find_counter(const metric_desc&, std::span<const std::string_view>) override { return {}; }
  gauge find_gauge(const metric_desc&, std::span<const std::string_view>) override { return {}; }
  histogram find_histogram(const metric_desc&, std::span<const std::string_view>) override { return {}; }

 private:
  std::shared_ptr<void> add_watch(metric_kind, const metric_desc&, std::span<const std::string_view>,
                                  std::function<double()>) override {
    return {};
  }
};

}  // namespace evhost::io
