// What one plugin registered inside activate: topics, subscriptions, routes, metrics. Gone at deactivate.
//
// Written by [control] inside activate, read without a lock afterwards.
#pragma once
#include "host/io/observe.hpp"
#include "host/runtime/batch_adapter.hpp"
#include "host/runtime/lane_engine.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace evhost::runtime {

class http_route;
class ws_route;

struct metric_series {
  std::int32_t kind = 0;
  io::counter counter;
  io::gauge gauge;
  io::histogram histogram;
};

struct registrations {
  std::unordered_map<std::uint32_t, io::counter> topics;  // that may be published to, with events_produced_total
  std::vector<subscription> subscriptions;
  std::vector<std::unique_ptr<batch_adapter>> adapters;
  std::vector<std::shared_ptr<http_route>> routes;
  std::vector<std::shared_ptr<ws_route>> ws_routes;
  std::vector<metric_series> metrics;  // reserved to its bound before activate: never moves
};

}  // namespace evhost::runtime
