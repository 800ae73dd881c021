// The requests plugins hold: evh_request* is a number in this table, never a pointer, so that a stale one is harmless.
//
// One per process, because evh.http/1 functions take no host. Any thread; sharded locks. An entry lives from dispatch
// until the answer went out (or the plugin stopped).
#pragma once
#include <evh/abi/http.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace evhost::runtime {

class plugin_instance;
class request_call;

class request_table {
 public:
  static request_table& of_process();

  evh_request* add(const std::shared_ptr<request_call>& call);
  std::shared_ptr<request_call> find(const evh_request* request) const;  // null: answered, or never was one
  void remove(const evh_request* request);
  void drop_kept(const plugin_instance& plugin);  // answers 503 for what it kept
  [[nodiscard]] std::size_t size() const;

 private:
  static constexpr std::size_t shard_count = 16;
  struct shard {
    mutable std::mutex mutex;
    std::unordered_map<std::uintptr_t, std::shared_ptr<request_call>> calls;
  };
  const shard& shard_of(std::uintptr_t number) const { return shards_[number % shard_count]; }

  std::atomic<std::uintptr_t> next_{1};
  std::array<shard, shard_count> shards_;
};

}  // namespace evhost::runtime
