// The list of extensions this host has.
#include "host/runtime/tables/tables.hpp"

#include "host/runtime/services.hpp"

#include <evh/abi/health.h>

#include <algorithm>
#include <array>

namespace evhost::runtime {

const void* find_table(const services& shared, std::string_view id) {
  const runtime_ports& ports = shared.ports;
  if (id == EVH_EXT_LOG) return &shared.log_table;
  if (id == EVH_EXT_STORE) return &shared.store_table;
  if (id == EVH_EXT_CONFIG) return &config_table;
  if (id == EVH_EXT_METRIC) return &metric_table;
  if (id == EVH_EXT_SUBSCRIBE) return &subscribe_table;
  if (id == EVH_EXT_PUBLISH) return &publish_table;
  if (id == EVH_EXT_UOW) return &uow_table;
  if (id == EVH_EXT_TIMER) return &timer_table;
  if (id == EVH_EXT_TASK) return &task_table;
  if (id == EVH_EXT_SQL_HANDLE) return &sql_handle_table;
  if (id == EVH_EXT_THREAD_CHECK) return &thread_check_table;
  if (id == EVH_EXT_HTTP) return ports.http ? &http_table : nullptr;
  if (id == EVH_EXT_WS) return ports.websocket_routes && ports.websocket_hub ? &ws_table : nullptr;
  if (id == EVH_EXT_SECRET) return ports.secrets && ports.sealer ? &secret_table : nullptr;
  if (id == EVH_EXT_ISSUER) return ports.issuer ? &issuer_table : nullptr;
  return nullptr;
}

bool is_privileged(std::string_view id) {
  return id == EVH_EXT_ISSUER;
}

bool is_always_granted(std::string_view id) {
  return id == EVH_EXT_LOG || id == EVH_EXT_CONFIG || id == EVH_EXT_THREAD_CHECK;
}

bool is_plugin_side(std::string_view id) {
  static constexpr std::array<std::string_view, 6> ids{EVH_EXT_EVENTS,     EVH_EXT_TIMER_HANDLER, EVH_EXT_HTTP_HANDLER,
                                                       EVH_EXT_WS_HANDLER, EVH_EXT_HEALTH,        EVH_EXT_MIGRATIONS};
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace evhost::runtime
