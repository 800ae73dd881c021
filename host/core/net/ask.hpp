// One blocking HTTP/1.1 request to a neighbour on plain TCP: the sidecar, or the host this command line talks to.
//
// Threading: any thread that may block; never an event thread. Nothing is kept between calls.
// Errors: errc::again when nobody answers within the deadline (connecting included), errc::io when the answer is not
//   HTTP, errc::invalid when it is too long or the address is none. Every status is an answer, not an error.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "host/core/result.hpp"

namespace evhost::core::net {

struct question {
  std::string address;  // of one machine: 127.0.0.1, ::1, or localhost; 0.0.0.0 and :: mean this machine
  std::uint16_t port = 0;
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // sent as application/json when not empty
  std::size_t answer_bytes_max = 1 << 20;
  std::chrono::milliseconds deadline{5'000};  // for the whole of it
};

struct answer {
  unsigned status = 0;
  std::string body;
};

[[nodiscard]] result<answer> ask(const question& what);

}  // namespace evhost::core::net
