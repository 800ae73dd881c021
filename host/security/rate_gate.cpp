// Keys from addresses, verdicts from limiters.
#include "host/security/rate_gate.hpp"

#include <arpa/inet.h>
#include <algorithm>
#include <array>

#include "host/io/metrics/http.hpp"

namespace evhost::security {
namespace {

std::uint32_t whole_seconds(std::chrono::nanoseconds time) {
  // Rounded up: a client that waits exactly this long must pass.
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count(), 86'400));
}

}  // namespace

address_key key_of_address(std::string_view address) {
  std::string text(address.substr(0, address.find_first_of("/%")));  // without prefix length and zone
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {{bytes.data(), 4}, {bytes.data(), 3}};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
    constexpr std::string_view mapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
    if (std::string_view(bytes.data(), 12) == mapped) return {{bytes.data() + 12, 4}, {bytes.data() + 12, 3}};
    return {{bytes.data(), 8}, {bytes.data(), 6}};
  }
  return {std::string(address), {}};
}

gcra_rate_gate::policy gcra_rate_gate::make_policy(std::string_view name, const std::optional<gcra_limit>& limit,
                                                   std::size_t keys_max, io::metric_registry& metrics) {
  policy out{.name = name, .limiter = nullptr, .passed = {}, .limited = {}, .overflow = {}, .keys = {}};
  if (!limit) return out;
  out.limiter = std::make_unique<gcra_limiter>(*limit, keys_max);
  out.passed = metrics.get_counter(io::metrics::rate_limit_total, {name, "pass"});
  out.limited = metrics.get_counter(io::metrics::rate_limit_total, {name, "limited"});
  out.overflow = metrics.get_counter(io::metrics::rate_limit_total, {name, "overflow"});
  out.keys = metrics.watch(
      io::metric_kind::gauge, io::metrics::rate_limit_keys, {name},
      [this, limiter = out.limiter.get()] { return static_cast<double>(limiter->active_keys(clock_.steady())); });
  return out;
}

gcra_rate_gate::gcra_rate_gate(const rate_options& options, const io::clock& clock, io::metric_registry& metrics)
    : clock_(clock),
      user_(make_policy("user", options.user, options.keys_max, metrics)),
      address_(make_policy("address", options.address, options.keys_max, metrics)) {}

io::rate_verdict gcra_rate_gate::take(io::rate_scope scope, std::string_view key, unsigned cost) noexcept {
  policy& by = scope == io::rate_scope::user ? user_ : address_;
  if (!by.limiter || cost == 0) return {};
  gcra_limiter::decision made;
  if (scope == io::rate_scope::address) {
    const address_key from = key_of_address(key);  // short strings: no allocation for addresses
    made = by.limiter->take(from.own, from.wide, cost, clock_.steady());
  } else {
    made = by.limiter->take(key, {}, cost, clock_.steady());
  }
  (made.allowed ? by.passed : by.limited).add();
  if (made.overflow) by.overflow.add();
  return {.allowed = made.allowed,
          .policy = by.name,
          .limit = by.limiter->limit().burst,
          .window_s = whole_seconds(by.limiter->window()),
          .remaining = made.remaining,
          .reset_s = whole_seconds(made.wait)};
}

}  // namespace evhost::security
