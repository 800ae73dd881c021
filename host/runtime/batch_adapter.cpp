// The call into evh_events::on_batch: two coarse clock reads and one scope per batch, nothing per event.
#include "host/runtime/batch_adapter.hpp"

#include "host/runtime/plugin_instance.hpp"

#include <time.h>

namespace evhost::runtime {
namespace {

// The kernel's tick: a few milliseconds coarse, and five times cheaper than the exact clock, which would be half the
// cost of crossing into the plugin. Exact durations are the lane's metric.
std::int64_t coarse_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

evh_status batch_adapter::on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t* results,
                                   evh_error& error) noexcept {
  if (!plugin_.serving()) return say(&error, EVH_SHUTDOWN, "plugin is not running", true);
  const std::int64_t began_ms = coarse_ms();
  const evh_status status = plugin_.enter(
      "on_batch", symbolic_thread::lane, error,
      [&] { return plugin_.tables().events->on_batch(plugin_.self(), uow, &batch, results, &error); },
      call_phase::plain, uow);
  const std::int64_t took_ms = coarse_ms() - began_ms;
  const std::int64_t budget_ms = plugin_.shared().options.batch_budget.count();
  if (took_ms > budget_ms)
    plugin_.log(io::log_level::warning,
                "on_batch took longer than its budget: hand long work to evh.task/1 or lower batch_max",
                {{"duration_ms", took_ms},
                 {"budget_ms", budget_ms},
                 {"events", batch.count},
                 {"partition", batch.count > 0 ? batch.events->partition : -1}});
  return status;
}

}  // namespace evhost::runtime
