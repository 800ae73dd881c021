// What the bench's plugin tells the bench while it runs: a mapped file that both processes see, so that timing needs neither
// HTTP nor a log. One writer per lane; the bench only reads. Times are CLOCK_MONOTONIC, which processes of a machine share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace evhost::bench {

struct lane_status {
  std::atomic<std::int64_t> next_offset;
  std::atomic<std::uint64_t> events, payload_bytes, disorder;  // disorder: an offset that is not the one expected
  std::atomic<std::int64_t> first_ns, last_ns;                 // the first call's start, the last call's end
  std::atomic<std::uint64_t> checksum;                         // so that payloads are read
};

struct bench_status {
  static constexpr std::size_t lanes_max = 64;
  lane_status lanes[lanes_max];  // by partition
};

}  // namespace evhost::bench
