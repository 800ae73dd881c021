// evh.task/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

namespace evhost::runtime {
namespace {

evh_status submit(const evh_host* host, void (*fn)(void* arg), void* arg) {
  return host_call(host, {.function = "evh_task.submit"}, [&](plugin_instance& plugin) -> evh_status {
    if (fn == nullptr) return EVH_INVALID;
    if (plugin.state() > plugin_state::running) return EVH_SHUTDOWN;
    call_gate::pass pass = plugin.pass();
    if (!pass) return EVH_STATE;
    const bool queued = plugin.shared().tasks.post([&plugin, fn, arg, pass = std::move(pass)] {
      evh_error error = make_error();
      plugin.enter("task", symbolic_thread::task, error, [&] {
        fn(arg);
        return EVH_OK;
      }, call_phase::task);
    });
    return queued ? EVH_OK : EVH_AGAIN;
  });
}

}  // namespace

const evh_task task_table{sizeof(evh_task), 0, &submit};

}  // namespace evhost::runtime
