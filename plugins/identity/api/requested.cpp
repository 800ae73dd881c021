// What others ask for on user-events.
//
// Accounts: `evhost token --user NAME` writes todo.user.requested.v1, keyed and named by the id its tokens carry
// (security::subject_of_name), and this makes the account of that id. It has no password: nobody signs in to it, its
// tokens come from the operator. Preferences: what somebody changed in chat.
#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "plugins/identity/accounts/text.hpp"
#include "plugins/identity/api/events.hpp"

namespace identity {
namespace {

namespace type = evh_schemas::type;

void make_account(app& app, evh::unit& unit, store::session& rows, const deed& by, const evh_schemas::user_event& wish) {
  account user;
  user.id = wish.user_id;
  user.name = wish.name;
  user.roles = tidy_roles(wish.roles);
  user.created_at = user.updated_at = now_ms();
  user.email = fold(email_of_name(wish.name));
  if (rows.find_account_by_email(user.email)) user.email = user.id + "@local.invalid";   // somebody signed up with that address
  rows.insert(user);
  evh_schemas::user_event created;
  created.user_id = user.id;
  created.email = user.email;
  created.name = user.name;
  created.roles = user.roles;
  tell_user(app, unit, type::user_created, by, std::move(created));
}

// The operator's word adds roles and takes none away.
void add_roles(app& app, evh::unit& unit, store::session& rows, const deed& by, account user, const std::vector<std::string>& wished) {
  auto roles = user.roles;
  roles.insert(roles.end(), wished.begin(), wished.end());
  roles = tidy_roles(roles);
  if (roles == user.roles) return;
  user.roles = roles;
  user.updated_at = now_ms();
  rows.update(user);
  evh_schemas::user_event updated;
  updated.user_id = user.id;
  updated.email = user.email;
  updated.name = user.name;
  updated.roles = roles;
  tell_user(app, unit, type::user_updated, by, std::move(updated));
}

evh_schemas::user_event read_wish(std::string_view payload) {
  auto wish = evh_schemas::from_json<evh_schemas::user_event>(payload);
  if (wish.user_id.empty() || wish.user_id.size() > 255 || !name_acceptable(wish.name))
    throw evh::failure(EVH_INVALID, "an account is asked for without a usable id and name");
  return wish;
}

void grant_account(app& app, evh::unit& unit, store::session& rows, const deed& by, const evh_schemas::user_event& wish) {
  if (auto user = rows.find_account(wish.user_id)) add_roles(app, unit, rows, by, std::move(*user), wish.roles);
  else make_account(app, unit, rows, by, wish);
}

// What somebody said in chat: only the members that stand there change, and those named in `clear` go.
void change_preferences(app& app, evh::unit& unit, store::session& rows, const deed& by, const evh_schemas::user_event& wish) {
  auto kept = rows.preferences_of(wish.user_id);
  const auto before = evh_schemas::parse_json(kept.body);
  const auto changes = evh_schemas::parse_json(wish.preferences ? evh_schemas::to_json(*wish.preferences) : "{}");
  boost::json::object merged = before.get_object();
  for (const auto& name : wish.clear) merged.erase(name);
  for (const auto& [name, value] : changes.get_object()) merged[name] = value;
  std::vector<field_fault> faults;
  auto wanted = read_preferences(boost::json::serialize(merged), faults);
  check_preferences(wanted, faults);
  if (!faults.empty()) throw evh::failure(EVH_INVALID, "preferences are asked for that are not acceptable: " + faults.front().pointer + " " + faults.front().message);
  auto body = evh_schemas::to_json(wanted);
  if (body == kept.body) return;
  kept.body = std::move(body);
  kept.updated_at = now_ms();
  ++kept.version;
  rows.save(kept);
  evh_schemas::user_event event;
  event.user_id = wish.user_id;
  event.preferences = std::move(wanted);
  tell_user(app, unit, type::user_preferences, by, std::move(event));
}

}  // namespace

void read_user_events(app& app, evh::unit& unit, const evh::batch& batch) {
  for (const auto event : batch) {
    const auto name = app.host->type_name(event.type());
    if (name != type::user_requested && name != type::user_preferences_requested) continue;
    const auto wish = read_wish(event.payload());
    store::session rows(app.store, unit);
    const deed by{wish.actor.id, wish.actor.kind, {}, std::string(event.id())};
    if (name == type::user_requested) grant_account(app, unit, rows, by, wish);
    else change_preferences(app, unit, rows, by, wish);
  }
}

}  // namespace identity
