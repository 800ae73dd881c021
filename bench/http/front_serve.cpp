// Serves GET /health from the whole front or from a bare Beast coroutine server, for bench/http/compare to load with wrk.
// front_serve front|beast [io threads]; prints its port.
#include <condition_variable>
#include <csignal>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "host/http/front.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
constexpr const char* body = R"({"status":"ok"})";

asio::awaitable<void> beast_session(tcp::socket socket) {
  beast::flat_buffer buffer;
  try {
    for (bool open = true; open;) {
      beast::http::request<beast::http::string_body> asked;
      co_await beast::http::async_read(socket, buffer, asked, asio::use_awaitable);
      beast::http::response<beast::http::string_body> answer{beast::http::status::ok, asked.version()};
      answer.set(beast::http::field::server, "evhost");
      answer.set(beast::http::field::content_type, "application/json");
      answer.body() = body;
      answer.keep_alive(open = asked.keep_alive());
      answer.prepare_payload();
      co_await beast::http::async_write(socket, answer, asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {  // the peer has gone
  }
}

asio::awaitable<void> beast_accept(tcp::acceptor& acceptor, std::vector<std::unique_ptr<asio::io_context>>& contexts) {
  for (std::size_t turn = 0;; ++turn) {
    auto& home = *contexts[turn % contexts.size()];
    auto socket = co_await acceptor.async_accept(home, asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(home, beast_session(std::move(socket)), asio::detached);
  }
}

void serve_beast(unsigned threads) {
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
  for (unsigned i = 0; i < threads; ++i) guards.push_back(asio::make_work_guard(*contexts.emplace_back(std::make_unique<asio::io_context>(1))));
  tcp::acceptor acceptor(*contexts[0], {asio::ip::address_v4::loopback(), 0});
  std::cout << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(*contexts[0], beast_accept(acceptor, contexts), asio::detached);
  std::vector<std::jthread> running;
  for (auto& c : contexts) running.emplace_back([&c] { c->run(); });
}

// One worker, standing for the runtime's pool: answers come from another thread.
void serve_front(unsigned threads) {
  using namespace evhost;
  http::front_options options;
  options.port = 0;
  options.io_threads = threads;
  http::front front(options, {});
  io::http_route_options open;
  open.auth = io::auth_mode::none;
  const auto answer = [](const io::http_exchange_ptr& x) { x->respond(200, {{"Content-Type", "application/json"}}, body); };
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<io::http_exchange_ptr> queue;
  front.route(io::http_method::get, "/health", open, answer);
  front.route(io::http_method::get, "/api/v1/tasks/:id", open, answer);
  front.route(io::http_method::get, "/pooled", open, [&](io::http_exchange_ptr x) {
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(x));
    ready.notify_one();
  });
  if (!front.start()) return;
  std::cout << front.port() << std::endl;
  std::unique_lock lock(mutex);
  for (;;) {
    ready.wait(lock, [&] { return !queue.empty(); });
    auto x = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    answer(x);
    x.reset();
    lock.lock();
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  const unsigned threads = count > 2 ? static_cast<unsigned>(std::stoul(arguments[2])) : 2;
  if (count > 1 && std::string(arguments[1]) == "beast")
    serve_beast(threads);
  else
    serve_front(threads);
}
