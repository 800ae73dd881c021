// The table of refused blocks and how an address is looked up in it.
#include "plugins/notification/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace notification {

namespace {

constexpr address mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

address mapped(const std::uint8_t* four) {
  address out = mapped_prefix;
  std::memcpy(out.data() + 12, four, 4);
  return out;
}

bool starts_with(const address& what, const address& prefix, int bits) {
  const auto bytes = static_cast<std::size_t>(bits / 8);
  if (!std::equal(what.begin(), what.begin() + static_cast<std::ptrdiff_t>(bytes), prefix.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - bits % 8));
  return (what[bytes] & mask) == (prefix[bytes] & mask);
}

struct special4 {
  std::uint8_t base[4];
  int bits;
};
constexpr special4 refused4[] = {
    {{0, 0, 0, 0}, 8},      {{10, 0, 0, 0}, 8},    {{100, 64, 0, 0}, 10},  {{127, 0, 0, 0}, 8},    {{169, 254, 0, 0}, 16},
    {{172, 16, 0, 0}, 12},  {{192, 0, 0, 0}, 24},  {{192, 0, 2, 0}, 24},   {{192, 88, 99, 0}, 24}, {{192, 168, 0, 0}, 16},
    {{198, 18, 0, 0}, 15},  {{198, 51, 100, 0}, 24}, {{203, 0, 113, 0}, 24}, {{224, 0, 0, 0}, 4},  {{240, 0, 0, 0}, 4}};

struct special6 {
  address base;
  int bits;
};
constexpr special6 refused6[] = {
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48},       // local NAT64
    {{0x01, 0x00}, 64},                               // discard only
    {{0x20, 0x01, 0x00}, 23},                         // IETF protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32},                   // documentation
    {{0x3f, 0xff}, 20},                               // documentation
    {{0x5f, 0x00}, 16},                               // segment routing
    {{0xfc}, 7},                                      // unique local
    {{0xfe, 0x80}, 10},                               // link-local
    {{0xfe, 0xc0}, 10},                               // site-local
    {{0xff}, 8}};                                     // multicast

bool refused_v4(const std::uint8_t* four) {
  const address what = mapped(four);
  return std::ranges::any_of(refused4, [&](const special4& s) { return starts_with(what, mapped(s.base), 96 + s.bits); });
}

// The IPv4 address an IPv6 address stands for, or nullptr.
const std::uint8_t* carried_v4(const address& what) {
  static constexpr address nat64{0x00, 0x64, 0xff, 0x9b}, six_to_four{0x20, 0x02};
  if (starts_with(what, mapped_prefix, 96) || starts_with(what, nat64, 96) || starts_with(what, address{}, 96)) return what.data() + 12;
  if (starts_with(what, six_to_four, 16)) return what.data() + 2;
  return nullptr;
}

}  // namespace

std::optional<address> parse_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const std::string copy(text.substr(0, text.find('%')));           // a scope changes nothing about the block
  std::uint8_t four[4];
  if (inet_pton(AF_INET, copy.c_str(), four) == 1) return mapped(four);
  address out{};
  if (inet_pton(AF_INET6, copy.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

std::optional<address> address_of(const sockaddr* at) {
  if (at->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, at, sizeof in);
    std::uint8_t four[4];
    std::memcpy(four, &in.sin_addr, 4);
    return mapped(four);
  }
  if (at->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, at, sizeof in);
  address out{};
  std::memcpy(out.data(), &in.sin6_addr, 16);
  return out;
}

address_guard::address_guard(const std::vector<std::string>& allowed_cidrs) {
  for (const auto& text : allowed_cidrs) {
    const auto slash = text.find('/');
    const auto base = parse_address(std::string_view(text).substr(0, slash));
    int bits = -1;
    if (base && slash != std::string::npos) {
      const char* begin = text.data() + slash + 1;
      const char* end = text.data() + text.size();
      const auto read = std::from_chars(begin, end, bits);
      if (read.ec != std::errc() || read.ptr != end) bits = -1;
      if (bits >= 0 && text.find(':') == std::string::npos) bits = bits <= 32 ? bits + 96 : -1;
    }
    if (!base || bits < 0 || bits > 128) throw std::invalid_argument("\"" + text + "\" is no block of addresses: write it as 192.0.2.0/24 or 2001:db8::/32");
    allowed_.push_back({*base, bits});
  }
}

bool address_guard::contains(const block& in, const address& what) { return starts_with(what, in.base, in.bits); }

bool address_guard::allows(const address& to) const {
  if (std::ranges::any_of(allowed_, [&](const block& b) { return contains(b, to); })) return true;
  if (const auto* four = carried_v4(to)) {
    if (std::ranges::any_of(allowed_, [&](const block& b) { return contains(b, mapped(four)); })) return true;
    return !refused_v4(four);
  }
  return std::ranges::none_of(refused6, [&](const special6& s) { return starts_with(to, s.base, s.bits); });
}

}  // namespace notification
