// epoll, non-blocking sockets, and just enough HTTP to find the end of an answer.
#include "bench/product/load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace evhost::bench {
namespace {

using clock = std::chrono::steady_clock;

struct connection {
  int fd = -1;
  bool busy = false;
  clock::time_point intended;
  std::string in;
};

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("cannot connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// The status and length of the answer at the start of `in`, once whole; 0 otherwise.
std::size_t whole_answer(std::string_view in, unsigned& status) {
  const auto head = in.find("\r\n\r\n");
  if (head == in.npos) return 0;
  std::from_chars(in.data() + 9, in.data() + 12, status);
  std::size_t length = 0;
  if (const auto at = in.find("Content-Length: "); at < head) std::from_chars(in.data() + at + 16, in.data() + head, length);
  return in.size() >= head + 4 + length ? head + 4 + length : 0;
}

class generator {
 public:
  generator(const load_options& options, const std::function<const std::string&()>& next) : options_(options), next_(next), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    connections_.resize(options.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].fd = connect_to(options.port);
      epoll_event e{};
      e.events = EPOLLIN;
      e.data.u64 = i;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &e);
    }
  }
  ~generator() {
    for (auto& c : connections_) ::close(c.fd);
    ::close(epoll_);
  }

  load_result run() {
    start_ = clock::now();
    counting_from_ = start_ + options_.warm_up;
    const auto end = counting_from_ + options_.duration;
    due_ = start_;
    while (clock::now() < end) {
      send_due();
      epoll_event events[64];
      const int wait = options_.rate > 0 ? 0 : 10;  // open loop spins: its schedule is finer than a millisecond
      const int n = ::epoll_wait(epoll_, events, 64, wait);
      for (int i = 0; i < n; ++i) receive(connections_[events[i].data.u64]);
    }
    result_.seconds = std::chrono::duration<double>(clock::now() - counting_from_).count();
    return std::move(result_);
  }

 private:
  void send_due() {
    // In turn, so that at a low rate none stays silent until the server takes it for a client that never asks.
    for (std::size_t left = connections_.size(); left > 0; --left) {
      auto& c = connections_[turn_++ % connections_.size()];
      if (c.busy) continue;
      const auto now = clock::now();
      if (options_.rate > 0) {
        if (due_ > now) return void(--turn_);
        c.intended = due_;
        due_ += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options_.rate));
      } else {
        c.intended = now;
      }
      const auto& bytes = next_();
      if (::send(c.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("short send");
      c.busy = true;
    }
  }
  void receive(connection& c) {
    char buffer[65536];
    const auto n = ::recv(c.fd, buffer, sizeof buffer, 0);
    if (n <= 0) throw std::runtime_error("the server closed a connection");
    c.in.append(buffer, static_cast<std::size_t>(n));
    unsigned status = 0;
    const auto used = whole_answer(c.in, status);
    if (used == 0) return;
    c.in.erase(0, used);
    c.busy = false;
    const auto now = clock::now();
    if (now < counting_from_) return;
    ++result_.answered;
    if (status / 100 != 2) ++result_.failed;
    result_.latencies_us.push_back(static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - c.intended).count()));
  }

  const load_options options_;
  const std::function<const std::string&()>& next_;
  int epoll_;
  std::vector<connection> connections_;
  std::size_t turn_ = 0;
  clock::time_point start_, counting_from_, due_;
  load_result result_;
};

}  // namespace

double load_result::percentile_ms(double p) {
  if (latencies_us.empty()) return 0;
  const auto at = std::min(latencies_us.size() - 1, static_cast<std::size_t>(p * static_cast<double>(latencies_us.size())));
  std::nth_element(latencies_us.begin(), latencies_us.begin() + static_cast<std::ptrdiff_t>(at), latencies_us.end());
  return latencies_us[at] / 1000.0;
}

load_result generate(const load_options& options, const std::function<const std::string&()>& next) { return generator(options, next).run(); }

std::string request_bytes(const std::string& method, const std::string& target, const std::string& token, const std::string& body) {
  std::string out = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token + "\r\n";
  if (!body.empty()) out += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

}  // namespace evhost::bench
