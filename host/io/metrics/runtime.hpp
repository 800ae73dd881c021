// Metrics of lanes, plugins and the event log. Owner: host/runtime; host/log writes those marked (log).
#pragma once

#include "host/io/metrics/buckets.hpp"
#include "host/io/observe.hpp"

namespace evhost::io::metrics {

/// outcome: ok, retry, dlq, skipped_duplicate, set_aside.
inline constexpr metric_desc events_consumed_total{.name = "evhost_events_consumed_total",
                                                   .help = "Events a plugin has dealt with",
                                                   .labels = {"plugin", "topic", "outcome"},
                                                   .series_max = 512};
inline constexpr metric_desc events_produced_total{.name = "evhost_events_produced_total",
                                                   .help = "Events published inside committed units of work",
                                                   .labels = {"plugin", "topic"},
                                                   .series_max = 256};
inline constexpr metric_desc handler_duration_seconds{.name = "evhost_handler_duration_seconds",
                                                      .help = "Time inside on_batch, per call",
                                                      .labels = {"plugin", "topic"},
                                                      .bounds = seconds_1ms_30s};
inline constexpr metric_desc handler_running_seconds{
    .name = "evhost_handler_running_seconds",
    .help = "How long the oldest call under way has been in the plugin's own code",
    .labels = {"plugin"}};
/// What the user waits for: from the event's time to the commit of its effect.
inline constexpr metric_desc effective_duration_seconds{.name = "evhost_effective_duration_seconds",
                                                        .help = "From an event's creation to its committed effect",
                                                        .labels = {"plugin"},
                                                        .bounds = seconds_1ms_30s};
inline constexpr metric_desc batch_events{
    .name = "evhost_batch_events", .help = "Events per delivered batch", .labels = {"plugin"}, .bounds = count_1_1024};
inline constexpr metric_desc consumer_lag_records{.name = "evhost_consumer_lag_records",
                                                  .help = "Records between the log's end and the committed position",
                                                  .labels = {"group", "topic", "partition"},
                                                  .series_max = 1024};
inline constexpr metric_desc consumer_lag_seconds{.name = "evhost_consumer_lag_seconds",
                                                  .help = "Age of the oldest unhandled record",
                                                  .labels = {"group", "topic"},
                                                  .series_max = 256};
/// 1 while a lane cannot go on until an operator gives its group a new position (records were lost); the log has the range.
inline constexpr metric_desc lane_stopped{.name = "evhost_lane_stopped",
                                          .help = "1 while a lane waits for a new position",
                                          .labels = {"group", "topic", "partition"},
                                          .series_max = 1024};
inline constexpr metric_desc in_flight_events{
    .name = "evhost_in_flight_events", .help = "Events handed to a plugin and not committed", .labels = {"plugin"}};
inline constexpr metric_desc queue_depth{
    .name = "evhost_queue_depth", .help = "Entries waiting in a bounded queue", .labels = {"queue"}};
inline constexpr metric_desc queue_capacity{
    .name = "evhost_queue_capacity", .help = "Bound of a queue", .labels = {"queue"}};
/// reason: handler, storage, timeout, poison.
inline constexpr metric_desc retries_total{.name = "evhost_retries_total",
                                           .help = "Batches tried again",
                                           .labels = {"plugin", "topic", "reason"},
                                           .series_max = 512};
inline constexpr metric_desc dlq_events_total{.name = "evhost_dlq_events_total",
                                              .help = "Events written to a dead letter topic",
                                              .labels = {"plugin", "topic", "reason"},
                                              .series_max = 512};
inline constexpr metric_desc dlq_depth{
    .name = "evhost_dlq_depth", .help = "Events in a dead letter topic not replayed yet", .labels = {"group"}};
inline constexpr metric_desc circuit_open{
    .name = "evhost_circuit_open", .help = "1 while deliveries to a plugin pause", .labels = {"plugin"}};
inline constexpr metric_desc misbehaviour_total{.name = "evhost_plugin_misbehaviour_total",
                                                .help = "Calls a plugin made against the contract",
                                                .labels = {"plugin", "rule"},
                                                .series_max = 256};
inline constexpr metric_desc timers_fired_total{
    .name = "evhost_timers_fired_total", .help = "Plugin timers that ran", .labels = {"plugin"}};

// (log)
inline constexpr metric_desc log_appended_total{
    .name = "evhost_log_appended_records_total", .help = "Records committed to the embedded log", .labels = {"topic"}};
inline constexpr metric_desc log_end_offset{.name = "evhost_log_end_offset",
                                            .help = "Next offset of a partition",
                                            .labels = {"topic", "partition"},
                                            .series_max = 1024};
inline constexpr metric_desc log_retention_deleted_total{
    .name = "evhost_log_retention_deleted_records_total", .help = "Records removed by retention", .labels = {"topic"}};

}  // namespace evhost::io::metrics
