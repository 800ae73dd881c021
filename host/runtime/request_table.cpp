// Numbers in, calls out.
#include "host/runtime/request_table.hpp"

#include "host/runtime/request_call.hpp"

#include <vector>

namespace evhost::runtime {
namespace {
std::uintptr_t number_of(const evh_request* request) {
  return reinterpret_cast<std::uintptr_t>(request);
}
}  // namespace

request_table& request_table::of_process() {
  static request_table table;
  return table;
}

evh_request* request_table::add(const std::shared_ptr<request_call>& call) {
  const std::uintptr_t number = next_.fetch_add(1, std::memory_order_relaxed);
  shard& home = shards_[number % shard_count];
  std::lock_guard lock(home.mutex);
  home.calls.emplace(number, call);
  return reinterpret_cast<evh_request*>(number);
}

std::shared_ptr<request_call> request_table::find(const evh_request* request) const {
  const shard& home = shard_of(number_of(request));
  std::lock_guard lock(home.mutex);
  const auto found = home.calls.find(number_of(request));
  return found == home.calls.end() ? nullptr : found->second;
}

void request_table::remove(const evh_request* request) {
  shard& home = shards_[number_of(request) % shard_count];
  std::shared_ptr<request_call> last;  // dies outside the lock
  std::lock_guard lock(home.mutex);
  const auto found = home.calls.find(number_of(request));
  if (found == home.calls.end()) return;
  last = std::move(found->second);
  home.calls.erase(found);
}

void request_table::drop_kept(const plugin_instance& plugin) {
  std::vector<std::shared_ptr<request_call>> kept;
  for (shard& home : shards_) {
    std::lock_guard lock(home.mutex);
    for (const auto& [number, call] : home.calls)
      if (&call->plugin() == &plugin) kept.push_back(call);
  }
  for (const auto& call : kept)
    if (call->move(call_state::open, call_state::answered))
      call->finish_refused({503, "shutting-down", "the host is stopping; send the request again", {}});
}

std::size_t request_table::size() const {
  std::size_t total = 0;
  for (const shard& home : shards_) {
    std::lock_guard lock(home.mutex);
    total += home.calls.size();
  }
  return total;
}

}  // namespace evhost::runtime
