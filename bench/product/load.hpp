// A load generator for one HTTP server on loopback: keep-alive connections on one epoll thread, so that it costs little
// beside the server it measures.
//
// closed(): every connection sends its next request when its answer came. open(): requests leave on a fixed schedule and
// latency counts from the intended time (no coordinated omission); a request waits when every connection is busy.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace evhost::bench {

struct load_result {
  std::uint64_t answered = 0, failed = 0;  // failed: any status that is not 2xx
  double seconds = 0;
  std::vector<std::uint32_t> latencies_us;

  [[nodiscard]] double rate() const { return seconds > 0 ? static_cast<double>(answered) / seconds : 0; }
  // The p-th part of latencies (0..1), in milliseconds; sorts.
  double percentile_ms(double p);
};

struct load_options {
  std::uint16_t port = 0;
  unsigned connections = 1;
  std::chrono::milliseconds duration{3000};
  std::chrono::milliseconds warm_up{300};  // answered but not counted
  double rate = 0;                         // per second over all connections; 0: closed loop
};

// next() gives the bytes of one request (head and body).
load_result generate(const load_options& options, const std::function<const std::string&()>& next);

// The bytes of a request with a token and a JSON body.
std::string request_bytes(const std::string& method, const std::string& target, const std::string& token, const std::string& body);

}  // namespace evhost::bench
