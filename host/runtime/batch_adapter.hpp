// One subscription's way into the plugin: tags the thread, measures the budget, keeps exceptions out of the lane.
#pragma once
#include "host/runtime/lane_engine.hpp"

namespace evhost::runtime {

class plugin_instance;

class batch_adapter final : public batch_handler {
 public:
  explicit batch_adapter(plugin_instance& plugin) : plugin_(plugin) {}
  evh_status on_batch(evh_uow* uow, const evh_batch& batch, std::uint8_t* results, evh_error& error) noexcept override;

 private:
  plugin_instance& plugin_;
};

}  // namespace evhost::runtime
