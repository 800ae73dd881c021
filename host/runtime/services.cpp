// Puts the shared parts together.
#include "host/runtime/services.hpp"

#include "host/runtime/close_hooks.hpp"
#include "host/runtime/tables/tables.hpp"
#include "host/runtime/timer_service.hpp"

namespace evhost::runtime {

services::services(runtime_ports given, runtime_options chosen)
    : ports(given),
      options(std::move(chosen)),
      requests(ports.pool, options.requests_queue_max, ports.metrics, "requests"),
      tasks(ports.pool, options.tasks_queue_max, ports.metrics, "tasks"),
      timers(std::make_unique<timer_service>(ports.pool)),
      hooks(std::make_shared<close_hooks>()),
      log_table(make_log_table(&log_level)),
      store_table(make_store_table(ports.store.dialect())) {
  ports.store.on_close([shared = hooks](io::native_handle closing) { shared->fire(closing.handle); });
  refresh_log_level();
}

services::~services() = default;

void services::refresh_log_level() {
  const auto level = static_cast<std::int32_t>(ports.log_sink.level());
  std::atomic_ref<std::int32_t>(log_level).store(level > EVH_LOG_ERROR ? EVH_LOG_ERROR : level,
                                                 std::memory_order_relaxed);
}

std::string_view services::topic_name(std::uint32_t id, std::string_view name) {
  std::lock_guard lock(names_mutex_);
  return names_.try_emplace(id, name).first->second;
}

}  // namespace evhost::runtime
