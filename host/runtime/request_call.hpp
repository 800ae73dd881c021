// One HTTP request on its way through a plugin: the views it sees, who may answer it, and the single answer.
//
// Shared by the table of open requests, the pool job and the unit of apply; everything the view points to lives as
// long. Threads: move() and finish*() any thread, exactly one of them wins; staged answers on the store's thread only.
#pragma once
#include "host/io/http.hpp"
#include "host/runtime/answer.hpp"
#include "host/runtime/call_gate.hpp"
#include "host/runtime/idempotency.hpp"

#include <evh/abi/http.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace evhost::runtime {

class http_route;
class plugin_instance;

enum class call_state : std::uint8_t { open, applying, answered };

// The C principal of a verified one; strings point into it and into roles.
evh_principal view_of(const io::principal& who, std::string& roles);

class request_call {
 public:
  request_call(std::shared_ptr<http_route> route, io::http_exchange_ptr exchange, call_gate::pass pass,
               std::int64_t received_ns);
  request_call(const request_call&) = delete;
  request_call& operator=(const request_call&) = delete;

  [[nodiscard]] plugin_instance& plugin() const;
  [[nodiscard]] io::http_exchange& exchange() const { return *exchange_; }
  [[nodiscard]] const evh_request_view& view() const { return view_; }
  [[nodiscard]] evh_request* handle() const { return handle_; }
  void set_handle(evh_request* handle) { handle_ = handle; }

  bool move(call_state from, call_state to) {
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }
  [[nodiscard]] call_state state() const { return state_.load(std::memory_order_acquire); }

  // The end, by whoever moved the state to answered. False: the client no longer waits.
  bool finish(answer&& what, bool replayed = false);
  bool finish_refused(const io::http_problem& problem, bool retry_later = false);

  std::optional<std::string_view> query(std::string_view name);

  std::optional<answer> staged;                // inside apply's unit
  std::optional<idempotency_key> idempotency;  // of a mutating request that sent a key

 private:
  void build_view(std::int64_t received_ns);
  void leave();

  std::shared_ptr<http_route> route_;
  io::http_exchange_ptr exchange_;
  call_gate::pass pass_;
  evh_request* handle_ = nullptr;
  std::atomic<call_state> state_{call_state::open};
  evh_request_view view_{};
  evh_principal principal_{};
  std::string roles_;
  std::vector<evh_pair> params_;
  std::mutex query_mutex_;
};

}  // namespace evhost::runtime
