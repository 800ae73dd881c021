// All WebSocket connections of the process: routes and admission, ids, frames to many, closing.
//
// Threading: websocket(), attach(), drain(), stop() on the control thread; send() and close() from any thread.
// Ownership: the hub outlives the front it is given to, and the registered handlers outlive the hub's stop().
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/io/observe.hpp"
#include "host/io/upgrade.hpp"

namespace evhost::websocket {

class shard;
struct hub_counters;

struct hub_options {
  std::size_t connections_max = 10'000;
  std::vector<std::string> allowed_origins;  // exact, e.g. "https://app.example"; beside the host's own address
  bool same_origin_allowed = true;           // Origin equal to scheme and Host of the request
};

class hub final : public io::websocket_routes, public io::websocket_hub, public io::upgrade_handler {
 public:
  explicit hub(hub_options options, io::metric_registry* metrics = nullptr);
  ~hub() override;

  // ---- io::websocket_routes ----
  std::string websocket(std::string_view path, io::ws_route_options options, io::websocket_handler& handler) override;

  // ---- io::websocket_hub ----
  bool send(std::span<const io::ws_id> ids, const io::ws_frame& frame) override;
  using io::websocket_hub::send;
  void close(io::ws_id id, std::uint16_t code, std::string_view reason) override;
  std::optional<std::size_t> queued_bytes(io::ws_id id) const noexcept override;
  std::size_t connections() const noexcept override;

  // ---- io::upgrade_handler ----
  void attach(std::span<const core::net::io_executor> shards) override;
  const io::upgrade_route* find(std::string_view path) const noexcept override;
  io::upgrade_verdict negotiate(const io::upgrade_route& route, const io::http_request& request) override;
  void adopt(const io::upgrade_route& route, std::size_t shard, std::unique_ptr<core::net::wire> connection,
             const io::http_request& request, io::ws_admission admission, std::shared_ptr<void> lease) override;
  void drain() override;
  void stop() override;
  void detach() noexcept override;

  io::ws_stats stats() const;

 private:
  std::chrono::milliseconds sweep_every() const;
  bool origin_allowed(const io::http_request& request) const;

  const hub_options options_;
  io::null_metric_registry no_metrics_;
  std::unique_ptr<hub_counters> counters_;
  std::deque<io::upgrade_route> routes_;
  std::vector<std::unique_ptr<shard>> shards_;
  std::atomic<bool> draining_{false};
  bool stopped_ = false;
  std::mutex empty_mutex_;
  std::condition_variable empty_;
};

}  // namespace evhost::websocket
