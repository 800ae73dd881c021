// The connection's coroutine. Everything that can be done without waiting is done in plain functions; frames are only
// made for the rare paths (slow writers, TLS, refusals, closing).
#include "host/http/session.hpp"

#include <sys/socket.h>

#include <array>
#include <exception>

#include <boost/asio/ssl/context.hpp>

#include "host/http/shard.hpp"

namespace evhost::http {
namespace {

constexpr std::size_t gather_bytes = 16 * 1024;      // bodies above this are not copied behind their head
constexpr std::size_t pipeline_bytes = 64 * 1024;    // answers collected before they are written
constexpr auto hang_up_poll = std::chrono::milliseconds(200);
constexpr unsigned char tls_handshake_record = 0x16;

}  // namespace

struct session::answer_awaiter {
  session& s;
  bool await_ready() const noexcept { return s.exchange_->ready() || s.gone_; }
  void await_suspend(std::coroutine_handle<> h) const noexcept { s.waiting_ = h; }
  void await_resume() const noexcept {}
};

session::session(shard& home, core::net::tcp_socket socket, const ip_address& peer, connection_caps::lease lease)
    : home_(home),
      wire_(std::make_unique<core::net::wire>(std::move(socket))),
      peer_(identify(home.shared(), peer)),
      lease_(std::move(lease)),
      reader_(home.shared().options.reader) {
  home_.enlist(*this);
}

session::~session() {
  home_.dismiss(*this);
  if (exchange_) exchange_->detach();
}

running session::run() {
  const std::unique_ptr<session> self(this);
  try {
    if (co_await open()) co_await serve();
  } catch (const std::exception& e) {
    home_.shared().hooks.log->log(io::log_level::error, "http", "connection ended by an exception", {{"error", e.what()}});
  } catch (...) {
    home_.shared().hooks.log->log(io::log_level::error, "http", "connection ended by an exception");
  }
}

// ---- phases and deadlines ----

void session::enter(phase p, std::chrono::milliseconds within) {
  if (phase_ == p) return;  // deadlines are of the whole phase, not of its last byte
  phase_ = p;
  home_.wheel().arm(*this, deadline_wheel::clock::now() + within);
}

void session::enter_reading() {
  const auto& o = home_.shared().options;
  if (reader_.in_body())
    enter(phase::body, o.body_timeout);
  else if (reader_.started() || first_)
    enter(phase::header, o.header_timeout);
  else
    enter(phase::idle, o.idle_timeout);
}

void session::on_deadline(time_point now) {
  switch (phase_) {
    case phase::none: return;
    case phase::work:
      if (wire_->hung_up()) {
        exchange_->cancel();
        gone_ = true;
      } else if (now < handler_deadline_) {
        home_.wheel().arm(*this, std::min(now + hang_up_poll, handler_deadline_));
        return;
      } else if (exchange_->cancel()) {
        exchange_->set_problem({504, "handler-timeout", "the request took longer than it may", {}});
        gone_ = false;
        expired_ = true;
      } else {
        home_.wheel().arm(*this, now + hang_up_poll);  // the answer is being written at this moment
        return;
      }
      phase_ = phase::none;
      if (waiting_) std::exchange(waiting_, nullptr).resume();
      return;
    case phase::write:
    case phase::linger: wire_->close(); return;
    case phase::handshake:
    case phase::header:
    case phase::body:
    case phase::idle:
      expired_ = true;
      wire_->cancel();
      return;
  }
}

void session::close_if_idle() noexcept {
  if (phase_ == phase::idle || (phase_ == phase::header && !reader_.started())) {
    phase_ = phase::none;
    wire_->close();
  }
}

void session::abort() {
  gone_ = true;
  if (phase_ == phase::work) {
    exchange_->cancel();
    phase_ = phase::none;
    if (waiting_) std::exchange(waiting_, nullptr).resume();
  } else if (wire_) {
    wire_->close();
  }
}

void session::answer_ready() {
  if (waiting_) std::exchange(waiting_, nullptr).resume();
}

// ---- reading ----

step<bool> session::open() {
  auto& shared = home_.shared();
  if (!shared.tls) co_return true;
  enter(phase::handshake, shared.options.header_timeout);
  const auto readable = co_await event_of(*wire_, &core::net::wire::wait_readable);
  unsigned char first = 0;
  if (readable.ec || ::recv(wire_->socket().native_handle(), &first, 1, MSG_PEEK) != 1) co_return false;
  if (first == tls_handshake_record) {
    wire_->secure(*shared.tls);
    const auto shaken = co_await event_of(*wire_, &core::net::wire::handshake);
    if (shaken.ec) co_return false;
  } else if (shared.options.tls.required) {
    co_return false;
  }
  leave();
  co_return true;
}

void session::renew_exchange() {
  if (exchange_ && !exchange_->reusable()) {
    exchange_->detach();
    std::swap(exchange_, spare_);
  }
  if (exchange_ && exchange_->reusable())
    exchange_->reset();
  else
    exchange_ = owned_exchange(new exchange(home_.shared_from_this()));
}

step<bool> session::serve() {
  renew_exchange();
  for (;;) {
    switch (reader_.next(exchange_->in)) {
      case request_reader::event::need_more: {
        if (!flush_now() && !co_await flush_waiting()) co_return false;
        if (!reader_.started() && home_.shared().draining.load(std::memory_order_relaxed)) co_return co_await farewell();
        enter_reading();
        const auto room = reader_.prepare();
        const auto got = co_await reading(*wire_, room.data(), room.size());
        if (expired_) co_return co_await time_out();
        if (got.ec || gone_) co_return false;
        reader_.commit(got.bytes);
        break;
      }
      case request_reader::event::error: co_return co_await refuse_and_close(reader_.error());
      case request_reader::event::head:
        judge_head();
        if (must_close_early()) {
          write_answer(false);
          co_return co_await farewell();
        }
        if (exchange_->in.expects_continue && exchange_->in.has_body() && reader_.buffered() == 0)
          out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        break;
      case request_reader::event::request: {
        first_ = false;
        leave();
        if (!admission_.refused) {
          if (admission_.upgrade != nullptr) co_return co_await upgrade();
          dispatch();
          if (!exchange_->ready()) {
            if (!flush_now() && !co_await flush_waiting()) co_return false;
            await_handler();
            co_await answer_awaiter{*this};
            leave();
          }
          home_.shared().counters.in_flight.fetch_sub(1, std::memory_order_relaxed);
          if (gone_) co_return false;
        }
        const bool keep = exchange_->in.keep_alive && !admission_.close && !std::exchange(expired_, false) && !home_.shared().draining.load(std::memory_order_relaxed);
        const bool flush = write_answer(keep) || out_.size() > pipeline_bytes;
        if (flush && !flush_now() && !co_await flush_waiting()) co_return false;
        if (!keep) co_return co_await farewell();
        renew_exchange();
        break;
      }
    }
  }
}

// ---- one request ----

void session::judge_head() {
  auto& x = *exchange_;
  x.begin(deadline_wheel::clock::now());
  x.editable_request().tls = wire_->tls();
  admission_ = admit(home_.shared(), x, peer_);
  reader_.limit_body(admission_.route != nullptr && !admission_.refused ? admission_.route->options.body_bytes_max
                                                                       : home_.shared().options.refused_body_bytes_max);
  if (admission_.refused && !admission_.code.empty()) home_.count_rejected(admission_.code);
}

// A refusal does not wait for a body that is large, of unknown length, or still to be asked for.
bool session::must_close_early() const noexcept {
  const auto& in = exchange_->in;
  if (!admission_.refused || !in.has_body()) return false;
  return in.chunked || in.expects_continue || in.content_length > home_.shared().options.refused_body_bytes_max;
}

void session::dispatch() {
  auto& x = *exchange_;
  const auto& route = *admission_.route;
  auto& request = x.editable_request();
  request.body = x.in.body;
  if (x.in.has_body()) request.received = deadline_wheel::clock::now();  // its last byte, not its head
  const auto within = route.options.deadline.count() > 0 ? route.options.deadline : home_.shared().options.handler_timeout;
  request.deadline = handler_deadline_ = request.received + within;
  home_.shared().counters.in_flight.fetch_add(1, std::memory_order_relaxed);
  auto handed = x.hand_out(*this);
  try {
    route.handler(handed);
  } catch (const std::exception& e) {
    home_.shared().hooks.log->log(io::log_level::error, "http", "handler threw",
                                  {{"route", request.route}, {"request_id", request.request_id}, {"error", e.what()}});
    handed->refuse({500, "internal", {}, {}});
  } catch (...) {
    handed->refuse({500, "internal", {}, {}});
  }
}

void session::await_handler() {
  phase_ = phase::work;
  const auto now = deadline_wheel::clock::now();
  home_.wheel().arm(*this, std::min(now + hang_up_poll, handler_deadline_));
}

bool session::write_answer(bool keep_alive) {
  auto& x = *exchange_;
  const auto& request = x.request();
  const bool head = x.in.method == io::http_method::head;
  append_head(out_, x.out, {request.request_id, x.rate_fields, x.cors_fields, keep_alive, x.in.http_1_0, head});
  if (!head && x.out.body.size() > gather_bytes)
    large_ = x.out.body;
  else if (!head)
    out_ += x.out.body;
  home_.observe(request, x.out.status, x.out.code, deadline_wheel::clock::now() - request.received);
  return !large_.empty();
}

step<bool> session::upgrade() {
  auto& x = *exchange_;
  auto* hook = home_.shared().hooks.upgrades;
  auto verdict = hook->negotiate(*admission_.upgrade, x.request());
  if (!verdict.refused && reader_.buffered() > 0)
    co_return co_await refuse_and_close({400, "malformed-request", "bytes before the upgrade was answered"});
  if (verdict.refused || home_.shared().draining.load(std::memory_order_relaxed)) {
    if (!verdict.refused) verdict.problem = {503, "draining", "the server is going away; connect again", {}};
    x.set_problem(verdict.problem);
    for (const auto& [name, value] : verdict.fields) x.out.fields += name + ": " + value + "\r\n";
    home_.count_rejected(verdict.problem.code);
    write_answer(false);
    co_return co_await farewell();
  }
  if (!flush_now() && !co_await flush_waiting()) co_return false;
  leave();
  unlink();
  hook->adopt(*admission_.upgrade, home_.index(), std::move(wire_), x.request(), std::move(verdict.admission),
              std::make_shared<connection_caps::lease>(std::move(lease_)));
  co_return false;
}

// ---- writing and closing ----

std::size_t session::unsent() const noexcept { return out_.size() + large_.size() - sent_; }

// True when everything is written; false: wait, or the connection is broken (write_error_).
bool session::flush_now() {
  while (unsent() > 0) {
    const auto head = sent_ < out_.size() ? std::string_view(out_).substr(sent_) : std::string_view();
    const auto body = large_.substr(sent_ > out_.size() ? sent_ - out_.size() : 0);
    const std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head), boost::asio::buffer(body)};
    write_error_ = {};
    sent_ += wire_->try_write(parts, write_error_);
    if (write_error_) return false;
  }
  out_.clear();
  if (out_.capacity() > pipeline_bytes) out_.shrink_to_fit();
  large_ = {};
  sent_ = 0;
  return true;
}

step<bool> session::flush_waiting() {
  const auto again = [&] { return write_error_ == boost::asio::error::would_block || write_error_ == boost::asio::error::try_again; };
  leave();
  while (!flush_now()) {
    if (!again()) co_return false;
    enter(phase::write, home_.shared().options.write_timeout + std::chrono::seconds(unsent() / 65536));
    const auto head = sent_ < out_.size() ? std::string_view(out_).substr(sent_) : std::string_view();
    const auto body = large_.substr(sent_ > out_.size() ? sent_ - out_.size() : 0);
    const std::array<boost::asio::const_buffer, 2> parts{boost::asio::buffer(head), boost::asio::buffer(body)};
    const auto done = co_await writing(*wire_, parts);
    sent_ += done.bytes;
    if (done.ec || gone_) co_return false;
  }
  leave();
  co_return true;
}

step<bool> session::time_out() {
  expired_ = false;
  if (phase_ == phase::idle) co_return false;
  co_return co_await refuse_and_close({408, "request-timeout", phase_ == phase::body ? "the body came too slowly" : "the head came too slowly"});
}

step<bool> session::refuse_and_close(refusal why) {
  renew_exchange();
  auto& x = *exchange_;
  x.begin(deadline_wheel::clock::now());
  x.editable_request().client_address = peer_.text;
  x.editable_request().route = {};
  static constexpr io::http_field allow{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"};
  x.set_problem({why.status, why.code, why.detail, {}}, {&allow, why.status == 405 ? 1u : 0u});
  home_.count_rejected(why.code);
  write_answer(false);
  co_return co_await farewell();
}

// Half-closes and reads on for a moment, so that our last answer is not lost to a reset; what is read is thrown away.
step<bool> session::farewell() {
  if (!flush_now() && !co_await flush_waiting()) co_return false;
  leave();
  enter(phase::linger, home_.shared().options.linger_timeout);
  if (wire_->tls()) {
    co_await event_of(*wire_, &core::net::wire::shutdown_tls);
    co_return false;
  }
  wire_->shutdown_send();
  const auto room = reader_.prepare();
  for (;;) {
    const auto got = co_await reading(*wire_, room.data(), room.size());
    if (got.ec || gone_) co_return false;
  }
}

}  // namespace evhost::http
