// A hub behind a real front, with a handler that records its events.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "host/http/front.hpp"
#include "host/websocket/hub.hpp"
#include "tests/support/ws_client.hpp"

namespace evhost::websocket {

class recording_handler final : public io::websocket_handler {
 public:
  void on_open(io::ws_id id, const io::http_request& request) noexcept override;
  bool on_message(io::ws_id id, io::ws_kind kind, std::string_view message) noexcept override;
  void on_drained(io::ws_id id) noexcept override;
  void on_close(io::ws_id id, std::uint16_t code) noexcept override;

  std::vector<io::ws_id> opened() const;
  std::vector<std::string> messages() const;
  std::vector<std::uint16_t> close_codes() const;
  std::size_t drained() const;
  std::string subject() const;

  // Called with every message, on the io thread; its result is on_message's.
  std::function<bool(io::ws_id, std::string_view)> react;

 private:
  mutable std::mutex mutex_;
  std::vector<io::ws_id> opened_;
  std::vector<std::string> messages_;
  std::vector<std::uint16_t> codes_;
  std::size_t drained_ = 0;
  std::string subject_;
};

class HubTest : public ::testing::Test {
 protected:
  ~HubTest() override;
  void serve(io::ws_route_options route = {}, hub_options options = {}, http::front_options front = small_front());
  static http::front_options small_front();

  test::ws_client connect(const test::ws_options& options = {}) { return test::ws_client(front_->port(), "/ws", options); }
  // The id of the newest connection, once `count` have been opened.
  io::ws_id id_of(std::size_t count = 1);
  // HTTP status of an upgrade that is refused; 101 when it is not.
  unsigned upgrade_status(const test::ws_options& options);
  static bool eventually(const std::function<bool()>& condition);

  recording_handler handler_;
  std::unique_ptr<hub> hub_;
  std::unique_ptr<http::front> front_;
};

}  // namespace evhost::websocket
