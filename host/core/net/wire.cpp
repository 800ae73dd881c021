// Plain and TLS branches of each operation, so that sessions include neither OpenSSL nor Asio's templates.
#include "host/core/net/wire.hpp"

#include <poll.h>

#include <array>

#include <boost/asio/ssl/stream.hpp>

namespace evhost::core::net {
namespace {

struct completion {
  io_op* op;
  void operator()(error_code ec, std::size_t n) const noexcept { op->complete(ec, n); }
  void operator()(error_code ec) const noexcept { op->complete(ec, 0); }
};

// A buffer sequence with its own storage: Asio copies it into the operation.
class gathered {
 public:
  explicit gathered(std::span<const asio::const_buffer> from) {
    for (const auto& b : from)
      if (b.size() > 0 && count_ < wire::buffers_max) parts_[count_++] = b;
  }
  const asio::const_buffer* begin() const noexcept { return parts_.data(); }
  const asio::const_buffer* end() const noexcept { return parts_.data() + count_; }

 private:
  std::array<asio::const_buffer, wire::buffers_max> parts_{};
  std::size_t count_ = 0;
};

}  // namespace

wire::wire(tcp_socket socket) : plain_(std::move(socket)) {
  error_code ignored;
  plain_.set_option(asio::ip::tcp::no_delay(true), ignored);
  plain_.non_blocking(true, ignored);
}

wire::~wire() = default;

tcp_socket& wire::socket() noexcept { return tls_ ? tls_->next_layer() : plain_; }

void wire::secure(asio::ssl::context& context) { tls_ = std::make_unique<tls_stream>(std::move(plain_), context); }

void wire::handshake(io_op& op) { tls_->async_handshake(asio::ssl::stream_base::server, completion{&op}); }

void wire::wait_readable(io_op& op) { socket().async_wait(tcp_socket::wait_read, completion{&op}); }

void wire::read_some(asio::mutable_buffer into, io_op& op) {
  if (tls_)
    tls_->async_read_some(into, completion{&op});
  else
    plain_.async_read_some(into, completion{&op});
}

void wire::write_some(std::span<const asio::const_buffer> from, io_op& op) {
  if (tls_)
    tls_->async_write_some(gathered(from), completion{&op});
  else
    plain_.async_write_some(gathered(from), completion{&op});
}

void wire::shutdown_tls(io_op& op) {
  if (tls_)
    tls_->async_shutdown(completion{&op});
  else
    op.complete({}, 0);
}

std::size_t wire::try_write(std::span<const asio::const_buffer> from, error_code& ec) {
  if (tls_) {
    ec = asio::error::would_block;
    return 0;
  }
  return plain_.write_some(gathered(from), ec);
}

void wire::cancel() noexcept {
  error_code ignored;
  socket().cancel(ignored);
}

void wire::shutdown_send() noexcept {
  error_code ignored;
  socket().shutdown(tcp_socket::shutdown_send, ignored);
}

void wire::close() noexcept {
  error_code ignored;
  socket().close(ignored);
}

bool wire::hung_up() noexcept {
  pollfd p{socket().native_handle(), 0, 0};
  return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace evhost::core::net
