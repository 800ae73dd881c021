// Plain POSIX sockets with poll(): a test must see exactly what the wire carried.
#include "tests/support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace evhost::test {
namespace {

bool wait_for(int fd, short what, std::chrono::milliseconds wait) {
    pollfd p{fd, what, 0};
    return ::poll(&p, 1, static_cast<int>(wait.count())) > 0;
}

}  // namespace

raw_client::raw_client(std::uint16_t port, int receive_buffer, const std::string& source) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) throw std::runtime_error("socket: " + std::string(std::strerror(errno)));
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in from{}, to{};
    from.sin_family = to.sin_family = AF_INET;
    if (!source.empty() && (::inet_pton(AF_INET, source.c_str(), &from.sin_addr) != 1 || ::bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)) {
        close();
        throw std::runtime_error("cannot come from " + source);
    }
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
        const std::string why = std::strerror(errno);
        close();
        throw std::runtime_error("connect to port " + std::to_string(port) + ": " + why);
    }
}

raw_client::raw_client(raw_client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

raw_client& raw_client::operator=(raw_client&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        buffer_ = std::move(other.buffer_);
    }
    return *this;
}

raw_client::~raw_client() { close(); }

bool raw_client::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait_for(fd_, POLLOUT, milliseconds(5000))) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

raw_client::outcome raw_client::read_some(milliseconds wait) {
    if (!wait_for(fd_, POLLIN, wait)) return outcome::timeout;
    char chunk[16384];
    const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n == 0) return outcome::closed;
    if (n < 0) return outcome::reset;
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return outcome::bytes;
}

bool raw_client::read_to_close(milliseconds wait) {
    for (;;) {
        const auto got = read_some(wait);
        if (got == outcome::timeout) return false;
        if (got != outcome::bytes) return true;
    }
}

void raw_client::half_close() { ::shutdown(fd_, SHUT_WR); }

void raw_client::reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

void raw_client::close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace evhost::test
