// Webhook endpoints: who wants which events sent where, under which secret.
//
// Plain SQL inside a unit; errors are evh::failure. Addresses are checked twice: when one registers (check_url) and when a
// connection is made (curl_transport).
#pragma once

#include <evh/unit.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/notification/addresses.hpp"
#include "schemas/events/json_write.hpp"

namespace notification {

struct webhook {
  std::string id, owner, url, description;
  std::vector<std::string> events;
  std::string secret, old_secret;                     // whsec_...
  std::int64_t old_secret_until_ms = 0;
  std::string status = "active", disabled_reason;     // active | disabled
  std::int64_t version = 1, created_ms = 0, updated_ms = 0;
};

namespace webhooks {

inline constexpr std::size_t per_person_max = 20;
inline constexpr std::int64_t old_secret_ms = 86'400'000;     // how long both signatures are sent after a rotation

std::optional<webhook> find(evh::unit& unit, std::string_view id);
std::vector<webhook> list(evh::unit& unit, std::string_view owner);
void insert(evh::unit& unit, const webhook& what);
// Everything but id, owner and created_ms; what.version is the new one.
void update(evh::unit& unit, const webhook& what);
void remove(evh::unit& unit, std::string_view id);
// Ids of the owner's active endpoints for that type.
std::vector<std::string> listening(evh::unit& unit, std::string_view owner, std::string_view type);

bool known_event(std::string_view type);

// Why a URL cannot be a webhook's; nothing when it can. blocked: it leads into the operator's network. Resolves names, for
// two seconds at most: call it outside a unit.
struct url_problem {
  bool blocked = false;
  std::string sentence;
};
std::optional<url_problem> check_url(const std::string& url, const address_guard& guard);

}  // namespace webhooks
}  // namespace notification
