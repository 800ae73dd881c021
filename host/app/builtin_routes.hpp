// The host's own routes: /health, /livez, /readyz, /metrics, /openapi.json, and /api/v1/admin/* for operators.
#pragma once
#include "host/app/admin.hpp"
#include "host/app/audit_feed.hpp"
#include "host/io/http.hpp"
#include "host/observe/metrics.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace evhost::app {

struct readiness {
  bool ready = false;
  std::vector<std::string> reasons;  // why not, or what is degraded
};

struct builtin_context {
  observe::registry& metrics;
  admin& operate;
  audit_feed& audit;
  boost::asio::any_io_executor pool;      // admin answers read the disk
  std::function<readiness()> ready;       // any thread, must not block
  std::function<std::string()> plugins;   // JSON array of the plugins' states
  std::string version;
};

// Throws failure when a route is refused. [control]
void add_builtin_routes(io::http_routes& routes, builtin_context context);

}  // namespace evhost::app
