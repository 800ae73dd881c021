// Registration: one family per name, one series per set of label values, both bounded.
#include "host/observe/metrics.hpp"

#include <algorithm>

namespace evhost::observe {
namespace {

bool same_shape(const std::vector<std::string>& labels, const std::vector<double>& bounds,
                const io::metric_desc& desc) {
  std::size_t count = 0;
  for (const auto& label : desc.labels) {
    if (label.empty()) break;
    if (count >= labels.size() || labels[count] != label) return false;
    ++count;
  }
  return count == labels.size() && std::ranges::equal(bounds, desc.bounds);
}

}  // namespace

bool metric_name_valid(std::string_view name) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && name.size() <= 128 && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

registry::~registry() = default;

void registry::refuse(std::string_view name, std::string_view reason) {
  if (log_)
    log_->log(io::log_level::warning, "observe", "a metric is refused and will not be counted",
              {{"metric", name}, {"reason", reason}});
}

registry::family* registry::find_family(io::metric_kind kind, const io::metric_desc& desc, std::size_t value_count) {
  const auto found = families_.find(desc.name);
  if (found != families_.end()) {
    family& known = *found->second;
    if (known.kind == kind && known.labels.size() == value_count && same_shape(known.labels, known.bounds, desc))
      return &known;
    if (!std::exchange(known.refusal_reported, true))
      refuse(desc.name, "the name is taken by a metric of another kind, labels or bounds");
    return nullptr;
  }
  auto made = std::make_unique<family>();
  made->kind = kind;
  made->help = desc.help;
  made->series_max = std::max<std::uint32_t>(desc.series_max, 1);
  made->bounds.assign(desc.bounds.begin(), desc.bounds.end());
  for (const auto& label : desc.labels) {
    if (label.empty()) break;
    made->labels.emplace_back(label);
  }
  const bool names = metric_name_valid(desc.name) && std::ranges::all_of(made->labels, metric_name_valid);
  const bool counts = made->labels.size() == value_count && made->bounds.size() <= io::metric_bounds_max;
  if (!names || !counts || !std::ranges::is_sorted(made->bounds)) {
    refuse(desc.name, "its name, labels or bounds are malformed");
    return nullptr;
  }
  if (families_.size() >= families_max) {
    if (!std::exchange(full_reported_, true)) refuse(desc.name, "there are too many metrics already");
    return nullptr;
  }
  return families_.emplace(desc.name, std::move(made)).first->second.get();
}

registry::series* registry::find_series(io::metric_kind kind, const io::metric_desc& desc,
                                        std::span<const std::string_view> values) {
  family* of = find_family(kind, desc, values.size());
  if (!of) return nullptr;
  label_values key;
  for (const auto& value : values) key.emplace_back(value.substr(0, label_bytes_max));
  auto found = of->all.find(key);
  if (found == of->all.end() && of->all.size() >= of->series_max) {
    key.assign(values.size(), "other");
    found = of->all.find(key);
  }
  if (found != of->all.end()) return found->second.get();
  auto made = std::make_unique<series>();
  switch (kind) {
    case io::metric_kind::counter: made->counter = std::make_unique<io::detail::counter_state>(); break;
    case io::metric_kind::gauge: made->gauge = std::make_unique<io::detail::gauge_state>(); break;
    case io::metric_kind::histogram:
      made->histogram = std::make_unique<io::detail::histogram_state>();
      made->histogram->bounds = of->bounds;
      break;
  }
  return of->all.emplace(std::move(key), std::move(made)).first->second.get();
}

io::counter registry::find_counter(const io::metric_desc& desc, std::span<const std::string_view> values) {
  const std::lock_guard lock(mutex_);
  series* found = find_series(io::metric_kind::counter, desc, values);
  return found ? io::counter(found->counter.get()) : io::counter();
}

io::gauge registry::find_gauge(const io::metric_desc& desc, std::span<const std::string_view> values) {
  const std::lock_guard lock(mutex_);
  series* found = find_series(io::metric_kind::gauge, desc, values);
  return found ? io::gauge(found->gauge.get()) : io::gauge();
}

io::histogram registry::find_histogram(const io::metric_desc& desc, std::span<const std::string_view> values) {
  const std::lock_guard lock(mutex_);
  series* found = find_series(io::metric_kind::histogram, desc, values);
  return found ? io::histogram(found->histogram.get()) : io::histogram();
}

std::shared_ptr<void> registry::add_watch(io::metric_kind kind, const io::metric_desc& desc,
                                          std::span<const std::string_view> values, std::function<double()> read) {
  if (kind == io::metric_kind::histogram || !read) return {};
  const std::lock_guard lock(mutex_);
  series* found = find_series(kind, desc, values);
  if (!found) return {};
  const std::uint64_t id = next_watch_++;
  found->watches.emplace_back(id, std::move(read));
  // The token's own address means nothing; what counts is that its end removes the reader, under the renderer's mutex.
  return std::shared_ptr<void>(found,
                               [this, id](void* series_of) { remove_watch(*static_cast<series*>(series_of), id); });
}

void registry::remove_watch(series& from, std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(from.watches, [id](const auto& watch) { return watch.first == id; });
}

}  // namespace evhost::observe
