// How long a change takes from its POST to a WebSocket: a generator posts on a fixed schedule, a client follows.
#pragma once
#include "bench/product/load.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace evhost::bench {

struct push_result {
  load_result posts;   // latency of the answers
  load_result frames;  // latency from the intended time of a POST to its frame
};

// rate: POSTs per second over all connections. The token's user follows all its tasks.
push_result push_latency(std::uint16_t port, const std::string& token, double rate, unsigned connections, std::chrono::milliseconds duration);

}  // namespace evhost::bench
