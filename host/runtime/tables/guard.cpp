// Thread and state rules, checked on every call.
#include "host/runtime/tables/guard.hpp"

namespace evhost::runtime {

evh_status admit(plugin_instance& plugin, const rule& r) {
  const call_frame* call = current_call();
  const plugin_state state = plugin.state();
  if ((call != nullptr && call->phase == call_phase::create) || state == plugin_state::gone ||
      (state == plugin_state::failed && !r.even_failed)) {
    plugin.misbehaved(r.function, "state", "not callable in this state");
    return EVH_STATE;
  }
  if (r.registers && (call == nullptr || call->plugin != &plugin || call->phase != call_phase::activate)) {
    plugin.misbehaved(r.function, "registration", "registrations belong into activate");
    return EVH_STATE;
  }
  const auto thread = static_cast<unsigned>(call == nullptr ? symbolic_thread::other : call->thread);
  const bool held = r.blocks && call != nullptr && call->phase == call_phase::no_wait;
  if ((r.threads & (1u << thread)) == 0 || held) {
    plugin.misbehaved(r.function, "thread", "not allowed on this thread");
    return EVH_THREAD;
  }
  return EVH_OK;
}

evh_status admit_unit(evh_uow* uow, const char* function, bool writes, plugin_instance*& plugin) {
  const call_frame* call = current_call();
  if (uow == nullptr) return EVH_INVALID;
  if (call == nullptr) return EVH_THREAD;  // nobody to name: a unit was carried to a thread of the plugin's own
  plugin = call->plugin;
  if (call->uow != uow) {
    plugin->misbehaved(function, "unit", "a unit of work belongs to its callback and thread: never keep it");
    return call->uow == nullptr ? EVH_THREAD : EVH_STATE;
  }
  if (writes && call->reading) {
    plugin->misbehaved(function, "read_only",
                       "this unit reads only: write inside on_batch, apply, write or a unit timer");
    return EVH_STATE;
  }
  return EVH_OK;
}

}  // namespace evhost::runtime
