// Metrics of units of work and the database. Owner: host/storage.
#pragma once

#include "host/io/metrics/buckets.hpp"
#include "host/io/observe.hpp"

namespace evhost::io::metrics {

/// source: request, lane, timer, host. outcome: committed, rolled_back, failed, refused.
inline constexpr metric_desc units_total{
    .name = "evhost_units_total", .help = "Units of work", .labels = {"source", "outcome"}};
inline constexpr metric_desc unit_wait_seconds{.name = "evhost_unit_wait_seconds",
                                               .help = "From submission of a unit to its first statement",
                                               .labels = {"source"},
                                               .bounds = seconds_50us_2s};
inline constexpr metric_desc commit_duration_seconds{
    .name = "evhost_commit_duration_seconds", .help = "COMMIT of one group, with its fsync", .bounds = seconds_50us_2s};
inline constexpr metric_desc commit_units{
    .name = "evhost_commit_units", .help = "Units that shared one commit", .bounds = count_1_1024};
inline constexpr metric_desc commits_total{
    .name = "evhost_commits_total", .help = "Group commits", .labels = {"outcome"}};
inline constexpr metric_desc db_query_duration_seconds{
    .name = "evhost_db_query_duration_seconds", .help = "Reads on pooled connections", .bounds = seconds_50us_2s};
inline constexpr metric_desc db_pool_in_use{.name = "evhost_db_pool_in_use", .help = "Read connections lent out"};
inline constexpr metric_desc db_pool_idle{.name = "evhost_db_pool_idle", .help = "Read connections at rest"};
inline constexpr metric_desc db_pool_waiters{.name = "evhost_db_pool_waiters", .help = "Readers that wait"};
inline constexpr metric_desc db_size_bytes{.name = "evhost_db_size_bytes", .help = "Size of the database file"};
inline constexpr metric_desc db_wal_bytes{.name = "evhost_db_wal_bytes", .help = "Size of the write-ahead log file"};

}  // namespace evhost::io::metrics
