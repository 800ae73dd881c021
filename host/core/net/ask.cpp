// Beast's timeouts act on asynchronous operations only, so one request is a little chain of them on a loop of its own.
#include "host/core/net/ask.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace evhost::core::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

std::string this_machine(const std::string& address) {
  if (address == "0.0.0.0" || address == "localhost") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

class exchange {
 public:
  exchange(const question& what, const std::string& address) {
    request_.method_string(what.method);
    request_.target(what.target);
    request_.version(11);
    request_.set(http::field::host, address.find(':') == address.npos ? address : "[" + address + "]");
    for (const auto& [name, value] : what.headers) request_.set(name, value);
    if (!what.body.empty()) request_.set(http::field::content_type, "application/json");
    request_.body() = what.body;
    request_.prepare_payload();
    parser_.body_limit(what.answer_bytes_max);
    stream_.expires_after(what.deadline);
  }

  boost::system::error_code run(const asio::ip::tcp::endpoint& to) {
    stream_.async_connect(to, [this](auto ec) { ec ? end(ec) : write(); });
    loop_.run();
    return ended_;
  }

  answer take() {
    auto response = parser_.release();
    return {response.result_int(), std::move(response.body())};
  }

 private:
  void write() {
    http::async_write(stream_, request_, [this](auto ec, std::size_t) { ec ? end(ec) : read(); });
  }
  void read() {
    http::async_read(stream_, buffer_, parser_, [this](auto ec, std::size_t) { end(ec); });
  }
  void end(boost::system::error_code ec) {
    ended_ = ec;
    stream_.close();
  }

  asio::io_context loop_{1};
  beast::tcp_stream stream_{loop_};
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  boost::system::error_code ended_;
};

error refusal(const std::string& where, boost::system::error_code ec, const question& what) {
  if (ec == http::error::body_limit)
    return fail(errc::invalid, where + " answered more than " + std::to_string(what.answer_bytes_max) + " bytes");
  if (ec == beast::error::timeout)
    return fail(errc::again, where + " did not answer within " + std::to_string(what.deadline.count()) + " ms");
  const bool not_http = ec.category() == http::make_error_code(http::error::bad_version).category() && ec != http::error::end_of_stream &&
                        ec != http::error::partial_message;
  return fail(not_http ? errc::io : errc::again, where + (not_http ? " did not answer in HTTP: " : " does not answer: ") + ec.message());
}

}  // namespace

result<answer> ask(const question& what) {
  const auto literal = this_machine(what.address);
  const auto where = what.address + " port " + std::to_string(what.port);
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(literal, ec);
  if (ec) return fail(errc::invalid, "\"" + what.address + "\" is no IP address; name one such as 127.0.0.1");
  exchange one(what, literal);
  if (ec = one.run({address, what.port}); ec) return refusal(where, ec, what);
  return one.take();
}

}  // namespace evhost::core::net
