// Address arithmetic on byte arrays; text only at the edges.
#include "host/http/client_address.hpp"

#include <charconv>
#include <span>
#include <stdexcept>

#include "host/http/chars.hpp"

namespace evhost::http {
namespace {

bool same_prefix(std::span<const unsigned char> a, std::span<const unsigned char> b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i)
    if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8)) & 1) return false;
  return true;
}

}  // namespace

ip_address canonical(const ip_address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  return address;
}

std::string limit_key(const ip_address& raw) {
  const auto address = canonical(raw);
  if (address.is_v4()) return address.to_string();
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

trusted_proxies::trusted_proxies(const std::vector<std::string>& entries) {
  for (const auto& entry : entries) {
    const auto slash = entry.find('/');
    boost::system::error_code ec;
    const auto base = boost::asio::ip::make_address(entry.substr(0, slash), ec);
    const unsigned width = base.is_v4() ? 32 : 128;
    unsigned bits = width;
    bool sound = !ec;
    if (slash != std::string::npos) {
      const auto* end = entry.data() + entry.size();
      const auto parsed = std::from_chars(entry.data() + slash + 1, end, bits);
      sound = sound && parsed.ec == std::errc() && parsed.ptr == end && bits <= width;
    }
    if (!sound) throw std::invalid_argument("http.trusted_proxies: '" + entry + "' is neither an address nor a CIDR block");
    blocks_.push_back({base, bits});
  }
}

bool trusted_proxies::contains(const ip_address& raw) const {
  const auto address = canonical(raw);
  for (const auto& b : blocks_) {
    if (b.base.is_v4() != address.is_v4()) continue;
    if (address.is_v4() && same_prefix(address.to_v4().to_bytes(), b.base.to_v4().to_bytes(), b.bits)) return true;
    if (address.is_v6() && same_prefix(address.to_v6().to_bytes(), b.base.to_v6().to_bytes(), b.bits)) return true;
  }
  return false;
}

ip_address trusted_proxies::client(const ip_address& peer, std::string_view forwarded_for) const {
  auto client = canonical(peer);
  while (!forwarded_for.empty() && contains(client)) {
    const auto comma = forwarded_for.rfind(',');
    const auto element = trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    boost::system::error_code ec;
    const auto said = boost::asio::ip::make_address(std::string(element), ec);
    if (ec) break;  // what cannot be read is not believed, nor anything left of it
    client = canonical(said);
    if (comma == std::string_view::npos) break;
    forwarded_for = forwarded_for.substr(0, comma);
  }
  return client;
}

}  // namespace evhost::http
