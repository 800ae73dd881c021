// The thread-local stack of call frames.
#include "host/runtime/call_scope.hpp"

#include "host/runtime/call_marks.hpp"

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
    : frame_{&plugin, thread, phase, uow, reading, innermost, function}, marks_(own_marks()) {
  innermost = &frame_;
  if (marks_ == nullptr) return;
  in_host_ = marks_->in_host.load(std::memory_order_relaxed);
  marks_->in_host.store(false, std::memory_order_release);
  if (frame_.outer != nullptr) return;
  marks_->plugin.store(&plugin, std::memory_order_release);
  marks_->function.store(function, std::memory_order_release);
  marks_->watched.store(phase != call_phase::task, std::memory_order_release);
  marks_->call.store(marks_->call.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

call_scope::~call_scope() {
  innermost = frame_.outer;
  if (marks_ == nullptr) return;
  if (frame_.outer == nullptr) marks_->call.store(marks_->call.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  marks_->in_host.store(in_host_, std::memory_order_release);
}

}  // namespace evhost::runtime
