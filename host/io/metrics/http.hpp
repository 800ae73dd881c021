// Metrics of the front, REST and WebSocket. Owners: host/http, host/websocket; security writes those marked (security).
#pragma once

#include "host/io/metrics/buckets.hpp"
#include "host/io/observe.hpp"

namespace evhost::io::metrics {

/// route is the pattern ("/api/v1/tasks/:id"), never the path; code is the status.
inline constexpr metric_desc http_request_duration_seconds{.name = "evhost_http_request_duration_seconds",
                                                           .help = "From the request's last byte to the answer's first",
                                                           .labels = {"route", "method", "code"},
                                                           .bounds = seconds_1ms_30s,
                                                           .series_max = 512};
inline constexpr metric_desc http_requests_in_flight{.name = "evhost_http_requests_in_flight",
                                                     .help = "Requests read and not answered"};
inline constexpr metric_desc http_connections{
    .name = "evhost_http_connections", .help = "Open connections", .labels = {"kind"}};
inline constexpr metric_desc http_connections_refused_total{
    .name = "evhost_http_connections_refused_total", .help = "Connections closed at once", .labels = {"reason"}};
/// reason: the slug of the problem type.
inline constexpr metric_desc http_rejected_total{
    .name = "evhost_http_rejected_total", .help = "Requests refused before a handler saw them", .labels = {"reason"}};

inline constexpr metric_desc ws_connections{.name = "evhost_ws_connections", .help = "Open WebSocket sessions"};
inline constexpr metric_desc ws_messages_sent_total{.name = "evhost_ws_messages_sent_total", .help = "Frames sent"};
inline constexpr metric_desc ws_messages_received_total{.name = "evhost_ws_messages_received_total",
                                                        .help = "Frames received"};
inline constexpr metric_desc ws_dropped_total{
    .name = "evhost_ws_dropped_total", .help = "Sessions closed by the host", .labels = {"reason"}};

// (security)
/// outcome: ok, cached, or the refusal ("expired", "bad_signature", "unknown_key", ...).
inline constexpr metric_desc auth_checks_total{
    .name = "evhost_auth_checks_total", .help = "Access tokens checked", .labels = {"outcome"}};
/// policy: user, address. outcome: pass, limited, overflow (the key table was full and a wider key was used).
inline constexpr metric_desc rate_limit_total{
    .name = "evhost_rate_limit_total", .help = "Decisions of the rate limiter", .labels = {"policy", "outcome"}};
inline constexpr metric_desc rate_limit_keys{
    .name = "evhost_rate_limit_keys", .help = "Keys in the limiter's table", .labels = {"policy"}};

}  // namespace evhost::io::metrics
