// What every handler works with, and the lists of handlers. One app per plugin instance.
//
// Threading: handlers run at the same time on pool threads; after activation only the parts that guard themselves change.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plugins/identity/accounts/attempts.hpp"
#include "plugins/identity/accounts/cookie.hpp"
#include "plugins/identity/accounts/password_pool.hpp"
#include "plugins/identity/store/store.hpp"

namespace identity {

struct settings {
  std::vector<std::string> admins;            // e-mail addresses that get the role admin when they sign up
  std::vector<std::string> trusted_origins;   // pages that may use the session cookie beside the host's own
  std::string base_url;                       // where browsers find the page, when it is not the host itself
  bool sign_up = true;
  std::int64_t session_days = 7;
  std::int64_t password_threads = 0;          // 0: half the cores
};

struct app {
  const evh::services* host = nullptr;
  settings chosen;
  identity::store store;
  std::unique_ptr<cookie_jar> cookies;
  password_pool passwords;
  // Wrong passwords of one account from one address, and of one account from anywhere.
  attempts by_account_and_address{{.free = 5}};
  attempts by_account{{.free = 30, .pause = std::chrono::milliseconds(500), .pause_max = std::chrono::seconds(30)}};
  attempts sign_ups_by_address{{.free = 60, .pause_max = std::chrono::minutes(1)}};
  std::uint32_t user_events = 0, audit_events = 0;

  [[nodiscard]] std::int64_t session_ms() const { return chosen.session_days * 86'400'000; }
};

using handler = void (*)(app&, evh::request&);
struct endpoint {
  std::string_view method, pattern;
  handler handle;
  std::uint32_t cost = 1;   // of the caller's rate budget
};

// Below /api/auth: own authentication, Better Auth's errors.
std::span<const endpoint> sign_endpoints();
std::span<const endpoint> session_endpoints();
std::span<const endpoint> password_endpoints();
// Below /api/v1: the host's tokens, problem+json.
std::span<const endpoint> preferences_endpoints();
std::span<const endpoint> admin_endpoints();

// Accounts an operator asked for: events of user-events.
void read_user_events(app& app, evh::unit& unit, const evh::batch& batch);

}  // namespace identity
