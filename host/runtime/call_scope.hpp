// Which plugin this thread is inside right now, on which symbolic thread, and with which unit of work.
//
// Every entry into plugin code opens a call_scope; host tables read it to check thread tags and units, the outermost one is
// what the watchdog times. One word of thread-local state, scopes nest (a plugin's read callback inside its request handler). Any thread.
#pragma once
#include <evh/abi/thread_check.h>
#include <evh/abi/uow.h>

#include <cstdint>

namespace evhost::runtime {

struct call_marks;
class plugin_instance;

enum class symbolic_thread : std::int32_t {
  other = EVH_THREAD_OTHER,      // no thread of ours, or a callback that may come from anywhere
  control = EVH_THREAD_CONTROL,  // lifecycle
  lane = EVH_THREAD_LANE,        // on_batch
  task = EVH_THREAD_TASK,        // pool thread
  unit = EVH_THREAD_UNIT,        // inside a writing unit that is no lane batch
};
const char* to_string(symbolic_thread thread);

enum class call_phase : std::uint8_t {
  plain,
  create,    // no host call is legal
  activate,  // registrations are legal
  no_wait,   // on an event thread: nothing that blocks
  task,      // takes the time it takes: the watchdog lets it
};

struct call_frame {
  plugin_instance* plugin = nullptr;
  symbolic_thread thread = symbolic_thread::other;
  call_phase phase = call_phase::plain;
  evh_uow* uow = nullptr;
  bool reading = false;  // uow is a read-only one
  const call_frame* outer = nullptr;
  const char* function = "";  // of the plugin; static text
};

// The innermost call on this thread, or null.
const call_frame* current_call() noexcept;

class call_scope {
 public:
  call_scope(plugin_instance& plugin, const char* function, symbolic_thread thread,
             call_phase phase = call_phase::plain, evh_uow* uow = nullptr, bool reading = false) noexcept;
  ~call_scope();
  call_scope(const call_scope&) = delete;
  call_scope& operator=(const call_scope&) = delete;

 private:
  call_frame frame_;
  call_marks* marks_;     // for the watchdog
  bool in_host_ = false;  // where the outer call was
};

}  // namespace evhost::runtime
