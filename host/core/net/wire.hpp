// One accepted connection: TCP, or TLS over it, behind operations that are compiled once.
//
// Threading: everything on the io thread of its executor; one read and one write outstanding at a time.
// Ownership: an io_op must live until complete() is called; it is called exactly once per started operation, as long as
//   the io_context runs until its work is done.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace boost::asio::ssl {
class context;
template <class Stream>
class stream;
}  // namespace boost::asio::ssl

namespace evhost::core::net {

namespace asio = boost::asio;
using error_code = boost::system::error_code;
using io_executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, io_executor>;

// Who is told when an operation has ended.
class io_op {
 public:
  virtual void complete(error_code ec, std::size_t bytes) noexcept = 0;

 protected:
  ~io_op() = default;
};

class wire {
 public:
  static constexpr std::size_t buffers_max = 4;  // gathered per write

  explicit wire(tcp_socket socket);
  ~wire();
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  // From here on everything is TLS; handshake() comes first.
  void secure(asio::ssl::context& context);
  bool tls() const noexcept { return tls_ != nullptr; }
  tcp_socket& socket() noexcept;
  io_executor executor() noexcept { return socket().get_executor(); }

  void handshake(io_op& op);
  void wait_readable(io_op& op);
  void read_some(asio::mutable_buffer into, io_op& op);
  void write_some(std::span<const asio::const_buffer> from, io_op& op);
  // Sends close_notify and waits for the peer's; a no-op that completes at once on plain TCP.
  void shutdown_tls(io_op& op);
  // Writes what fits now without waiting. On TLS always would_block: use write_some().
  std::size_t try_write(std::span<const asio::const_buffer> from, error_code& ec);

  void cancel() noexcept;
  void shutdown_send() noexcept;
  void close() noexcept;
  // True when the peer has reset the connection (a mere half-close does not count).
  bool hung_up() noexcept;

 private:
  using tls_stream = asio::ssl::stream<tcp_socket>;
  tcp_socket plain_;
  std::unique_ptr<tls_stream> tls_;
};

}  // namespace evhost::core::net
