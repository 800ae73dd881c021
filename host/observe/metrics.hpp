// The metric registry: families with bounded label sets behind the port of host/io/observe.hpp, and their text.
//
// Threading: any. One mutex guards the families (construction code and rendering); adding to a handle takes none.
// Ownership: series live as long as the registry and never move.
// Bounds: families_max families, metric_desc::series_max series each (the next ones share one whose labels read
//   "other"), label values of label_bytes_max bytes.
// Source of the formats: Prometheus text exposition 0.0.4, OpenMetrics 1.0.0.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/io/observe.hpp"

namespace evhost::observe {

inline constexpr std::size_t families_max = 1024;
inline constexpr std::size_t label_bytes_max = 128;

enum class exposition { prometheus_text, open_metrics };

/// What a scraper's Accept header asks for.
[[nodiscard]] exposition exposition_of(std::string_view accept) noexcept;
[[nodiscard]] std::string_view content_type(exposition format) noexcept;

class registry final : public io::metric_registry {
 public:
  registry() = default;
  ~registry() override;

  /// Where refused registrations are reported, once per name. Optional; must outlive the registry's use.
  void report_to(io::log_sink* log) noexcept { log_ = log; }

  io::counter find_counter(const io::metric_desc& desc, std::span<const std::string_view> values) override;
  io::gauge find_gauge(const io::metric_desc& desc, std::span<const std::string_view> values) override;
  io::histogram find_histogram(const io::metric_desc& desc, std::span<const std::string_view> values) override;

  /// Everything as text, families in the order of their names, without process_* (see process_metrics.hpp).
  [[nodiscard]] std::string render(exposition format) const;

 private:
  using label_values = std::vector<std::string>;
  struct series {  // exactly one of the states is there, by the family's kind
    std::unique_ptr<io::detail::counter_state> counter;
    std::unique_ptr<io::detail::gauge_state> gauge;
    std::unique_ptr<io::detail::histogram_state> histogram;
    std::vector<std::pair<std::uint64_t, std::function<double()>>> watches;
  };
  struct family {
    io::metric_kind kind;
    std::string help;
    std::vector<std::string> labels;
    std::vector<double> bounds;
    std::uint32_t series_max;
    std::map<label_values, std::unique_ptr<series>> all;
    bool refusal_reported = false;
  };

  std::shared_ptr<void> add_watch(io::metric_kind kind, const io::metric_desc& desc,
                                  std::span<const std::string_view> values, std::function<double()> read) override;
  family* find_family(io::metric_kind kind, const io::metric_desc& desc, std::size_t value_count);
  series* find_series(io::metric_kind kind, const io::metric_desc& desc, std::span<const std::string_view> values);
  void remove_watch(series& from, std::uint64_t id);
  void refuse(std::string_view name, std::string_view reason);
  static void render_family(std::string& out, const std::string& name, const family& of, exposition format);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<family>, std::less<>> families_;
  std::uint64_t next_watch_ = 1;
  io::log_sink* log_ = nullptr;
  bool full_reported_ = false;
};

/// "evhost_x_total" form: [a-zA-Z_][a-zA-Z0-9_]*, at most 128 characters.
[[nodiscard]] bool metric_name_valid(std::string_view name) noexcept;

}  // namespace evhost::observe
