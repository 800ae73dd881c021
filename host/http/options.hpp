// What an operator can set on the front, with defaults and units.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/http/request_reader.hpp"

namespace evhost::http {

struct tls_options {
  std::string certificate_chain_file;  // PEM; empty: no TLS
  std::string private_key_file;        // PEM
  bool required = false;               // plain connections on the port are dropped; else the first byte decides
  bool enabled() const noexcept { return !certificate_chain_file.empty(); }
};

struct front_options {
  using milliseconds = std::chrono::milliseconds;

  std::string address = "127.0.0.1";  // "::" listens on IPv6 and IPv4
  std::uint16_t port = 8080;          // 0: the system's choice, see front::port()
  unsigned io_threads = 0;            // 0: one per core
  int backlog = 1024;

  reader_limits reader;
  std::size_t refused_body_bytes_max = 64 * 1024;  // what is read of a body whose request is refused, to keep the connection

  std::size_t connections_max = 4096;
  std::size_t connections_per_address_max = 1024;  // IPv6: per /64

  milliseconds header_timeout{10'000};  // from a request's first byte to its last header, and the TLS handshake
  milliseconds body_timeout{30'000};
  milliseconds idle_timeout{75'000};
  milliseconds handler_timeout{30'000};
  milliseconds write_timeout{30'000};   // plus one second for every 64 KiB of the answer
  milliseconds linger_timeout{1'000};   // how long the peer may take to see our last answer

  std::vector<std::string> hosts;            // names we answer to; empty: any. Others get 421
  std::vector<std::string> trusted_proxies;  // addresses or CIDR blocks whose X-Forwarded-For and X-Request-Id count
  std::vector<std::string> cors_origins;     // pages elsewhere whose scripts may call us
  tls_options tls;
};

}  // namespace evhost::http
