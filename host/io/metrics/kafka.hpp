// Metrics of the log on Kafka. Owner: host/kafka. Lag is with the lanes: evhost_consumer_lag_* (runtime.hpp).
#pragma once

#include "host/io/observe.hpp"

namespace evhost::io::metrics {

/// The whole outbox of the database, whichever process reports it; counted to 100,000.
inline constexpr metric_desc outbox_waiting_records{
    .name = "evhost_outbox_waiting_records", .help = "Published records that the brokers have not confirmed yet", .labels = {}};
inline constexpr metric_desc outbox_oldest_seconds{
    .name = "evhost_outbox_oldest_seconds", .help = "Age of the oldest record in the outbox", .labels = {}};
/// outcome: confirmed, failed (goes again), refused (too large for the brokers: set aside in evh_outbox_refused).
inline constexpr metric_desc relay_records_total{
    .name = "evhost_relay_records_total", .help = "Records the relay handed to the brokers, by what became of them", .labels = {"outcome"}};
inline constexpr metric_desc relay_restarts_total{
    .name = "evhost_relay_restarts_total", .help = "Producers made anew after a failure", .labels = {}};
inline constexpr metric_desc rebalances_total{
    .name = "evhost_rebalances_total", .help = "Assignments a group gave this process", .labels = {"group"}, .series_max = 64};
inline constexpr metric_desc assigned_partitions{
    .name = "evhost_assigned_partitions", .help = "Partitions of a group this process has", .labels = {"group"}, .series_max = 64};

}  // namespace evhost::io::metrics
