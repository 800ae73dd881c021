// The ceiling of a reading plugin: librdkafka alone, all partitions from their start, in this process.
//
// It does what a plugin without effects does per event (offset checked, payload touched) and nothing else; batches of 1000,
// the settings the host uses. with_headers: it also looks through each record's headers, as whoever wants an event's type must.
#pragma once

#include <cstdint>
#include <string>

namespace evhost::bench {

struct drain_result {
  std::uint64_t events = 0, disorder = 0;
  double seconds = 0;      // from the first event to the last
  double cpu_seconds = 0;  // of the process, start-up included

  [[nodiscard]] double rate() const { return seconds > 0 ? static_cast<double>(events) / seconds : 0; }
  [[nodiscard]] double cpu_per_million() const { return events ? cpu_seconds * 1e6 / static_cast<double>(events) : 0; }
};

drain_result drain_bare(const std::string& servers, const std::string& topic, std::int32_t partitions, std::uint64_t events, bool with_headers);

}  // namespace evhost::bench
