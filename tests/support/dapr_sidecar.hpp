// A Dapr sidecar as far as the secrets API goes: answers by path, on a port of 127.0.0.1, one connection at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace evhost::test {

class sidecar {
 public:
  sidecar() : acceptor_(loop_, {boost::asio::ip::address_v4::loopback(), 0}), thread_([this] { serve(); }) {}
  ~sidecar() {
    stopping_ = true;
    boost::asio::ip::tcp::socket wake(loop_);
    boost::system::error_code ec;
    wake.connect(acceptor_.local_endpoint(), ec);
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void answer(const std::string& target, unsigned status, std::string body) {
    std::lock_guard lock(mutex_);
    answers_[target] = {status, std::move(body)};
  }
  void want_token(std::string token) {
    std::lock_guard lock(mutex_);
    token_ = std::move(token);
  }
  void fall_silent() { silent_ = true; }
  // Until the path has been asked for that often; false after ten seconds.
  bool wait_asked(const std::string& target, int times) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_[target] >= times; });
  }

 private:
  void serve() {
    while (!stopping_) {
      boost::system::error_code ec;
      boost::asio::ip::tcp::socket socket(loop_);
      acceptor_.accept(socket, ec);
      if (ec || stopping_) continue;
      boost::beast::flat_buffer buffer;
      boost::beast::http::request<boost::beast::http::string_body> request;
      boost::beast::http::read(socket, buffer, request, ec);
      if (ec) continue;
      if (silent_) {  // until the client gives up
        char byte = 0;
        socket.read_some(boost::asio::buffer(&byte, 1), ec);
        continue;
      }
      boost::beast::http::response<boost::beast::http::string_body> response;
      {
        std::lock_guard lock(mutex_);
        ++asked_[std::string(request.target())];
        came_.notify_all();
        const auto found = answers_.find(std::string(request.target()));
        response.result(found == answers_.end() ? 204u : found->second.first);
        if (found != answers_.end()) response.body() = found->second.second;
        if (!token_.empty() && request["dapr-api-token"] != token_) response.result(401u);
      }
      response.prepare_payload();
      boost::beast::http::write(socket, response, ec);
    }
  }

  boost::asio::io_context loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::mutex mutex_;
  std::map<std::string, std::pair<unsigned, std::string>> answers_;
  std::map<std::string, int> asked_;
  std::condition_variable came_;
  std::string token_;
  std::atomic<bool> stopping_{false}, silent_{false};
  std::thread thread_;
};

}  // namespace evhost::test
