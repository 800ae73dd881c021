// One WebSocket endpoint of a plugin: events of io threads become ordered, never overlapping calls on pool threads.
//
// Each connection has a bounded inbox and at most one pool job. on_upgrade alone runs on the io thread, where blocking
// host calls are refused. The route outlives the front (instances live as long as the runtime).
#pragma once
#include "host/core/result.hpp"
#include "host/io/websocket.hpp"

#include <evh/abi/ws.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace evhost::runtime {

class plugin_instance;

class ws_route final : public io::websocket_handler {
 public:
  ws_route(plugin_instance& plugin, std::string path, std::uint64_t cookie)
      : plugin_(plugin), path_(std::move(path)), cookie_(cookie) {}

  static core::result<std::shared_ptr<ws_route>> open(plugin_instance& plugin, const evh_ws_route& wanted);

  void on_open(io::ws_id id, const io::http_request& request) noexcept override;
  bool on_message(io::ws_id id, io::ws_kind kind, std::string_view message) noexcept override;
  void on_close(io::ws_id id, std::uint16_t code) noexcept override;

 private:
  // What on_open needs of a request that is gone by then.
  struct opened {
    std::string origin, remote;
    std::vector<std::string> protocols;
    std::shared_ptr<const io::principal> who;
    std::uint64_t user = 0;
  };
  struct event {
    enum class kind { open, message, close } what = kind::message;
    std::unique_ptr<opened> opening;
    std::string data;
    std::uint32_t flags = 0;
    std::uint16_t code = 0;
  };
  struct connection {
    std::mutex mutex;
    std::deque<event> inbox;
    bool scheduled = false, closed = false;
  };
  using connection_ptr = std::shared_ptr<connection>;
  // The user value of an accepted upgrade, found again in on_open by the principal object the admission carried.
  struct admitted {
    std::weak_ptr<const io::principal> ticket;
    std::shared_ptr<const io::principal> who;
    std::uint64_t user = 0;
  };
  struct shard {
    std::mutex mutex;
    std::unordered_map<io::ws_id, connection_ptr> connections;
  };
  static constexpr std::size_t shard_count = 16, events_per_turn = 32, admitted_max = 4096;

  io::ws_admission admit(const io::http_request& request, std::span<const std::string_view> offered);
  std::optional<admitted> take_admitted(const io::principal* ticket);
  connection_ptr find(io::ws_id id);
  bool push(io::ws_id id, const connection_ptr& to, event what, bool bounded);
  void run(io::ws_id id, const connection_ptr& of);
  void deliver(io::ws_id id, event& what);

  plugin_instance& plugin_;
  std::string path_;
  std::uint64_t cookie_;
  std::array<shard, shard_count> shards_;
  std::mutex admitted_mutex_;
  std::unordered_map<const io::principal*, admitted> admitted_;
};

}  // namespace evhost::runtime
