// Trims and counts.
#include "host/runtime/lane_housekeeping.hpp"

#include "host/io/metrics/runtime.hpp"
#include "host/runtime/dead_letters.hpp"

namespace evhost::runtime {

void lane_housekeeping::pump() {
  if (due_ == std::chrono::steady_clock::time_point{})  // not while the host starts
    due_ = context_->clock.steady() + context_->options.housekeeping;
  if (due_ <= context_->clock.steady()) {
    if (!gate_.queue()) return;
    if (gate_.enter()) keep();
    gate_.leave();
    due_ = context_->clock.steady() + context_->options.housekeeping;
  }
  if (gate_.open()) arm(due_);
}

void lane_housekeeping::keep() {
  const auto trimmed = context_->log.trim();
  if (trimmed.has_error())
    context_->log_sink.log(io::log_level::warning, "runtime", "retention could not run",
                           {{"error", trimmed.error().message}});
  if (!context_->log.trouble().empty()) return;  // counting would wait for brokers that are away
  for (const auto& entry : context_->entries()) {
    if (entry->what.broadcast) continue;
    const auto& group = entry->what.group;
    const auto waiting = count_dead_letters(context_->store, context_->log, group);
    if (waiting.has_error()) continue;
    const auto [depth, is_new] = depths_.try_emplace(group);
    if (is_new) depth->second = context_->metrics.get_gauge(io::metrics::dlq_depth, {group});
    depth->second.set(static_cast<double>(waiting.value()));
  }
}

}  // namespace evhost::runtime
