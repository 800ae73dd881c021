// The two coroutine shapes a session needs: one that runs by itself, and one that is awaited. One thread, no executor.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "host/core/net/wire.hpp"

namespace evhost::http {

// Runs at once and frees itself at its end. The body must catch everything.
struct running {
  struct promise_type {
    running get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

// Starts when awaited; its result or exception goes to the awaiter.
template <class T>
class [[nodiscard]] step {
 public:
  struct promise_type {
    T value{};
    std::exception_ptr failure;
    std::coroutine_handle<> continuation;

    step get_return_object() noexcept { return step(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct resume_awaiter {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept { return h.promise().continuation; }
      void await_resume() noexcept {}
    };
    resume_awaiter final_suspend() noexcept { return {}; }
    void return_value(T v) { value = std::move(v); }
    void unhandled_exception() noexcept { failure = std::current_exception(); }
  };

  explicit step(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  step(step&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  step(const step&) = delete;
  step& operator=(const step&) = delete;
  ~step() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.promise().continuation = awaiting;
    return handle_;
  }
  T await_resume() {
    if (handle_.promise().failure) std::rethrow_exception(handle_.promise().failure);
    return std::move(handle_.promise().value);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

struct io_result {
  core::net::error_code ec;
  std::size_t bytes = 0;
};

// Base of the awaiters over wire's operations: the operation's completion resumes the coroutine.
class io_awaiter : public core::net::io_op {
 public:
  bool await_ready() const noexcept { return false; }
  io_result await_resume() const noexcept { return result_; }
  void complete(core::net::error_code ec, std::size_t bytes) noexcept final {
    result_ = {ec, bytes};
    waiting_.resume();
  }

 protected:
  ~io_awaiter() = default;
  std::coroutine_handle<> waiting_;
  io_result result_;
};

class reading final : public io_awaiter {
 public:
  reading(core::net::wire& w, void* into, std::size_t bytes) noexcept : wire_(w), into_(into), bytes_(bytes) {}
  void await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    wire_.read_some({into_, bytes_}, *this);
  }

 private:
  core::net::wire& wire_;
  void* into_;
  std::size_t bytes_;
};

class writing final : public io_awaiter {
 public:
  writing(core::net::wire& w, std::span<const boost::asio::const_buffer> from) noexcept : wire_(w), from_(from) {}
  void await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    wire_.write_some(from_, *this);
  }

 private:
  core::net::wire& wire_;
  std::span<const boost::asio::const_buffer> from_;
};

// wait_readable, handshake, shutdown_tls.
class event_of final : public io_awaiter {
 public:
  using operation = void (core::net::wire::*)(core::net::io_op&);
  event_of(core::net::wire& w, operation op) noexcept : wire_(w), operation_(op) {}
  void await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    (wire_.*operation_)(*this);
  }

 private:
  core::net::wire& wire_;
  operation operation_;
};

}  // namespace evhost::http
