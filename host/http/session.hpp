// One connection: reads requests strictly in order, lets them be handled, writes the answers, closes politely.
//
// Threading: its shard's io thread only. Ownership: frees itself when the connection has ended.
// Pipelined requests wait in the input buffer; exactly one is with a handler at any time.
#pragma once

#include <coroutine>
#include <memory>
#include <string>

#include "host/core/net/wire.hpp"
#include "host/http/admission.hpp"
#include "host/http/connection_caps.hpp"
#include "host/http/deadlines.hpp"
#include "host/http/exchange.hpp"
#include "host/http/request_reader.hpp"
#include "host/http/task.hpp"

namespace evhost::http {

class shard;

class session final : public deadline_wheel::node {
 public:
  session(shard& home, core::net::tcp_socket socket, const ip_address& peer, connection_caps::lease lease);
  ~session() override;

  void start() { run(); }
  void answer_ready();                     // from the exchange
  bool awaits_answer() const noexcept { return waiting_ != nullptr; }
  void on_deadline(deadline_wheel::clock::time_point now) override;
  void close_if_idle() noexcept;
  void abort();                            // now, without a word

  session* next = nullptr;                 // the shard's list
  session** link = nullptr;

 private:
  enum class phase { none, handshake, header, body, idle, work, write, linger };
  using time_point = deadline_wheel::clock::time_point;

  running run();
  step<bool> open();
  step<bool> serve();
  step<bool> flush_waiting();
  step<bool> time_out();
  step<bool> refuse_and_close(refusal why);
  step<bool> farewell();
  step<bool> upgrade();

  struct answer_awaiter;
  void enter(phase p, std::chrono::milliseconds within);
  void leave() noexcept { phase_ = phase::none; }
  void enter_reading();
  void renew_exchange();
  void judge_head();
  bool must_close_early() const noexcept;
  void dispatch();
  void await_handler();
  bool write_answer(bool keep_alive);      // true: the body was left in the exchange, flush before going on
  bool flush_now();
  std::size_t unsent() const noexcept;

  shard& home_;
  std::unique_ptr<core::net::wire> wire_;
  peer_identity peer_;
  connection_caps::lease lease_;
  request_reader reader_;
  owned_exchange exchange_, spare_;        // two: a handler on another thread lets go of the last one a moment late
  admission_result admission_;
  std::string out_;
  std::size_t sent_ = 0;                   // of out_, then of large_
  std::string_view large_;                 // a body written from the exchange
  core::net::error_code write_error_;
  phase phase_ = phase::none;
  bool expired_ = false, gone_ = false, first_ = true;
  time_point handler_deadline_{};
  std::coroutine_handle<> waiting_;
};

}  // namespace evhost::http
