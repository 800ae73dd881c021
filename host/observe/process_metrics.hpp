// process_*: what every Prometheus client says about its process, read from /proc at scrape time.
//
// Threading: any. Errors: what cannot be read is left out.
#pragma once

#include <string>

#include "host/observe/metrics.hpp"

namespace evhost::observe {

struct process_numbers {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double start_time_seconds = 0;  // Unix time
  double open_fds = 0;
  double max_fds = 0;
  double threads = 0;
};
[[nodiscard]] process_numbers read_process();

/// The answer of GET /metrics: the registry, then process_*, then "# EOF" where the format wants it.
[[nodiscard]] std::string metrics_page(const registry& from, exposition format);

}  // namespace evhost::observe
