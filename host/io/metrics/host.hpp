// Metrics of the process itself. Owner: host/app (process_* is written by host/observe).
#pragma once

#include "host/io/observe.hpp"

namespace evhost::io::metrics {

/// Always 1; the labels say what runs.
inline constexpr metric_desc build_info{
    .name = "evhost_build_info", .help = "What this process is", .labels = {"version", "compiler"}};
/// 1 for each loaded plugin.
inline constexpr metric_desc plugin_info{
    .name = "evhost_plugin_info", .help = "A loaded plugin", .labels = {"plugin", "version", "abi"}};
/// 1 for the state the host is in, 0 for the others.
inline constexpr metric_desc host_state{
    .name = "evhost_state", .help = "Host state: starting, running or draining", .labels = {"state"}};
inline constexpr metric_desc plugin_crashes_total{.name = "evhost_plugin_crashes_total",
                                                  .help = "Crashes of the process while this plugin ran",
                                                  .labels = {"plugin"}};
inline constexpr metric_desc plugin_quarantined{
    .name = "evhost_plugin_quarantined", .help = "Events of this plugin set aside as suspects", .labels = {"plugin"}};
/// Written by host/observe.
inline constexpr metric_desc log_records_total{
    .name = "evhost_log_records_total", .help = "Log records by level", .labels = {"level"}};
inline constexpr metric_desc log_dropped_total{.name = "evhost_log_dropped_total",
                                               .help = "Log records not written: repeated, or the sink failed",
                                               .labels = {"reason"}};

}  // namespace evhost::io::metrics
