// The one file that instantiates Beast's WebSocket stream.
//
// Rules that keep Beast sound: one read, one write, one ping and one close outstanding; async_close is started only when
// no write of ours is; nothing is started after it; deadlines close the socket below Beast, so every operation ends.
#include "host/websocket/session.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "host/websocket/message_budget.hpp"
#include "host/websocket/shard.hpp"
#include "host/websocket/wire_stream.hpp"

namespace evhost::websocket {
namespace {

namespace beast = boost::beast;
namespace ws = boost::beast::websocket;
using core::net::error_code;

constexpr int kernel_send_bytes = 128 * 1024;  // what a peer that does not read can make the kernel hold

class beast_session final : public session, private wire_stream::watcher {
 public:
  beast_session(shard& home, io::ws_id id, const io::upgrade_route& route, std::unique_ptr<core::net::wire> wire,
                io::ws_admission admission, std::shared_ptr<void> lease)
      : home_(home),
        id_(id),
        limits_(route.options.limits),
        handler_(*route.handler),
        lease_(std::move(lease)),
        admission_(std::move(admission)),
        stream_(std::move(wire), static_cast<wire_stream::watcher&>(*this)),
        in_(limits_.message_bytes_max),
        budget_(limits_.messages_per_s, limits_.messages_burst, clock::now()),
        heard_(clock::now()) {
    home_.enlist(*this);
    home_.bind(id_, *this);
  }
  ~beast_session() override {
    retire(io::ws_code::abnormal);
    home_.dismiss(*this);
  }

  void open(const io::http_request& request) {
    error_code ignored;
    wire().socket().set_option(boost::asio::socket_base::send_buffer_size(kernel_send_bytes), ignored);
    stream_.read_message_max(limits_.message_bytes_max);
    stream_.auto_fragment(false);
    stream_.set_option(ws::stream_base::decorator([this](ws::response_type& answer) {
      answer.set(beast::http::field::server, "evhost");
      if (!admission_.subprotocol.empty()) answer.set(beast::http::field::sec_websocket_protocol, admission_.subprotocol);
    }));
    stream_.control_callback([this](ws::frame_type kind, beast::string_view) {
      raw_bytes_ = 0;
      if (kind != ws::frame_type::close) spend();
    });
    upgrade_.method(beast::http::verb::get);
    upgrade_.version(11);
    upgrade_.target(beast::string_view(request.target.data(), request.target.size()));
    upgrade_.set(beast::http::field::host, "localhost");
    upgrade_.set(beast::http::field::connection, "upgrade");
    upgrade_.set(beast::http::field::upgrade, "websocket");
    upgrade_.set(beast::http::field::sec_websocket_version, "13");
    upgrade_.set(beast::http::field::sec_websocket_key, request.field("sec-websocket-key").value_or(""));
    handler_.on_open(id_, request);
    ++operations_;
    stream_.async_accept(upgrade_, [this](error_code ec) {
      upgrade_ = {};
      accepted_ = !ec;
      if (ec)
        fail(io::ws_code::abnormal);
      else
        read();
      write_next();
      ended();
    });
  }

  // ---- session ----

  void enqueue(const io::ws_frame& frame) override {
    if (state_ != state::open) return;
    const bool over = queued_bytes_ > 0 && queued_bytes_ + frame->payload.size() > limits_.queue_bytes_max;  // one frame always fits
    if (over || queue_.size() - first_ >= limits_.queue_frames_max) {
      home_.counters().slow_closed.fetch_add(1, std::memory_order_relaxed);
      home_.counters().dropped_slow.add();
      begin_close(limits_.slow_code, "the queue of unread frames is full", true);
      return;
    }
    queue_.push_back(frame);
    queued_bytes_ += frame->payload.size();
    above_high_water_ = above_high_water_ || queued_bytes_ > limits_.high_water_bytes;
    write_next();
  }

  void begin_close(std::uint16_t code, std::string_view reason, bool drop_queue) override {
    if (state_ != state::open) return;
    state_ = state::closing;
    deadline_ = clock::now() + limits_.close_grace;
    close_.code = code;
    const auto cut = reason.substr(0, 123);
    close_.reason.assign(cut.data(), cut.size());
    if (drop_queue) drop();
    retire(code);
    write_next();
  }

  void sweep(clock::time_point now) override {
    if (state_ != state::open) {
      if (now >= deadline_) wire().close();
      return;
    }
    const auto silence = now - heard_;
    if (silence >= limits_.dead_after) {
      home_.counters().dropped_slow.add();
      begin_close(limits_.slow_code, "no answer to pings", true);
    } else if (silence >= limits_.ping_after && accepted_ && !pinging_) {
      pinging_ = true;
      ++operations_;
      stream_.async_ping({}, [this](error_code) {
        pinging_ = false;
        ended();
      });
    }
  }

  void abort() noexcept override {
    if (state_ == state::open) state_ = state::closing;
    wire().close();
  }

 private:
  enum class state { open, closing, lingering };

  core::net::wire& wire() noexcept { return stream_.next_layer().wire(); }

  void on_bytes(std::size_t count) noexcept override {
    heard_ = clock::now();
    raw_bytes_ += count;
    // Fragments without content never become a message; their headers are what we see of them.
    if (raw_bytes_ > limits_.message_bytes_max + 14 * limits_.fragments_max + 2 * raw_slack) {
      home_.counters().dropped_limit.add();
      begin_close(io::ws_code::policy, "too many fragments", true);
    }
  }

  bool spend() {
    if (budget_.take(heard_)) return true;
    if (state_ == state::open) home_.counters().dropped_limit.add();
    begin_close(io::ws_code::rate_limited, "too many messages", true);
    return false;
  }

  void read() {
    ++operations_;
    stream_.async_read(in_, [this](error_code ec, std::size_t) {
      if (ec)
        fail(code_of(ec));
      else
        receive();
      ended();
    });
  }

  void receive() {
    raw_bytes_ = 0;
    home_.counters().messages_in.fetch_add(1, std::memory_order_relaxed);
    home_.counters().received.add();
    if (state_ == state::open && spend()) {
      const auto data = in_.cdata();
      const std::string_view message(static_cast<const char*>(data.data()), data.size());
      if (!handler_.on_message(id_, stream_.got_text() ? io::ws_kind::text : io::ws_kind::binary, message))
        begin_close(io::ws_code::try_again, "the server is overloaded", false);
    }
    in_.consume(in_.size());
    if (in_.capacity() > large_bytes) in_.shrink_to_fit();
    read();
  }

  // Our own frames, one after the other; then the close frame, if one waits.
  void write_next() {
    if (writing_ || !accepted_ || closing_) return;
    if (first_ < queue_.size()) {
      writing_ = true;
      ++operations_;
      flying_ = std::move(queue_[first_++]);
      stream_.text(flying_->kind == io::ws_kind::text);
      stream_.async_write(boost::asio::buffer(flying_->payload), [this](error_code ec, std::size_t n) {
        written(ec, n);
        ended();
      });
    } else if (state_ == state::closing) {
      closing_ = true;
      ++operations_;
      stream_.async_close(close_, [this](error_code) {
        linger();
        ended();
      });
    }
  }

  void written(error_code ec, std::size_t bytes) {
    writing_ = false;
    queued_bytes_ -= std::min(queued_bytes_, flying_->payload.size());
    if (id_ != 0) home_.written(id_, flying_->payload.size());
    flying_.reset();
    if (ec) return fail(io::ws_code::abnormal);
    home_.counters().frames_out.fetch_add(1, std::memory_order_relaxed);
    home_.counters().bytes_out.fetch_add(bytes, std::memory_order_relaxed);
    home_.counters().sent.add();
    if (first_ == queue_.size()) {
      queue_.clear();
      first_ = 0;
    } else if (first_ > 256) {
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    if (above_high_water_ && queued_bytes_ <= limits_.high_water_bytes / 2) {
      above_high_water_ = false;
      if (state_ == state::open) handler_.on_drained(id_);
    }
    write_next();
  }

  // The peer closed, broke the protocol (Beast has sent the close frame) or vanished.
  void fail(std::uint16_t code) {
    if (state_ == state::open) {
      state_ = state::closing;
      deadline_ = clock::now() + limits_.close_grace;
    }
    drop();
    retire(code);
    linger();
  }

  // Reads on until the peer has seen our close frame, so that it is not lost to a reset.
  void linger() {
    if (std::exchange(state_, state::lingering) == state::lingering) return;
    drop();
    wire().shutdown_send();
    discard();
  }

  void discard() {
    if (operations_ > 1 || !wire().socket().is_open()) return;  // ended() comes back here
    ++operations_;
    auto done = [this](error_code ec, std::size_t) {
      if (ec)
        wire().close();
      else
        discard();
      ended();
    };
    wire().read_some({waste_.data(), waste_.size()}, *new held_handler<decltype(done)>(std::move(done)));
  }

  void ended() {
    if (--operations_ > 0) return;
    if (state_ == state::lingering && wire().socket().is_open()) {
      ++operations_;
      discard();
      --operations_;
      if (operations_ > 0) return;
    }
    if (state_ != state::open) delete this;
  }

  void drop() {
    queue_ = {};
    first_ = 0;
    queued_bytes_ = flying_ ? flying_->payload.size() : 0;
  }

  // The id becomes stale and the handler hears of it, once.
  void retire(std::uint16_t code) {
    if (id_ == 0) return;
    const auto id = std::exchange(id_, 0);
    home_.forget(id);
    handler_.on_close(id, code);
  }

  std::uint16_t code_of(error_code ec) const {
    if (ec == ws::error::closed) return stream_.reason().code == ws::close_code::none ? 1005 : stream_.reason().code;
    if (ec == ws::error::message_too_big || ec == ws::error::buffer_overflow) return io::ws_code::too_big;
    if (ec == ws::error::bad_frame_payload) return io::ws_code::invalid_text;
    return ec == ws::condition::protocol_violation ? io::ws_code::protocol_error : io::ws_code::abnormal;
  }

  static constexpr std::size_t raw_slack = 16 * 1024;    // control frames and read-ahead
  static constexpr std::size_t large_bytes = 8 * 1024;   // of the message buffer kept by an idle connection

  shard& home_;
  io::ws_id id_;
  const io::ws_limits limits_;
  io::websocket_handler& handler_;
  std::shared_ptr<void> lease_;
  io::ws_admission admission_;
  beast::http::request<beast::http::empty_body> upgrade_;
  ws::stream<wire_stream, false> stream_;
  beast::flat_buffer in_;
  message_budget budget_;
  clock::time_point heard_, deadline_{};
  std::size_t raw_bytes_ = 0;
  state state_ = state::open;
  bool accepted_ = false, writing_ = false, pinging_ = false, closing_ = false, above_high_water_ = false;
  int operations_ = 0;  // outstanding asynchronous operations
  std::vector<io::ws_frame> queue_;
  std::size_t first_ = 0, queued_bytes_ = 0;
  io::ws_frame flying_;
  ws::close_reason close_;
  std::array<char, 512> waste_;
};

}  // namespace

session* session::start(shard& home, io::ws_id id, const io::upgrade_route& route, std::unique_ptr<core::net::wire> wire,
                        const io::http_request& request, io::ws_admission admission, std::shared_ptr<void> lease) {
  auto* made = new beast_session(home, id, route, std::move(wire), std::move(admission), std::move(lease));  // owns itself
  made->open(request);
  return made;
}

}  // namespace evhost::websocket
