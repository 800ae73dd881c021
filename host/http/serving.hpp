// What all sessions of a front share: options, routes, hooks, counters. Immutable while serving but for its atomics.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "host/http/client_address.hpp"
#include "host/http/connection_caps.hpp"
#include "host/http/cors.hpp"
#include "host/http/front.hpp"
#include "host/http/options.hpp"
#include "host/http/route_table.hpp"
#include "host/io/observe.hpp"
#include "host/io/upgrade.hpp"

namespace evhost::http {

struct front_counters {
  std::atomic<std::uint64_t> answered{0};      // answers written
  std::atomic<std::uint64_t> late{0};          // respond() after the answer, the deadline or the client's end
  std::atomic<std::uint64_t> dropped{0};       // exchanges a handler let go unanswered
  std::atomic<std::uint64_t> refused{0};       // connections closed at once
  std::atomic<std::uint64_t> accept_errors{0};
  std::atomic<std::int64_t> in_flight{0};
};

struct serving {
  serving(front_options o, front_hooks h)
      : options(std::move(o)),
        hooks(h),
        proxies(options.trusted_proxies),
        cors(options.cors_origins),
        caps(std::make_shared<connection_caps>(options.connections_max, options.connections_per_address_max)) {
    if (hooks.log == nullptr) hooks.log = &no_log;
    if (hooks.metrics == nullptr) hooks.metrics = &no_metrics;
  }

  const front_options options;
  front_hooks hooks;
  const trusted_proxies proxies;
  const cors_policy cors;
  const std::shared_ptr<connection_caps> caps;
  route_table routes;
  std::unique_ptr<boost::asio::ssl::context> tls;
  front_counters counters;
  std::atomic<bool> draining{false};
  io::null_log_sink no_log;
  io::null_metric_registry no_metrics;
};

}  // namespace evhost::http
