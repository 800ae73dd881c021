// Hooks run under the lock, so that remove() returns only when none of the plugin's can run any more.
#include "host/runtime/close_hooks.hpp"

#include "host/runtime/plugin_instance.hpp"

#include <algorithm>

namespace evhost::runtime {

void close_hooks::add(plugin_instance& plugin, hook_fn fn, void* user) {
  std::lock_guard lock(mutex_);
  hooks_.push_back({&plugin, fn, user});
}

void close_hooks::remove(const plugin_instance& plugin) {
  std::lock_guard lock(mutex_);
  std::erase_if(hooks_, [&](const hook& one) { return one.plugin == &plugin; });
}

void close_hooks::fire(void* handle) noexcept {
  std::lock_guard lock(mutex_);
  for (const hook& one : hooks_) {
    evh_error error = make_error();
    one.plugin->enter("on_close", symbolic_thread::other, error, [&] {
      one.fn(one.user, handle);
      return EVH_OK;
    });
  }
}

}  // namespace evhost::runtime
