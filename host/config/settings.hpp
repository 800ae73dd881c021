// The whole configuration as plain structs, one member per section of the file. Defaults stand in the structs; names,
// bounds and texts stand in the descriptor table (option.hpp).
#pragma once

#include "host/config/settings/data.hpp"
#include "host/config/settings/guard.hpp"
#include "host/config/settings/host.hpp"
#include "host/config/settings/http.hpp"
#include "host/config/settings/plugins.hpp"

namespace evhost::config {

struct settings {
  host_settings host;
  http_settings http;
  websocket_settings websocket;
  storage_settings storage;
  log_settings log;
  runtime_settings runtime;
  kafka_settings kafka;
  security_settings security;
  secrets_settings secrets;
  dapr_settings dapr;
  observe_settings observe;
  web_settings web;
  plugins_settings plugins;
};

}  // namespace evhost::config
