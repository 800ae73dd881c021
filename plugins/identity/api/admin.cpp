// Accounts as admins see them. The role stands in the token and is read again from the table: a role that was taken away
// counts at once.
#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "plugins/identity/accounts/text.hpp"
#include "plugins/identity/api/events.hpp"

namespace identity {
namespace {

using evh_schemas::audit_outcome;
namespace json = boost::json;
namespace type = evh_schemas::type;

constexpr std::string_view cursor_purpose = "users-cursor";

account require_admin(const evh::request& request, store::session& rows) {
  const std::string roles = " " + std::string(request.roles()) + " ";
  if (roles.find(" admin ") == std::string::npos) throw api_refusal(403, "forbidden", "This needs the role admin.");
  auto admin = rows.find_account(std::string(request.subject()));
  if (!admin || admin->disabled() || !admin->has_role(role_admin)) throw api_refusal(403, "forbidden", "This needs the role admin, and this account does not have it.");
  return std::move(*admin);
}

json::object shown(const account& user) {
  return {{"id", user.id},
          {"email", user.email},
          {"name", user.name},
          {"roles", json::array(user.roles.begin(), user.roles.end())},
          {"disabled", user.disabled()},
          {"disabled_reason", user.disabled_reason.empty() ? json::value(nullptr) : json::value(user.disabled_reason)},
          {"created_at", evh_schemas::instant_text({user.created_at})},
          {"updated_at", evh_schemas::instant_text({user.updated_at})}};
}

std::int64_t number(std::string_view text, std::int64_t otherwise) {
  std::int64_t out = otherwise;
  const auto [at, why] = std::from_chars(text.data(), text.data() + text.size(), out);
  return why == std::errc{} && at == text.data() + text.size() ? out : -1;
}

struct place {
  std::int64_t created = -1;
  std::string id;
};

place place_of(const app& app, const evh::request& request) {
  const auto cursor = request.query("cursor");
  if (!cursor) return {};
  try {
    const auto plain = app.host->open(cursor_purpose, *cursor);
    const auto bar = plain.find('|');
    return {number(std::string_view(plain).substr(0, bar), -1), plain.substr(bar + 1)};
  } catch (const evh::failure&) {
    throw api_refusal(400, "invalid-cursor", "This cursor was not given out here: start again without one.");
  }
}

void list_users(app& app, evh::request& request) {
  const auto limit = number(request.query("limit").value_or("50"), 50);
  if (limit < 1 || limit > 200) throw api_refusal(422, "invalid", "limit is 1 to 200", {{"limit", "invalid", "is 1 to 200"}});
  const auto from = place_of(app, request);
  std::vector<account> found;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session rows(app.store, unit);
    require_admin(request, rows);
    found = rows.accounts(from.created, from.id, static_cast<std::size_t>(limit) + 1);
  });
  json::value next = nullptr;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    next = app.host->seal(cursor_purpose, std::to_string(found.back().created_at) + "|" + found.back().id);
  }
  json::array items;
  for (const auto& user : found) items.push_back(shown(user));
  request.respond(json_answer(json::serialize(json::object{{"items", std::move(items)}, {"next_cursor", next}})));
}

// Runs `change` on the account of the path; it says whether something changed.
template <class Change>
void change_user(app& app, evh::request& request, std::string action, Change change) {
  request.apply([&app, request, action, change, id = std::string(request.param("id"))](evh::unit& unit) {
    return answer_refusals([&] {
      store::session rows(app.store, unit);
      const auto admin = require_admin(request, rows);
      rows.lock(admin.id);   // of two admins who take each other's role at once, one is too late
      auto user = rows.find_account(id);
      if (!user) throw api_refusal(404, "not-found", "No account with this id.");
      const auto by = deed_of(request, admin.id);
      if (change(unit, rows, by, *user)) {
        user->updated_at = now_ms();
        rows.update(*user);
        tell_audit(app, unit, type::audit_admin, by, action, audit_outcome::success, "user:" + user->id, user->disabled_reason);
      }
      return json_answer(json::serialize(shown(*user)));
    });
  });
}

std::string reason_of(const evh::request& request) {
  if (request.body().empty()) return {};
  try {
    const auto body = evh_schemas::parse_untrusted_json(request.body());
    const auto* reason = body.is_object() ? body.get_object().if_contains("reason") : nullptr;
    if (reason == nullptr) return {};
    if (reason->is_string() && name_acceptable(reason->get_string())) return std::string(reason->get_string());
  } catch (const evh_schemas::payload_error&) {
    throw api_refusal(400, "invalid-json", "The body must be one JSON object.");
  }
  throw api_refusal(422, "invalid", "reason is a text of at most 200 bytes", {{"/reason", "invalid", "is a text of at most 200 bytes"}});
}

void disable_user(app& app, evh::request& request) {
  change_user(app, request, "disable_user", [&app, reason = reason_of(request)](evh::unit& unit, store::session& rows, const deed& by, account& user) {
    if (user.id == by.actor) throw api_refusal(409, "own-account", "An admin cannot disable the own account: ask another admin.");
    if (user.disabled()) return false;
    const auto now = now_ms();
    user.disabled_at = now;
    user.disabled_reason = reason;
    user.tokens_from = next_second(now);
    end_sessions(app, unit, rows, by, user.id, {}, "disabled");
    evh_schemas::user_event event;
    event.user_id = user.id;
    event.reason = reason;
    event.tokens_from = user.tokens_from;
    tell_user(app, unit, type::user_disabled, by, std::move(event));
    return true;
  });
}

void enable_user(app& app, evh::request& request) {
  change_user(app, request, "enable_user", [&app](evh::unit& unit, store::session&, const deed& by, account& user) {
    if (!user.disabled()) return false;
    user.disabled_at.reset();
    user.disabled_reason.clear();
    evh_schemas::user_event event;
    event.user_id = user.id;
    tell_user(app, unit, type::user_enabled, by, std::move(event));
    return true;
  });
}

std::vector<std::string> roles_of(const evh::request& request) {
  json::value body;
  try {
    body = evh_schemas::parse_untrusted_json(request.body());
  } catch (const evh_schemas::payload_error&) {
    throw api_refusal(400, "invalid-json", "The body must be one JSON object.");
  }
  const auto wrong = [](std::string pointer, std::string code, const std::string& message) {
    return api_refusal(422, "invalid", "Send {\"roles\": [...]} with user, admin or auditor.", {{std::move(pointer), std::move(code), message}});
  };
  if (!body.is_object()) throw api_refusal(400, "invalid-json", "The body must be one JSON object.");
  for (const auto& [name, value] : body.get_object())
    if (name != "roles") throw wrong("/" + std::string(name), "unknown-field", "only roles can be changed here");
  const auto* roles = body.get_object().if_contains("roles");
  if (roles == nullptr || !roles->is_array() || roles->get_array().size() > 3) throw wrong("/roles", "invalid", "is a list of roles");
  std::vector<std::string> out;
  for (const auto& role : roles->get_array()) {
    if (!role.is_string() || !role_known(role.get_string())) throw wrong("/roles", "invalid", "a role is user, admin or auditor");
    out.emplace_back(role.get_string());
  }
  return tidy_roles(out);
}

void patch_user(app& app, evh::request& request) {
  change_user(app, request, "change_roles", [&app, roles = roles_of(request)](evh::unit& unit, store::session&, const deed& by, account& user) {
    if (roles == user.roles) return false;
    const auto kept = [&](const std::string& role) { return std::find(roles.begin(), roles.end(), role) != roles.end(); };
    if (user.id == by.actor && !kept(std::string(role_admin))) throw api_refusal(409, "own-account", "An admin cannot take the role from the own account: ask another admin.");
    const bool taken = !std::all_of(user.roles.begin(), user.roles.end(), kept);
    user.roles = roles;
    if (taken) user.tokens_from = next_second(now_ms());   // tokens that still name the role end
    evh_schemas::user_event event;
    event.user_id = user.id;
    event.email = user.email;
    event.name = user.name;
    event.roles = roles;
    if (taken) event.tokens_from = user.tokens_from;
    tell_user(app, unit, type::user_updated, by, std::move(event));
    return true;
  });
}

constexpr endpoint table[] = {
    {"GET", "/api/v1/admin/users", list_users},
    {"PATCH", "/api/v1/admin/users/:id", patch_user},
    {"POST", "/api/v1/admin/users/:id/disable", disable_user},
    {"POST", "/api/v1/admin/users/:id/enable", enable_user},
};

}  // namespace

std::span<const endpoint> admin_endpoints() { return table; }

}  // namespace identity
