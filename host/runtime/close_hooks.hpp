// Who must hear that a native database handle is about to be closed (evh.sql-handle/1 on_close). Any thread.
#pragma once
#include <mutex>
#include <vector>

namespace evhost::runtime {

class plugin_instance;

class close_hooks {
 public:
  using hook_fn = void (*)(void* user, void* handle);

  void add(plugin_instance& plugin, hook_fn fn, void* user);
  void remove(const plugin_instance& plugin);  // waits for a hook of it that runs
  void fire(void* handle) noexcept;

 private:
  struct hook {
    plugin_instance* plugin;
    hook_fn fn;
    void* user;
  };
  std::mutex mutex_;
  std::vector<hook> hooks_;
};

}  // namespace evhost::runtime
