// The unit of work behind evh.http/1 apply: the plugin's closure, the stored answer of an Idempotency-Key, and the
// answer that goes out only once the fate is known.
#pragma once
#include "host/runtime/plugin_unit.hpp"
#include "host/runtime/request_call.hpp"

namespace evhost::runtime {

// What the plugin gave to apply(); release is called exactly once, when the last copy of the work ends.
struct applied_work {
  evh_uow_fn fn = nullptr;
  void (*release)(void* user) = nullptr;
  void* user = nullptr;
};

// Queues the unit; call is in state applying. again: queue full; the call is answered 503 and the work released.
evh_status submit_request(const std::shared_ptr<request_call>& call, applied_work work);

}  // namespace evhost::runtime
