// evh.timer/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"
#include "host/runtime/timer_service.hpp"

namespace evhost::runtime {
namespace {

constexpr std::int64_t delay_ms_max = 366LL * 24 * 3600 * 1000;

evh_status arm(const evh_host* host, std::int64_t delay_ms, std::int64_t period_ms, std::uint32_t flags,
               std::uint64_t cookie, evh_handle* id) {
  return host_call(host, {.function = "evh_timer.arm"}, [&](plugin_instance& plugin) -> evh_status {
    const bool ready = plugin.state() >= plugin_state::active ||
                       (current_call() != nullptr && current_call()->phase == call_phase::activate);
    if (!ready) return EVH_STATE;
    if (id == nullptr || delay_ms < 0 || period_ms < 0 || delay_ms > delay_ms_max || period_ms > delay_ms_max)
      return EVH_INVALID;
    if (plugin.tables().timer == nullptr || plugin.tables().timer->on_timer == nullptr) return EVH_UNSUPPORTED;
    if (plugin.state() > plugin_state::running) return EVH_SHUTDOWN;
    return plugin.shared().timers->arm(plugin, std::chrono::milliseconds(delay_ms),
                                       std::chrono::milliseconds(period_ms), flags, cookie, *id);
  });
}

evh_status cancel(const evh_host* host, evh_handle id) {
  return host_call(host, {.function = "evh_timer.cancel", .even_failed = true},
                   [&](plugin_instance& plugin) { return plugin.shared().timers->cancel(plugin, id); });
}

}  // namespace

const evh_timer timer_table{sizeof(evh_timer), 0, &arm, &cancel};

}  // namespace evhost::runtime
