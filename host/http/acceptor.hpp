// Listens and deals connections to the shards in turn; refuses what exceeds the caps; survives running out of descriptors.
//
// Threading: its own handlers run on shard 0; open() and close() on the control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "host/core/net/wire.hpp"
#include "host/core/result.hpp"
#include "host/http/serving.hpp"

namespace evhost::http {

class shard;

class acceptor {
 public:
  acceptor(serving& shared, const std::vector<std::shared_ptr<shard>>& shards);
  ~acceptor();

  // Binds and listens; the port that was taken.
  core::result<std::uint16_t> open();
  void start();
  void close();  // waits until the handler has seen it

 private:
  using tcp = boost::asio::ip::tcp;
  using listener = boost::asio::basic_socket_acceptor<tcp, core::net::io_executor>;

  void accept_next();
  void accepted(core::net::error_code ec, core::net::tcp_socket socket, shard& home);
  void out_of_descriptors();
  void refuse(core::net::tcp_socket& socket, std::string_view reason);

  serving& shared_;
  const std::vector<std::shared_ptr<shard>>& shards_;
  listener listener_;
  boost::asio::steady_timer pause_;
  tcp::endpoint from_;
  std::size_t turn_ = 0;
  int spare_ = -1;  // a descriptor kept back, to refuse with when there are no others
  bool closed_ = false;
};

}  // namespace evhost::http
