// Ports first, then the servers behind them.
#include "tests/faults/bed.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace evhost::faults {
namespace {

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(at.sin_port);
}

}  // namespace

std::string bed::missing() {
  if (auto why = test::kafka_under_test::missing(); !why.empty()) return why;
  return test::postgres_under_test::instance().why();
}

void bed::start() {
  if (broker_) return;
  const auto behind = free_port();
  link_ = std::make_unique<test::tcp_proxy>(behind);
  broker_ = std::make_unique<test::kafka_under_test>(test::proxied_door{behind, link_->port()});
  broker_->start();
}

}  // namespace evhost::faults
