// The call into evh_events::on_batch: two clock reads and one scope per batch, nothing per event.
#include "host/runtime/batch_adapter.hpp"

#include "host/runtime/plugin_instance.hpp"

namespace evhost::runtime {

evh_status batch_adapter::on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t* results, evh_error& error) noexcept {
  if (!plugin_.serving())
    return say(&error, EVH_SHUTDOWN, "plugin is not running", true);
  const io::clock& clock = plugin_.shared().ports.clock;
  const auto began = clock.steady();
  const evh_status status = plugin_.enter(
      "on_batch", symbolic_thread::lane, error,
      [&] { return plugin_.tables().events->on_batch(plugin_.self(), uow, &batch, results, &error); }, call_phase::plain, uow);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - began);
  if (took > plugin_.shared().options.batch_budget)
    plugin_.log(io::log_level::warning, "on_batch took longer than its budget: hand long work to evh.task/1 or lower batch_max",
                {{"duration_ms", took.count()}, {"budget_ms", plugin_.shared().options.batch_budget.count()},
                 {"events", batch.count}, {"partition", batch.count > 0 ? batch.events->partition : -1}});
  return status;
}

}  // namespace evhost::runtime
