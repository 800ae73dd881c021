// Which network addresses a webhook may reach: none that lead into the operator's own network.
//
// Pure; any thread. Refused are loopback, private, shared, link-local (cloud metadata), documentation, benchmarking,
// multicast and reserved ranges of the IANA special-purpose registries (RFC 6890), also when an IPv6 address carries
// them (mapped, compatible, NAT64, 6to4). An operator may allow blocks in CIDR notation.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace notification {

// An address as 16 bytes; IPv4 is ::ffff:a.b.c.d.
using address = std::array<std::uint8_t, 16>;

std::optional<address> parse_address(std::string_view text);       // 192.0.2.1, 2001:db8::1, with or without [ ]
std::optional<address> address_of(const sockaddr* at);

class address_guard {
 public:
  address_guard() = default;
  // Throws std::invalid_argument naming the block that is no CIDR.
  explicit address_guard(const std::vector<std::string>& allowed_cidrs);
  [[nodiscard]] bool allows(const address& to) const;

 private:
  struct block {
    address base{};
    int bits = 0;                                                  // of 128
  };
  static bool contains(const block& in, const address& what);
  std::vector<block> allowed_;
};

}  // namespace notification
