// The descriptor table itself: one row per configuration key.
#include <algorithm>
#include <array>

#include "host/config/option.hpp"

namespace evhost::config {
namespace {

constexpr std::array<std::string_view, 2> log_formats{"text", "json"};
constexpr std::array<std::string_view, 4> security_protocols{"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
constexpr std::array<std::string_view, 3> sasl_mechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
constexpr std::array<std::string_view, 6> log_levels{"trace", "debug", "info", "warning", "error", "critical"};

constexpr double second = 1'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr double kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

// A row's place: the member m of section s.
#define EVH_AT(s, m) [](settings& all) -> field { return &all.s.m; }

// Hand-set: a row is read as a row.
// clang-format off
const option table[] = {
    {.name = "host.data_dir", .at = EVH_AT(host, data_dir), .min = 1, .max = 4096, .environment = "EVH_DATA_DIR",
     .example = "/var/lib/evhost", .text = "Directory of the database, the keys and the lock file; made when absent."},
    {.name = "host.threads", .at = EVH_AT(host, threads), .max = 256, .unit = "threads", .default_text = "one per core",
     .example = "2", .text = "Event threads of the front and the timers; 0 means one per core."},
    {.name = "host.drain_timeout", .at = EVH_AT(host, drain_timeout), .min = 0, .max = 10 * minute, .example = "30s",
     .text = "After SIGTERM: how long requests and batches in hand may take before the process ends without them."},

    {.name = "http.address", .at = EVH_AT(http, address), .min = 1, .max = 255, .example = "0.0.0.0",
     .text = "Address the one port listens on. The default is reachable from this machine only."},
    {.name = "http.port", .at = EVH_AT(http, port), .max = 65535, .environment = "EVH_HTTP_PORT", .example = "9090",
     .text = "Port of page, REST and WebSocket; 0 takes any free one and prints it."},
    {.name = "http.connections_max", .at = EVH_AT(http, connections_max), .min = 1, .max = 1'000'000,
     .unit = "connections",
     .example = "20000", .text = "Open connections; further ones are closed at once."},
    {.name = "http.connections_per_address_max", .at = EVH_AT(http, connections_per_address_max), .min = 1,
     .max = 1'000'000,
     .unit = "connections", .example = "64", .text = "Open connections of one client address (IPv6: one /64 prefix)."},
    {.name = "http.header_timeout", .at = EVH_AT(http, header_timeout), .min = 100, .max = 10 * minute, .example = "5s",
     .text = "From a request's first byte to the end of its header; then 408."},
    {.name = "http.body_timeout", .at = EVH_AT(http, body_timeout), .min = 100, .max = 10 * minute, .example = "10s",
     .text = "From the header's end to the body's last byte; then 408."},
    {.name = "http.idle_timeout", .at = EVH_AT(http, idle_timeout), .min = second, .max = hour, .example = "20s",
     .text = "How long a kept-alive connection may wait for its next request."},
    {.name = "http.handler_timeout", .at = EVH_AT(http, handler_timeout), .min = 100, .max = 10 * minute,
     .example = "10s",
     .text = "How long a handler may take before the client gets 504."},
    {.name = "http.allowed_hosts", .at = EVH_AT(http, allowed_hosts), .max = 64, .default_text = "any",
     .example = "[todo.example.org]", .text = "Accepted Host names; another one gets 421. Empty accepts every name."},
    {.name = "http.cors_origins", .at = EVH_AT(http, cors_origins), .max = 64, .default_text = "none",
     .example = "[https://todo.example.org]",
     .text = "Origins of pages elsewhere whose scripts may call the API and open sessions; compared exactly."},
    {.name = "http.tls_certificate", .at = EVH_AT(http, tls_certificate), .max = 4096, .default_text = "none: plain HTTP",
     .example = "/etc/evhost/tls/tls.crt", .text = "Certificate chain (PEM). The port then speaks TLS 1.2 and 1.3 beside plain HTTP."},
    {.name = "http.tls_key", .at = EVH_AT(http, tls_key), .max = 4096, .default_text = "none",
     .example = "/etc/evhost/tls/tls.key", .text = "Private key of tls_certificate (PEM)."},
    {.name = "http.trusted_proxies", .at = EVH_AT(http, trusted_proxies), .max = 64, .default_text = "none",
     .example = "[10.0.0.0/8]", .text = "Peers whose X-Forwarded-For is believed, as addresses or prefixes."},

    {.name = "websocket.connections_max", .at = EVH_AT(websocket, connections_max), .min = 1, .max = 1'000'000,
     .unit = "connections", .example = "50000", .text = "Open WebSocket sessions; further upgrades get 503."},
    {.name = "websocket.allowed_origins", .at = EVH_AT(websocket, allowed_origins), .max = 64,
     .default_text = "the host's own address", .example = "[https://todo.example.org]",
     .text = "Further Origins whose pages may open a session; compared exactly."},

    {.name = "storage.database_url", .at = EVH_AT(storage, database_url), .max = 4096, .environment = "DATABASE_URL",
     .default_text = "sqlite:///<host.data_dir>/evhost.db", .example = "postgresql://evhost@db/evhost",
     .text = "The database: sqlite:///path, the embedded one, or postgresql://..., which many hosts share and which needs Kafka."},
    {.name = "storage.group_units_max", .at = EVH_AT(storage, group_units_max), .min = 1, .max = 4096, .unit = "units",
     .example = "128", .text = "Units of work that may share one commit."},
    {.name = "storage.queue_units_max", .at = EVH_AT(storage, queue_units_max), .min = 16, .max = 1'000'000,
     .unit = "units",
     .example = "1024", .text = "Units that may wait for the writer; further requests get 503 with Retry-After."},
    {.name = "storage.lane_slice", .at = EVH_AT(storage, lane_slice), .min = 1, .max = second, .example = "5ms",
     .text = "How long a lane's batch may hold the writer while requests wait."},
    {.name = "storage.busy_timeout", .at = EVH_AT(storage, busy_timeout), .min = 0, .max = minute, .example = "10s",
     .text = "How long SQLite waits for a lock another process holds."},
    {.name = "storage.readers", .at = EVH_AT(storage, readers), .min = 1, .max = 64, .unit = "connections",
     .example = "8",
     .text = "Read connections shared by request handlers."},
    {.name = "storage.cache_bytes", .at = EVH_AT(storage, cache_bytes), .min = mib, .max = 4 * gib, .example = "64MiB",
     .text = "Page cache of the writing connection; counts towards the process's memory."},
    {.name = "storage.read_timeout", .at = EVH_AT(storage, read_timeout), .min = 100, .max = minute, .example = "5s",
     .text = "How long one read may hold its snapshot; a longer one keeps the write-ahead log growing."},
    {.name = "storage.committers", .at = EVH_AT(storage, committers), .min = 1, .max = 64, .unit = "connections",
     .example = "8", .text = "PostgreSQL: connections that write, each committing groups of units."},
    {.name = "storage.statement_timeout", .at = EVH_AT(storage, statement_timeout), .min = 100, .max = 10 * minute,
     .example = "30s", .text = "PostgreSQL: how long one statement of a unit may take, or an open transaction may say nothing; then its unit runs again or fails."},
    {.name = "storage.lock_timeout", .at = EVH_AT(storage, lock_timeout), .min = 10, .max = minute, .example = "2s",
     .text = "PostgreSQL: how long a statement waits for a row another holds; then its group runs again."},
    {.name = "storage.allow_plaintext", .at = EVH_AT(storage, allow_plaintext), .example = "true",
     .text = "PostgreSQL: connect to another machine without TLS. Without this such a URL is refused."},
    {.name = "storage.start_timeout", .at = EVH_AT(storage, start_timeout), .min = second, .max = hour, .example = "5m",
     .text = "PostgreSQL: how long the server may be absent at start before the host gives up."},

    {.name = "log.partitions", .at = EVH_AT(log, partitions), .min = 1, .max = 64, .unit = "partitions", .example = "8",
     .text = "Partitions of a topic, fixed when the topic is made: order holds within one partition."},
    {.name = "log.retention", .at = EVH_AT(log, retention), .min = minute, .max = 3650 * day, .example = "30d",
     .text = "How long events can be read again; clients resume without a gap inside this time."},
    {.name = "log.retention_interval", .at = EVH_AT(log, retention_interval), .min = second, .max = day,
     .example = "10m",
     .text = "How often old events are looked for."},
    {.name = "log.retention_rows", .at = EVH_AT(log, retention_rows), .min = 1, .max = 100'000, .unit = "rows",
     .example = "500", .text = "Events removed from one partition in one commit."},
    {.name = "log.event_bytes_max", .at = EVH_AT(log, event_bytes_max), .min = kib, .max = 16 * mib,
     .example = "256KiB",
     .text = "Largest payload of an event; publishing a larger one fails."},

    {.name = "runtime.workers", .at = EVH_AT(runtime, workers), .max = 256, .unit = "threads",
     .default_text = "one per core",
     .example = "4", .text = "Threads that run plugin lanes and tasks; 0 means one per core."},
    {.name = "runtime.lane_batch_max", .at = EVH_AT(runtime, lane_batch_max), .min = 1, .max = 4096, .unit = "events",
     .example = "256", .text = "Events handed to a plugin in one batch."},
    {.name = "runtime.retry_attempts", .at = EVH_AT(runtime, retry_attempts), .min = 1, .max = 1000, .unit = "attempts",
     .example = "10", .text = "Attempts at one failing event, alone, before it goes to the dead letters."},
    {.name = "runtime.retry_backoff", .at = EVH_AT(runtime, retry_backoff), .min = 1, .max = hour, .example = "500ms",
     .text = "Pause before the first try again; it doubles each time, with jitter."},
    {.name = "runtime.retry_backoff_max", .at = EVH_AT(runtime, retry_backoff_max), .min = 1, .max = day,
     .example = "5m",
     .text = "Longest pause between two tries."},
    {.name = "runtime.suspect_crashes_max", .at = EVH_AT(runtime, suspect_crashes_max), .min = 1, .max = 100,
     .unit = "crashes", .example = "5", .text = "Crashes of the process on one event before that event is set aside."},
    {.name = "runtime.handler_deadline", .at = EVH_AT(runtime, handler_deadline), .min = 0, .max = day, .example = "1m",
     .text = "Longest time one call into a plugin may spend in the plugin's own code; then the process ends, to be restarted, and the call's events are suspects. "
             "Waiting in host functions does not count. 0: no limit."},

    {.name = "kafka.bootstrap_servers", .at = EVH_AT(kafka, bootstrap_servers), .max = 4096,
     .environment = "KAFKA_BOOTSTRAP_SERVERS", .default_text = "none", .example = "broker:9092",
     .text = "Kafka brokers, separated by commas. With them events travel through Kafka; without, in the embedded log."},
    {.name = "kafka.security_protocol", .at = EVH_AT(kafka, security_protocol), .choices = security_protocols, .example = "sasl_ssl",
     .text = "How brokers are spoken to. With ssl their certificate and host name are verified, always."},
    {.name = "kafka.sasl_mechanism", .at = EVH_AT(kafka, sasl_mechanism), .choices = sasl_mechanisms, .example = "SCRAM-SHA-256",
     .text = "How the user of sasl_* protocols proves who it is. Debian 12's librdkafka cannot do SCRAM with brokers of Kafka 4: PLAIN over sasl_ssl there."},
    {.name = "kafka.sasl_username", .at = EVH_AT(kafka, sasl_username), .max = 255, .default_text = "none", .example = "evhost",
     .text = "User of sasl_* protocols."},
    {.name = "kafka.sasl_password", .at = EVH_AT(kafka, sasl_password), .max = 4096, .default_text = "none", .example = "********",
     .text = "Password of sasl_* protocols, or `secret:NAME`."},
    {.name = "kafka.ssl_ca", .at = EVH_AT(kafka, ssl_ca), .max = 4096, .default_text = "the system's", .example = "/etc/kafka/ca.pem",
     .text = "File with the certificate authority of the brokers."},
    {.name = "kafka.ssl_certificate", .at = EVH_AT(kafka, ssl_certificate), .max = 4096, .default_text = "none", .example = "/etc/kafka/client.pem",
     .text = "File with this host's certificate, for brokers that ask their clients for one."},
    {.name = "kafka.ssl_key", .at = EVH_AT(kafka, ssl_key), .max = 4096, .default_text = "none", .example = "/etc/kafka/client.key",
     .text = "File with the key of kafka.ssl_certificate."},
    {.name = "kafka.ssl_key_password", .at = EVH_AT(kafka, ssl_key_password), .max = 4096, .default_text = "none", .example = "********",
     .text = "Password of kafka.ssl_key."},
    {.name = "kafka.allow_plaintext", .at = EVH_AT(kafka, allow_plaintext), .example = "true",
     .text = "Connect to brokers on another machine without TLS. Without this that is refused."},
    {.name = "kafka.create_topics", .at = EVH_AT(kafka, create_topics), .example = "false",
     .text = "Make topics that are not on the brokers. Without this a missing one is an error at start."},
    {.name = "kafka.instance_id", .at = EVH_AT(kafka, instance_id), .max = 200, .default_text = "none", .example = "chat-0",
     .text = "Stable name of this replica: a restart within the session keeps its partitions."},
    {.name = "kafka.partitions", .at = EVH_AT(kafka, partitions), .min = 1, .max = 1'000, .unit = "partitions", .example = "24",
     .text = "Partitions of topics made here. Fixed once a topic exists: they decide where a key lies."},
    {.name = "kafka.replication", .at = EVH_AT(kafka, replication), .max = 16, .unit = "replicas", .default_text = "the brokers' default", .example = "3",
     .text = "Copies of topics made here."},
    {.name = "kafka.outbox_shards", .at = EVH_AT(kafka, outbox_shards), .min = 1, .max = 256, .unit = "shards", .example = "8",
     .text = "Ways the outbox leaves side by side; the same on every replica of one database."},
    {.name = "kafka.session_timeout", .at = EVH_AT(kafka, session_timeout), .min = 6 * second, .max = 5 * minute, .example = "30s",
     .text = "Silence after which the brokers give a replica's partitions to others."},
    {.name = "kafka.drain_timeout", .at = EVH_AT(kafka, drain_timeout), .min = 100, .max = minute, .example = "10s",
     .text = "How long batches in hand may take when their partition goes elsewhere."},
    {.name = "kafka.start_timeout", .at = EVH_AT(kafka, start_timeout), .min = second, .max = hour, .example = "5m",
     .text = "How long the brokers may be absent at start before the host gives up."},

    {.name = "security.issuer", .at = EVH_AT(security, issuer), .max = 1024, .environment = "BETTER_AUTH_URL",
     .default_text = "`evhost`", .example = "https://todo.example.org",
     .text = "Who signs access tokens: the `iss` they must carry, compared exactly."},
    {.name = "security.audience", .at = EVH_AT(security, audience), .max = 1024, .default_text = "the issuer",
     .example = "https://todo.example.org", .text = "The `aud` access tokens must contain."},
    {.name = "security.token_lifetime", .at = EVH_AT(security, token_lifetime), .min = second, .max = day,
     .example = "1h",
     .text = "Lifetime of tokens this host signs."},
    {.name = "security.keys_directory", .at = EVH_AT(security, keys_directory), .max = 4096, .environment = "EVH_KEYS",
     .default_text = "<host.data_dir>/keys", .example = "/run/secrets/evhost-keys",
     .text = "Signing keys and MAC key: the same for every process of one product, a shared directory or a mounted secret."},
    {.name = "security.key_rotation", .at = EVH_AT(security, key_rotation), .min = 0, .max = 3650 * day, .example = "30d",
     .text = "Age at which the signing key is followed by a new one, which signs five minutes later. 0 means never."},
    {.name = "security.key_grace", .at = EVH_AT(security, key_grace), .min = day, .max = 3650 * day, .example = "7d",
     .text = "How long a followed key still verifies tokens and stands in the key set; then its file is deleted."},
    {.name = "security.clock_skew", .at = EVH_AT(security, clock_skew), .min = 0, .max = 10 * minute, .example = "10s",
     .text = "Tolerated difference between this clock and the issuer's."},
    {.name = "security.cache_tokens", .at = EVH_AT(security, cache_tokens), .max = 1'000'000, .unit = "tokens",
     .example = "100000", .text = "Verified tokens remembered, so that a signature is checked once; 0 remembers none."},
    {.name = "security.cache_time", .at = EVH_AT(security, cache_time), .min = second, .max = minute, .example = "10s",
     .text = "How long a verified token is remembered at most."},
    {.name = "security.user_requests_per_minute", .at = EVH_AT(security, user_requests_per_minute), .max = 100'000'000,
     .unit = "requests/min", .example = "120",
     .text = "Sustained requests of one user; above it 429. 0 means no limit."},
    {.name = "security.user_burst", .at = EVH_AT(security, user_burst), .min = 1, .max = 1'000'000, .unit = "requests",
     .example = "60", .text = "Requests of one user at once after a pause."},
    {.name = "security.address_requests_per_minute", .at = EVH_AT(security, address_requests_per_minute),
     .max = 100'000'000,
     .unit = "requests/min", .example = "600",
     .text = "Sustained requests of one client address (IPv6: one /64 prefix), before authentication. 0 means no limit."},
    {.name = "security.address_burst", .at = EVH_AT(security, address_burst), .min = 1, .max = 1'000'000,
     .unit = "requests", .example = "300", .text = "Requests of one client address at once after a pause."},
    {.name = "security.rate_keys_max", .at = EVH_AT(security, rate_keys_max), .min = 1'024, .max = 16'777'216,
     .unit = "keys", .example = "1000000",
     .text = "Users and addresses the limiter follows (16 bytes each); when full, neighbours share one limit."},

    {.name = "secrets.directory", .at = EVH_AT(secrets, directory), .max = 4096,
     .default_text = "<host.data_dir>/secrets",
     .example = "/run/secrets/evhost", .text = "Directory with one file per secret, readable by the host's user only."},

    {.name = "dapr.secret_store", .at = EVH_AT(dapr, secret_store), .max = 253, .default_text = "none",
     .example = "secrets-store",
     .text = "Component that is asked for secrets first, through the Dapr sidecar. Empty: no sidecar is needed."},
    {.name = "dapr.address", .at = EVH_AT(dapr, address), .min = 1, .max = 255, .environment = "DAPR_SIDECAR_IP",
     .example = "127.0.0.1", .text = "Address of the sidecar's HTTP API."},
    {.name = "dapr.http_port", .at = EVH_AT(dapr, http_port), .min = 1, .max = 65535, .environment = "DAPR_HTTP_PORT",
     .example = "3500", .text = "Port of the sidecar's HTTP API."},
    {.name = "dapr.api_token", .at = EVH_AT(dapr, api_token), .max = 4096, .environment = "DAPR_API_TOKEN",
     .default_text = "none", .example = "...", .text = "Token the sidecar asks of its application."},
    {.name = "dapr.start_timeout", .at = EVH_AT(dapr, start_timeout), .max = 10 * minute, .example = "30s",
     .text = "How long a start waits for the sidecar to be healthy."},

    {.name = "observe.log_format", .at = EVH_AT(observe, log_format), .choices = log_formats, .example = "json",
     .text = "Form of log lines on stderr."},
    {.name = "observe.log_level", .at = EVH_AT(observe, log_level), .choices = log_levels, .example = "debug",
     .text = "Lowest level that is written.", .restart = false},
    {.name = "observe.log_repeat_max", .at = EVH_AT(observe, log_repeat_max), .min = 1, .max = 1'000'000,
     .unit = "lines",
     .example = "100", .text = "Equal messages of one component written per window; the rest are counted."},
    {.name = "observe.log_repeat_window", .at = EVH_AT(observe, log_repeat_window), .min = second, .max = hour,
     .example = "1m", .text = "Window of log_repeat_max."},

    {.name = "web.api_url", .at = EVH_AT(web, api_url), .max = 1024, .environment = "NEXT_PUBLIC_FASTAPI_API_URL",
     .default_text = "the page's own origin", .example = "https://api.example.org",
     .text = "Where the page calls REST; a trailing /api/v1 is understood. plugins.web.api_url wins over it."},
    {.name = "web.ws_url", .at = EVH_AT(web, ws_url), .max = 1024, .environment = "NEXT_PUBLIC_WEBSOCKET_URL",
     .default_text = "derived from web.api_url", .example = "wss://api.example.org/api/v1/ws",
     .text = "Where the page opens its WebSocket. plugins.web.ws_url wins over it."},
    {.name = "web.base_url", .at = EVH_AT(web, base_url), .max = 1024, .environment = "NEXT_PUBLIC_BASE_URL",
     .default_text = "the host's own address", .example = "https://todo.example.org",
     .text = "Where browsers find the page, when something stands before the host: its origin may open WebSockets."},

    {.name = "plugins.directories", .at = EVH_AT(plugins, directories), .max = 32, .environment = "EVH_PLUGINS",
     .default_text = "plugins beside the binary", .example = "[/usr/lib/evhost/plugins]",
     .text = "Directories in which plugin files are looked for, in this order (environment: separated by ':')."},
};

// clang-format on
#undef EVH_AT

}  // namespace

std::span<const option> options() {
  return table;
}

const option* find_option(std::string_view name) {
  const auto found = std::ranges::find(table, name, &option::name);
  return found == std::end(table) ? nullptr : found;
}

}  // namespace evhost::config
