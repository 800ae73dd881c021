// The host's side of every extension: one file each, found by string id.
#pragma once
#include <evh/abi/config.h>
#include <evh/abi/events.h>
#include <evh/abi/http.h>
#include <evh/abi/issuer.h>
#include <evh/abi/log.h>
#include <evh/abi/metric.h>
#include <evh/abi/publish.h>
#include <evh/abi/secret.h>
#include <evh/abi/sql_handle.h>
#include <evh/abi/store.h>
#include <evh/abi/task.h>
#include <evh/abi/thread_check.h>
#include <evh/abi/timer.h>
#include <evh/abi/uow.h>
#include <evh/abi/ws.h>

#include <cstdint>
#include <string_view>

namespace evhost::runtime {

struct services;

// The table of an extension, or null when this host has none (or lacks the port behind it). Same id, same pointer.
const void* find_table(const services& shared, std::string_view id);

bool is_always_granted(std::string_view id);  // speaking, reading one's own configuration, asking for the thread
bool is_privileged(std::string_view id);      // granted only by name, or to plugins that are trusted with it
bool is_plugin_side(std::string_view id);     // implemented by plugins; listing it as required is harmless

extern const evh_config config_table;
extern const evh_http http_table;
extern const evh_issuer issuer_table;
extern const evh_metric metric_table;
extern const evh_publish publish_table;
extern const evh_secret secret_table;
extern const evh_sql_handle sql_handle_table;
extern const evh_subscribe subscribe_table;
extern const evh_task task_table;
extern const evh_thread_check thread_check_table;
extern const evh_timer timer_table;
extern const evh_uow_api uow_table;
extern const evh_ws ws_table;
evh_log make_log_table(const std::int32_t* level);
evh_store make_store_table(std::int32_t dialect);

}  // namespace evhost::runtime
