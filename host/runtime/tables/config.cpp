// evh.config/1 and evh.thread-check/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

namespace evhost::runtime {
namespace {

evh_sv snapshot(const evh_host* host) {
  evh_sv out = core::absent;
  host_call(host, {.function = "evh_config.snapshot", .even_failed = true}, [&](plugin_instance& plugin) {
    out = core::view(plugin.settings().config_json);
    return EVH_OK;
  });
  return out;
}

std::int32_t current(const evh_host*) {
  const call_frame* call = current_call();
  return static_cast<std::int32_t>(call == nullptr ? symbolic_thread::other : call->thread);
}

}  // namespace

const evh_config config_table{sizeof(evh_config), 0, &snapshot};
const evh_thread_check thread_check_table{sizeof(evh_thread_check), 0, &current};

}  // namespace evhost::runtime
