// Change of the password.
#include "plugins/identity/accounts/password.hpp"

#include "plugins/identity/api/events.hpp"
#include "plugins/identity/api/later.hpp"

namespace identity {
namespace {

struct password_change {
  std::string current, wanted, old_hash, new_hash;
  bool right = false, end_others = false;
};
using change_ptr = std::shared_ptr<password_change>;

void compute(password_change& change) {
  change.right = verify_password(change.old_hash, change.current);
  if (change.right) change.new_hash = hash_password(change.wanted);
}

// The session that changed the password goes on; with end_others under a new token, as Better Auth does it.
evh::response change_unit(app& app, evh::unit& unit, const evh::request& request, const password_change& change) {
  store::session rows(app.store, unit);
  auto who = find_signed_in(app, unit, request);
  if (!who) throw unauthorized();
  if (rows.password_of(who->user.id) != change.old_hash) throw auth_refusal(409, "CONFLICT", "The password was changed meanwhile");
  const auto now = now_ms();
  rows.set_password(who->user.id, change.new_hash, now);
  const auto by = deed_of(request, who->user.id);
  tell_audit(app, unit, evh_schemas::type::audit_authentication, by, "change_password", evh_schemas::audit_outcome::success, "user:" + who->user.id);
  if (!change.end_others) return json_answer(R"({"token":null,"user":)" + user_json(who->user) + '}');
  end_sessions(app, unit, rows, by, who->user.id, {}, "password_changed");
  who->token = new_session_token();
  who->session.token_hash = hash_of_token(who->token);
  who->session.id = new_id(now);
  who->session.created_at = who->session.updated_at = now;
  who->session.expires_at = now + app.session_ms();
  rows.insert(who->session);
  return signed_in_answer(app, *who, true);
}

void refuse_wrong(app& app, evh::request request, const std::string& user_id) {
  const auto by = deed_of(request, user_id);
  const auto tell = [&app, by, user_id](evh::unit& unit) {
    tell_audit(app, unit, evh_schemas::type::audit_authentication, by, "change_password", evh_schemas::audit_outcome::failure, "user:" + user_id, "wrong_password");
  };
  const auto done = [request](evh_status) mutable { request.respond(auth_refusal(400, "INVALID_PASSWORD", "Invalid password").answer()); };
  if (!evh::write(*app.host, tell, done)) request.respond(busy().answer());
}

void change_password(app& app, evh::request& request) {
  guard(app, request);
  const auto who = require_signed_in(app, request);
  const auto body = read_body(request);
  auto change = std::make_shared<password_change>();
  change->current = text_member(body, "currentPassword");
  change->wanted = text_member(body, "newPassword");
  change->end_others = flag_member(body, "revokeOtherSessions", false);
  if (const auto fault = fault_of(change->wanted)) {
    const bool is_short = *fault == password_fault::too_short, is_long = *fault == password_fault::too_long;
    throw auth_refusal(400, is_short ? "PASSWORD_TOO_SHORT" : is_long ? "PASSWORD_TOO_LONG" : *fault == password_fault::too_common ? "PASSWORD_COMPROMISED" : "INVALID_PASSWORD",
                       is_short ? "Password too short" : is_long ? "Password too long" : "Choose another password");
  }
  evh::read(*app.host, [&](evh::unit& unit) { change->old_hash = store::session(app.store, unit).password_of(who.user.id); });
  if (change->old_hash.empty()) throw auth_refusal(400, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found");
  const auto key = who.user.id + "|" + remote_address(request);
  if (const auto wait = app.by_account_and_address.begin(key, std::chrono::steady_clock::now()))
    throw auth_refusal(429, "TOO_MANY_REQUESTS", "Too many attempts; wait as long as Retry-After says", *wait);
  answer_later(app, request, [change] { compute(*change); }, [&app, request, change, key, user_id = who.user.id]() mutable {
    if (!change->right) return refuse_wrong(app, request, user_id);
    app.by_account_and_address.forgive(key);
    request.apply([&app, request, change](evh::unit& unit) { return answer_refusals([&] { return change_unit(app, unit, request, *change); }); });
  });
}

constexpr endpoint table[] = {{"POST", "/api/auth/change-password", change_password, 20}};

}  // namespace

std::span<const endpoint> password_endpoints() { return table; }

}  // namespace identity
