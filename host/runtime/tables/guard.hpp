// What every host function does first: whose call is it, on which thread, in which state; then it is the host's time; and last:
// nothing escapes.
#pragma once
#include "host/core/views.hpp"
#include "host/runtime/call_marks.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "host/runtime/uow.hpp"

#include <evh/abi/host.h>

#include <cstdint>
#include <new>
#include <string>
#include <string_view>

namespace evhost::runtime {

// Bits of the symbolic threads a function may be called on.
inline constexpr unsigned on_other = 1u << EVH_THREAD_OTHER, on_control = 1u << EVH_THREAD_CONTROL,
                          on_lane = 1u << EVH_THREAD_LANE, on_task = 1u << EVH_THREAD_TASK,
                          on_unit = 1u << EVH_THREAD_UNIT, on_any = 0x1F;

struct rule {
  const char* function;
  unsigned threads = on_any;
  bool registers = false;    // inside activate only
  bool blocks = false;       // never on an event thread
  bool even_failed = false;  // also while the plugin has failed
};

inline plugin_instance* instance_of(const evh_host* host) {
  return host == nullptr ? nullptr : static_cast<plugin_instance*>(host->ctx);
}

// EVH_OK, or why this call is refused; tells the operator.
evh_status admit(plugin_instance& plugin, const rule& r);

// The unit must be the one of the callback this thread is in.
evh_status admit_unit(evh_uow* uow, const char* function, bool writes, plugin_instance*& plugin);

template <class Body>
evh_status shielded(Body&& body) noexcept {
  const host_function in_host;
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return EVH_NOMEM;
  } catch (...) {
    return EVH_EXCEPTION;
  }
}

template <class Body>
evh_status host_call(const evh_host* host, const rule& r, Body&& body) noexcept {
  plugin_instance* plugin = instance_of(host);
  if (plugin == nullptr) return EVH_INVALID;
  if (const evh_status refused = admit(*plugin, r); refused != EVH_OK) return refused;
  return shielded([&] { return body(*plugin); });
}

template <class Body>
evh_status unit_call(evh_uow* uow, const char* function, bool writes, evh_error* error, Body&& body) noexcept {
  plugin_instance* plugin = nullptr;
  if (const evh_status refused = admit_unit(uow, function, writes, plugin); refused != EVH_OK)
    return say(error, refused,
               refused == EVH_STATE && uow != nullptr ? "this unit of work is read-only or not the current one"
                                                      : "no unit of work here");
  return shielded([&] { return body(*plugin, unit_of_work::of(uow)); });
}

// Statement and append failures: a broken transaction is remembered in the unit, a refused statement is the plugin's.
inline evh_status report(unit_of_work& uow, evh_error* error, const core::error& why) {
  if (why.code == core::errc::io || why.code == core::errc::timeout || why.code == core::errc::shutdown ||
      why.code == core::errc::no_memory)
    uow.note_broken(why);
  return say(error, why);
}

}  // namespace evhost::runtime
