// Writes families as Prometheus text 0.0.4 or OpenMetrics 1.0.0.
//
// prometheus-cpp's serializer knows only the former and wants the whole registry copied into its own classes first; its
// cost beside this writer is in README.md.
#include <array>
#include <charconv>
#include <cmath>

#include "host/observe/metrics.hpp"

namespace evhost::observe {
namespace {

// `whole` writes 1.0 for 1, as OpenMetrics wants bucket bounds to be canonical.
void append_double(std::string& out, double value, bool whole) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
    out += text;
    if (whole && text.find_first_of(".e") == std::string_view::npos) out += ".0";
  }
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (quotes && c == '"')
      out += "\\\"";
    else
      out += c;
  }
}

// {a="b",c="d"}, with `le` behind when it is not empty.
void append_labels(std::string& out, const std::vector<std::string>& names, const std::vector<std::string>& values,
                   std::string_view le) {
  if (names.empty() && le.empty()) return;
  char before = '{';
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += std::exchange(before, ',');
    out += names[i];
    out += "=\"";
    append_escaped(out, values[i], true);
    out += '"';
  }
  if (!le.empty()) {
    out += before;
    out += "le=\"";
    out += le;
    out += '"';
  }
  out += '}';
}

void append_histogram(std::string& out, const std::string& name, const std::vector<std::string>& labels,
                      const std::vector<std::string>& values, const io::detail::histogram_state& state,
                      bool open_metrics) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= state.bounds.size(); ++i) {
    total += state.buckets[i].load(std::memory_order_relaxed);
    std::string le = "+Inf";
    if (i < state.bounds.size()) {
      le.clear();
      append_double(le, state.bounds[i], open_metrics);
    }
    out += name + "_bucket";
    append_labels(out, labels, values, le);
    out += " " + std::to_string(total) + "\n";
  }
  out += name + "_sum";
  append_labels(out, labels, values, "");
  out += ' ';
  append_double(out, state.sum.load(std::memory_order_relaxed), false);
  out += "\n" + name + "_count";
  append_labels(out, labels, values, "");
  out += " " + std::to_string(total) + "\n";
}

constexpr std::array<std::string_view, 3> kind_names{"counter", "gauge", "histogram"};

}  // namespace

exposition exposition_of(std::string_view accept) noexcept {
  return accept.find("application/openmetrics-text") != std::string_view::npos ? exposition::open_metrics
                                                                               : exposition::prometheus_text;
}

std::string_view content_type(exposition format) noexcept {
  return format == exposition::open_metrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                            : "text/plain; version=0.0.4; charset=utf-8";
}

void registry::render_family(std::string& out, const std::string& name, const family& of, exposition format) {
  const bool open = format == exposition::open_metrics;
  std::string head = name;
  if (open && of.kind == io::metric_kind::counter && head.ends_with("_total")) head.resize(head.size() - 6);
  out += "# HELP " + head + " ";
  append_escaped(out, of.help, open);
  out += "\n# TYPE " + head + " ";
  out += kind_names[static_cast<std::size_t>(of.kind)];
  out += '\n';
  for (const auto& [values, one] : of.all) {
    if (one->histogram) {
      append_histogram(out, name, of.labels, values, *one->histogram, open);
      continue;
    }
    out += name;
    append_labels(out, of.labels, values, "");
    out += ' ';
    double sum =
        one->counter ? static_cast<double>(one->counter->sum()) : one->gauge->value.load(std::memory_order_relaxed);
    for (const auto& [id, read] : one->watches) sum += read();
    append_double(out, sum, false);
    out += '\n';
  }
}

std::string registry::render(exposition format) const {
  const std::lock_guard lock(mutex_);
  std::string out;
  out.reserve(64 * 1024);
  for (const auto& [name, of] : families_) {
    if (!of->all.empty()) render_family(out, name, *of, format);
  }
  return out;
}

}  // namespace evhost::observe
