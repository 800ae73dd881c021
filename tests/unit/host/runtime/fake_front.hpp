// Fronts without sockets: routes and WebSocket endpoints are remembered, requests and messages are put in by the test.
#pragma once
#include "host/io/http.hpp"
#include "host/io/websocket.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace evhost::runtime::tests {

// What became of one request. Outlives the exchange.
struct outcome {
  unsigned status = 0;  // 0: not answered
  std::string body, code;
  std::map<std::string, std::string> fields;
  std::atomic<int> answers = 0;
  std::atomic<bool> complete = false;  // everything above may be read
  bool dropped = false;                // the last reference went without an answer
};

struct asked {
  std::string path;
  std::map<std::string, std::string> fields, params, query;
  std::string body;
  std::shared_ptr<const io::principal> who;
};

class fake_front final : public io::http_routes, public io::websocket_routes, public io::websocket_hub {
 public:
  std::string route(io::http_method method, std::string_view pattern, io::http_route_options options,
                    io::http_handler handler) override;
  std::string websocket(std::string_view path, io::ws_route_options options, io::websocket_handler& handler) override;
  using io::websocket_hub::send;
  bool send(std::span<const io::ws_id> ids, const io::ws_frame& frame) override;
  void close(io::ws_id id, std::uint16_t code, std::string_view reason) override;
  std::size_t connections() const noexcept override { return 0; }
  std::optional<std::size_t> queued_bytes(io::ws_id id) const noexcept override {
    return id == 7 ? std::optional<std::size_t>(70) : std::nullopt;
  }

  // Hands a request to the route registered as "<METHOD> <pattern>".
  std::shared_ptr<outcome> request(const std::string& route, asked what = {});
  // The client went away, or the deadline passed: later answers are refused.
  void abandon(const std::shared_ptr<outcome>& of);

  struct endpoint {
    io::ws_route_options options;
    io::websocket_handler* handler = nullptr;
  };
  io::ws_admission upgrade(const std::string& path, const asked& what, std::vector<std::string_view> offered = {});
  void open(const std::string& path, io::ws_id id, const asked& what, std::shared_ptr<const io::principal> who);

  std::map<std::string, io::http_route_options> options;
  std::map<std::string, endpoint> endpoints;
  std::vector<std::pair<std::vector<io::ws_id>, std::string>> sent;
  std::vector<std::pair<io::ws_id, std::uint16_t>> closed;
  std::string refuse_route;  // sentence the next registrations are refused with

 private:
  std::map<std::string, io::http_handler> handlers_;
};

}  // namespace evhost::runtime::tests
