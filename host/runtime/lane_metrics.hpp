// The metric handles of one subscription, fetched once so that the path only adds to them.
#pragma once
#include "host/io/observe.hpp"

#include <string_view>

namespace evhost::runtime {

struct lane_metrics {
  lane_metrics() = default;
  lane_metrics(io::metric_registry& registry, std::string_view plugin, std::string_view topic);

  io::counter consumed, skipped, retried, dead_lettered, set_aside;     // events by outcome
  io::counter retries_handler, retries_storage, retries_verdict, retries_outage;  // batches tried again, by reason
  io::counter dlq_poison, dlq_verdict, dlq_crash, dlq_other;
  io::counter misbehaved_verdict;
  io::histogram handler_seconds, effective_seconds, batch_events;
  io::gauge in_flight, circuit_open, quarantined;
};

}  // namespace evhost::runtime
