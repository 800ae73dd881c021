// Which series a subscription writes.
#include "host/runtime/lane_metrics.hpp"

#include "host/io/metrics/host.hpp"
#include "host/io/metrics/runtime.hpp"
#include "host/runtime/dead_letter_record.hpp"

namespace evhost::runtime {

lane_metrics::lane_metrics(io::metric_registry& registry, std::string_view plugin, std::string_view topic) {
  namespace m = io::metrics;
  const auto outcome = [&](std::string_view what) {
    return registry.get_counter(m::events_consumed_total, {plugin, topic, what});
  };
  const auto retry = [&](std::string_view why) { return registry.get_counter(m::retries_total, {plugin, topic, why}); };
  const auto dlq = [&](std::string_view why) { return registry.get_counter(m::dlq_events_total, {plugin, topic, why}); };
  consumed = outcome("ok");
  skipped = outcome("skipped");
  retried = outcome("retry");
  dead_lettered = outcome("dlq");
  set_aside = outcome("set_aside");
  retries_handler = retry("handler");
  retries_storage = retry("storage");
  retries_verdict = retry("verdict");
  retries_outage = retry("outage");
  dlq_poison = dlq(dead_letter_reason::poison);
  dlq_verdict = dlq(dead_letter_reason::verdict);
  dlq_crash = dlq(dead_letter_reason::crash);
  dlq_other = dlq(dead_letter_reason::no_subscription);
  misbehaved_verdict = registry.get_counter(m::misbehaviour_total, {plugin, "unknown verdict"});
  handler_seconds = registry.get_histogram(m::handler_duration_seconds, {plugin, topic});
  effective_seconds = registry.get_histogram(m::effective_duration_seconds, {plugin});
  batch_events = registry.get_histogram(m::batch_events, {plugin});
  in_flight = registry.get_gauge(m::in_flight_events, {plugin});
  circuit_open = registry.get_gauge(m::circuit_open, {plugin});
  quarantined = registry.get_gauge(m::plugin_quarantined, {plugin});
}

}  // namespace evhost::runtime
