// core::net::wire as the stream Beast's WebSocket runs on. Included by session.cpp only: everything here is templates.
//
// Threading: the connection's io thread. The owner is told of every byte that arrives, which is how silence and floods of
// empty fragments are seen below Beast's messages.
#pragma once

#include <array>
#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/beast/core/role.hpp>

#include "host/core/net/wire.hpp"

namespace evhost::websocket {

namespace net = core::net;

// A handler waiting for one operation; frees itself before it calls.
template <class Handler>
class held_handler final : public net::io_op {
 public:
  explicit held_handler(Handler&& h) : handler_(std::move(h)) {}
  void complete(net::error_code ec, std::size_t bytes) noexcept override {
    Handler handler(std::move(handler_));
    delete this;
    std::move(handler)(ec, bytes);
  }

 private:
  Handler handler_;
};

class wire_stream {
 public:
  using executor_type = net::io_executor;

  class watcher {
   public:
    virtual void on_bytes(std::size_t count) noexcept = 0;

   protected:
    ~watcher() = default;
  };

  wire_stream(std::unique_ptr<net::wire> wire, watcher& owner) : wire_(std::move(wire)), owner_(&owner) {}

  executor_type get_executor() noexcept { return wire_->executor(); }
  net::wire& wire() noexcept { return *wire_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(net::error_code, std::size_t)>(
        [this](auto handler, net::asio::mutable_buffer into) {
          auto counted = [owner = owner_, h = std::move(handler)](net::error_code ec, std::size_t n) mutable {
            if (n > 0) owner->on_bytes(n);
            std::move(h)(ec, n);
          };
          wire_->read_some(into, *new held_handler<decltype(counted)>(std::move(counted)));
        },
        token, first_of(buffers));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(net::error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          std::array<net::asio::const_buffer, net::wire::buffers_max> parts;
          std::size_t count = 0;
          for (auto it = boost::asio::buffer_sequence_begin(from); it != boost::asio::buffer_sequence_end(from) && count < parts.size(); ++it)
            if (net::asio::const_buffer b(*it); b.size() > 0) parts[count++] = b;
          wire_->write_some({parts.data(), count}, *new held_handler<decltype(handler)>(std::move(handler)));
        },
        token, buffers);
  }

 private:
  // Reading less than was offered is always allowed: the first buffer that has room is enough.
  template <class Buffers>
  static net::asio::mutable_buffer first_of(const Buffers& buffers) {
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers); ++it)
      if (net::asio::mutable_buffer b(*it); b.size() > 0) return b;
    return {};
  }

  std::unique_ptr<net::wire> wire_;
  watcher* owner_;
};

// What Beast calls at the end of a WebSocket: half-close; the session lingers by itself.
inline void teardown(boost::beast::role_type, wire_stream& stream, net::error_code& ec) {
  stream.wire().shutdown_send();
  ec = {};
}

template <class Handler>
void async_teardown(boost::beast::role_type, wire_stream& stream, Handler&& handler) {
  stream.wire().shutdown_send();
  boost::asio::post(stream.get_executor(), [h = std::forward<Handler>(handler)]() mutable { std::move(h)(net::error_code()); });
}

inline void beast_close_socket(wire_stream& stream) { stream.wire().close(); }

}  // namespace evhost::websocket
