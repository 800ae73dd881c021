// What the runtime may be told: bounds with their reasons, and one plugin's share of the configuration.
#pragma once
#include "host/io/log.hpp"
#include "host/runtime/lane_engine.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace evhost::runtime {

struct runtime_options {
  std::string host_version = "0.0.0";
  lane_options lanes;
  io::topic_options topics;                        // of topics a plugin declares that do not exist yet
  std::size_t requests_queue_max = 1024;           // requests waiting for a pool thread: above, 503
  std::size_t requests_in_flight_max = 4096;       // of one plugin, kept and queued units included: above, 503
  std::size_t tasks_queue_max = 1024;              // submitted tasks waiting for a pool thread: above, EVH_AGAIN
  std::size_t ws_inbox_max = 64;                   // frames of one connection not handled yet: above, closed 1013
  std::size_t timers_max = 1024;                   // of one plugin
  std::size_t metric_series_max = 256;             // of one plugin
  std::size_t routes_max = 256;                    // of one plugin
  std::size_t subscriptions_max = 64;              // of one plugin
  std::chrono::milliseconds batch_budget{50};      // a slower on_batch is reported
  std::chrono::milliseconds handler_deadline{0};   // of the plugin's own time in one call: then the process ends; 0: none
  std::chrono::milliseconds stop_grace{2000};      // how long stop() waits for callbacks under way
  std::chrono::milliseconds housekeeping{60'000};  // between looks at old idempotency rows
  std::chrono::hours idempotency_ttl{24};
};

// One plugin's settings, as the composition root read them.
struct plugin_settings {
  std::string config_json = "{}";                      // validated, defaults filled in
  std::optional<std::vector<std::string>> extensions;  // granted; absent: all it asks for
  bool privileged = false;                             // without a list: also what speaks for others (evh.issuer/1)
  std::vector<std::string> route_prefixes;             // beside /p/<id>/, e.g. "/api/v1/"
};

}  // namespace evhost::runtime
