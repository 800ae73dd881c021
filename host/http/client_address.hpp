// Who is really asking: the peer's address, or what trusted proxies say, and the key under which limits count it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

namespace evhost::http {

using ip_address = boost::asio::ip::address;

// ::ffff:a.b.c.d becomes a.b.c.d: one client, one spelling.
ip_address canonical(const ip_address& address);
// IPv4: the address; IPv6: its /64, because that is what one subscriber holds.
std::string limit_key(const ip_address& address);

class trusted_proxies {
 public:
  // Entries are addresses or CIDR blocks. Throws std::invalid_argument naming the entry.
  explicit trusted_proxies(const std::vector<std::string>& entries);
  bool empty() const noexcept { return blocks_.empty(); }
  bool contains(const ip_address& address) const;
  // Walks X-Forwarded-For from the right past trusted proxies. The peer itself when it is not trusted.
  ip_address client(const ip_address& peer, std::string_view forwarded_for) const;

 private:
  struct block {
    ip_address base;
    unsigned bits;
  };
  std::vector<block> blocks_;
};

}  // namespace evhost::http
