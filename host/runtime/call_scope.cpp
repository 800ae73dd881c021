// The thread-local stack of call frames.
#include "host/runtime/call_scope.hpp"

namespace evhost::runtime {
namespace {
thread_local const call_frame* innermost = nullptr;
}

const char* to_string(symbolic_thread thread) {
  switch (thread) {
    case symbolic_thread::control: return "control";
    case symbolic_thread::lane: return "lane";
    case symbolic_thread::task: return "task";
    case symbolic_thread::unit: return "unit";
    default: return "other";
  }
}

const call_frame* current_call() noexcept {
  return innermost;
}

call_scope::call_scope(plugin_instance& plugin, const char* function, symbolic_thread thread, call_phase phase,
                       evh_uow* uow, bool reading) noexcept
    : frame_{&plugin, thread, phase, uow, reading, innermost, function} {
  innermost = &frame_;
}

call_scope::~call_scope() {
  innermost = frame_.outer;
}

}  // namespace evhost::runtime
