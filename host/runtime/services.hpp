// Everything plugin instances share: the ports, the queues, the timers, the hooks. One per runtime.
//
// Ownership: ports are borrowed and outlive the runtime; optional ones may be null, their extension is then NULL too.
#pragma once
#include "host/io/clock.hpp"
#include "host/io/http.hpp"
#include "host/io/log.hpp"
#include "host/io/observe.hpp"
#include "host/io/secrets.hpp"
#include "host/io/store.hpp"
#include "host/io/tokens.hpp"
#include "host/io/websocket.hpp"
#include "host/runtime/options.hpp"
#include "host/runtime/work_queue.hpp"

#include <evh/abi/log.h>
#include <evh/abi/store.h>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace evhost::runtime {

class close_hooks;
class timer_service;

struct runtime_ports {
  io::store& store;
  io::event_log& log;
  io::clock& clock;
  io::log_sink& log_sink;
  io::metric_registry& metrics;
  boost::asio::any_io_executor pool;
  io::http_routes* http = nullptr;
  io::websocket_routes* websocket_routes = nullptr;
  io::websocket_hub* websocket_hub = nullptr;
  io::secret_provider* secrets = nullptr;
  io::token_sealer* sealer = nullptr;
  io::authenticator* authenticator = nullptr;
  io::access_tokens* issuer = nullptr;
};

struct services {
  services(runtime_ports given, runtime_options chosen);
  ~services();
  services(const services&) = delete;
  services& operator=(const services&) = delete;

  runtime_ports ports;
  runtime_options options;
  work_queue requests, tasks;
  std::unique_ptr<timer_service> timers;
  std::shared_ptr<close_hooks> hooks;  // the store keeps a share: it may close handles after the runtime is gone

  const lane_engine* lanes = nullptr;  // set once the runtime has one

  // Tables whose fields depend on this process.
  std::int32_t log_level = EVH_LOG_INFO;  // plugins read it inline; written through an atomic_ref
  evh_log log_table;
  evh_store store_table;

  void refresh_log_level();
  // The topic's name at an address that stays: plugins keep it. Any thread.
  std::string_view topic_name(std::uint32_t id, std::string_view name);

 private:
  std::mutex names_mutex_;
  std::map<std::uint32_t, std::string> names_;
};

}  // namespace evhost::runtime
