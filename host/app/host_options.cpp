// Field by field.
#include "host/app/host_options.hpp"

#include "host/app/keys.hpp"
#include "host/app/version.hpp"
#include "host/core/failpoint.hpp"

#include <algorithm>
#include <thread>

namespace evhost::app {

observe::log_options log_options(const config::settings& s) {
  observe::log_options o;
  o.format = s.observe.log_format == "json" ? observe::log_format::json : observe::log_format::text;
  o.level = observe::level_of(s.observe.log_level);
  o.repeat_max = s.observe.log_repeat_max;
  o.repeat_window = s.observe.log_repeat_window;
  return o;
}

http::front_options front_options(const config::settings& s) {
  http::front_options o;
  o.address = s.http.address;
  o.port = static_cast<std::uint16_t>(s.http.port);
  o.io_threads = s.host.threads;
  o.connections_max = s.http.connections_max;
  o.connections_per_address_max = s.http.connections_per_address_max;
  o.header_timeout = s.http.header_timeout;
  o.body_timeout = s.http.body_timeout;
  o.idle_timeout = s.http.idle_timeout;
  o.handler_timeout = s.http.handler_timeout;
  o.hosts = s.http.allowed_hosts;
  o.trusted_proxies = s.http.trusted_proxies;
  o.cors_origins = s.http.cors_origins;
  o.tls = {s.http.tls_certificate.string(), s.http.tls_key.string(), false};
  return o;
}

runtime::runtime_options runtime_options(const config::settings& s) {
  runtime::runtime_options o;
  o.host_version = version;
  o.lanes.host_version = version;
  o.lanes.batch_max = s.runtime.lane_batch_max;
  o.lanes.attempts_max = s.runtime.retry_attempts;
  o.lanes.backoff_min = s.runtime.retry_backoff;
  o.lanes.backoff_max = s.runtime.retry_backoff_max;
  o.lanes.crashes_max = s.runtime.suspect_crashes_max;
  o.lanes.in_flight_file = std::filesystem::absolute(s.host.data_dir) / "in-flight";
  o.handler_deadline = s.runtime.handler_deadline;
  o.topics.partitions = s.log.partitions;
  o.topics.retention = s.log.retention;
  o.lanes.revoke_patience = s.kafka.drain_timeout;
  o.housekeeping = s.log.retention_interval;
  o.lanes.housekeeping = s.log.retention_interval;
  o.lanes.protect_positions = !core::unprotected(core::protections::position);
  return o;
}

security::verifier_options verifier_options(const config::settings& s) {
  security::verifier_options o;
  o.audience = audience_name(s);
  o.clock_skew = std::chrono::duration_cast<std::chrono::seconds>(s.security.clock_skew);
  o.cache_tokens = s.security.cache_tokens;
  o.cache_time = std::chrono::duration_cast<std::chrono::seconds>(s.security.cache_time);
  return o;
}

security::rate_options rate_options(const config::settings& s) {
  security::rate_options o;
  if (s.security.user_requests_per_minute) o.user = security::gcra_limit{s.security.user_requests_per_minute, s.security.user_burst};
  if (s.security.address_requests_per_minute) o.address = security::gcra_limit{s.security.address_requests_per_minute, s.security.address_burst};
  o.keys_max = s.security.rate_keys_max;
  return o;
}

namespace {

// "https://todo.example.org:8443" of "https://todo.example.org:8443/any/path"; empty for anything that is no web address.
std::string origin_of(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return {};
  return std::string(url.substr(0, url.find('/', url.find("//") + 2)));
}

}  // namespace

websocket::hub_options socket_options(const config::settings& s) {
  websocket::hub_options o;
  o.connections_max = s.websocket.connections_max;
  o.allowed_origins = s.websocket.allowed_origins;
  o.allowed_origins.insert(o.allowed_origins.end(), s.http.cors_origins.begin(), s.http.cors_origins.end());
  // The page's public address: behind a proxy that ends TLS the request itself does not tell it.
  for (auto origin : {origin_of(s.web.base_url), origin_of(s.security.issuer)})
    if (!origin.empty()) o.allowed_origins.push_back(std::move(origin));
  return o;
}

std::filesystem::path secrets_directory(const config::settings& s) {
  return s.secrets.directory.empty() ? std::filesystem::absolute(s.host.data_dir) / "secrets" : s.secrets.directory;
}

// Pool threads wait for reads of the disk, so there are more of them than cores.
unsigned pool_threads(const config::settings& s) {
  if (s.runtime.workers != 0) return s.runtime.workers;
  return std::max(2u, std::thread::hardware_concurrency());
}

}  // namespace evhost::app
