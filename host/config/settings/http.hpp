// Settings of the front and of WebSocket sessions: addresses, deadlines, limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace evhost::config {

struct http_settings {
  std::string address = "127.0.0.1";
  std::uint32_t port = 8080;  // 0: any free port
  std::uint32_t connections_max = 4096;
  std::uint32_t connections_per_address_max = 1024;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds handler_timeout{30'000};
  std::vector<std::string> allowed_hosts;    // empty: any Host
  std::vector<std::string> cors_origins;
  std::filesystem::path tls_certificate, tls_key;  // empty: no TLS
  std::vector<std::string> trusted_proxies;  // addresses or prefixes whose X-Forwarded-For counts
};

struct websocket_settings {
  std::uint32_t connections_max = 10'000;
  std::vector<std::string> allowed_origins;  // beside the host's own address
};

}  // namespace evhost::config
