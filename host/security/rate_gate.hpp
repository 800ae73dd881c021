// io::rate_gate: one limiter per user, one per client address.
//
// Threading: any, concurrently. Ownership: clock and registry must outlive it.
// Bounds: rate_keys_max keys per limiter; when full, addresses share their /24 or /48, users a bucket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/io/clock.hpp"
#include "host/io/http.hpp"
#include "host/io/observe.hpp"
#include "host/security/gcra.hpp"

namespace evhost::security {

/// What an address is limited by, as bytes: 4 of IPv4, the first 8 (/64) of IPv6; v4-mapped counts as IPv4. `wide` is
/// the /24 or the /48. Text that is no address is its own key.
struct address_key {
  std::string own;
  std::string wide;
};
[[nodiscard]] address_key key_of_address(std::string_view address);

struct rate_options {
  std::optional<gcra_limit> user;  // absent: no limit
  std::optional<gcra_limit> address;
  std::size_t keys_max = 65'536;
};

class gcra_rate_gate final : public io::rate_gate {
 public:
  gcra_rate_gate(const rate_options& options, const io::clock& clock, io::metric_registry& metrics);

  io::rate_verdict take(io::rate_scope scope, std::string_view key, unsigned cost) noexcept override;

 private:
  struct policy {
    std::string_view name;
    std::unique_ptr<gcra_limiter> limiter;  // null: no limit
    io::counter passed, limited, overflow;
    std::shared_ptr<void> keys;
  };
  policy make_policy(std::string_view name, const std::optional<gcra_limit>& limit, std::size_t keys_max,
                     io::metric_registry& metrics);

  const io::clock& clock_;
  policy user_;
  policy address_;
};

}  // namespace evhost::security
