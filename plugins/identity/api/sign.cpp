// Sign up, in and out.
#include <algorithm>

#include "plugins/identity/accounts/password.hpp"
#include "plugins/identity/accounts/text.hpp"
#include "plugins/identity/api/events.hpp"
#include "plugins/identity/api/later.hpp"

namespace identity {
namespace {

using evh_schemas::audit_outcome;
namespace type = evh_schemas::type;

constexpr std::size_t sessions_per_user_max = 100;

void require_password(std::string_view password) {
  const auto fault = fault_of(password);
  if (!fault) return;
  switch (*fault) {
    case password_fault::too_short: throw auth_refusal(400, "PASSWORD_TOO_SHORT", "Password too short");
    case password_fault::too_long: throw auth_refusal(400, "PASSWORD_TOO_LONG", "Password too long");
    case password_fault::not_text: throw auth_refusal(400, "INVALID_PASSWORD", "Invalid password");
    case password_fault::too_common: break;
  }
  throw auth_refusal(400, "PASSWORD_COMPROMISED", "This password is among the first that are guessed; choose another one");
}

std::string require_email(const boost::json::object& body) {
  auto email = text_member(body, "email");
  if (!email_acceptable(email)) throw auth_refusal(400, "INVALID_EMAIL", "Invalid email");
  return email;
}

signed_in open_session(app& app, evh::unit& unit, store::session& rows, const evh::request& request, account user, bool remember) {
  const auto now = now_ms();
  signed_in who{new_session_token(), {}, std::move(user)};
  who.session.token_hash = hash_of_token(who.token);
  who.session.id = new_id(now);
  who.session.user_id = who.user.id;
  who.session.ip_address = remote_address(request);
  who.session.user_agent = user_agent(request);
  who.session.created_at = who.session.updated_at = now;
  who.session.expires_at = now + (remember ? app.session_ms() : std::min<std::int64_t>(app.session_ms(), 86'400'000));
  rows.lock(who.user.id);   // no session outlives the unit that ends all of them
  const auto open = rows.sessions_of(who.user.id);
  for (std::size_t i = 0; i + sessions_per_user_max <= open.size(); ++i) {   // the oldest make room
    rows.erase_session(open[i].token_hash);
    tell_session_revoked(app, unit, deed_of(request, who.user.id), open[i], "too_many_sessions");
  }
  rows.insert(who.session);
  return who;
}

void pause_or_pass(attempts& rule, const std::string& key) {
  if (const auto wait = rule.begin(key, std::chrono::steady_clock::now()))
    throw auth_refusal(429, "TOO_MANY_REQUESTS", "Too many attempts; wait as long as Retry-After says", *wait);
}

// ---- sign up ----

account new_account(const app& app, const std::string& email, const std::string& name) {
  account user;
  const auto now = now_ms();
  user.id = new_id(now);
  user.email = fold(email);
  user.name = name.empty() ? email.substr(0, email.find('@')) : name;
  const auto same = [&](const std::string& admin) { return fold(admin) == user.email; };
  if (std::any_of(app.chosen.admins.begin(), app.chosen.admins.end(), same)) user.roles.emplace_back(role_admin);
  user.created_at = user.updated_at = now;
  return user;
}

evh::response sign_up_unit(app& app, evh::unit& unit, const evh::request& request, const account& user, const std::string& hash, bool remember) {
  store::session rows(app.store, unit);
  try {
    rows.insert(user);
  } catch (const duplicate&) {
    throw auth_refusal(422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", "User already exists. Use another email.");
  }
  rows.set_password(user.id, hash, user.created_at);
  const auto by = deed_of(request, user.id);
  evh_schemas::user_event created;
  created.user_id = user.id;
  created.email = user.email;
  created.name = user.name;
  created.roles = user.roles;
  tell_user(app, unit, type::user_created, by, std::move(created));
  tell_audit(app, unit, type::audit_authentication, by, "sign_up", audit_outcome::success, "user:" + user.id);
  return signed_in_answer(app, open_session(app, unit, rows, request, user, remember), remember);
}

void sign_up(app& app, evh::request& request) {
  guard(app, request);
  if (!app.chosen.sign_up) throw auth_refusal(400, "EMAIL_PASSWORD_SIGN_UP_DISABLED", "Email and password sign up is not enabled");
  const auto body = read_body(request);
  const auto email = require_email(body);
  const auto name = text_member(body, "name", false);
  if (!name_acceptable(name)) throw auth_refusal(400, "VALIDATION_ERROR", "[body.name] has up to 200 bytes without control characters");
  const auto password = text_member(body, "password");
  require_password(password);
  const bool remember = flag_member(body, "rememberMe", true);
  pause_or_pass(app.sign_ups_by_address, remote_address(request));
  auto hash = std::make_shared<std::string>();
  answer_later(app, request, [hash, password] { *hash = hash_password(password); },
               [&app, request, user = new_account(app, email, name), hash, remember]() mutable {
                 request.apply([&app, request, user, hash, remember](evh::unit& unit) {
                   return answer_refusals([&] { return sign_up_unit(app, unit, request, user, *hash, remember); });
                 });
               });
}

// ---- sign in ----

// What one sign-in carries through its stages.
struct sign_in_try {
  std::string password, hash, user_id, pair_key, account_key;
  std::string better_hash;   // when the stored one was made with other parameters
  bool remember = true, right = false;
};
using sign_in_ptr = std::shared_ptr<sign_in_try>;

void check_password(sign_in_try& t) {
  t.right = verify_password(t.hash.empty() ? nobodys_hash() : t.hash, t.password) && !t.hash.empty();
  if (t.right && hash_outdated(t.hash)) t.better_hash = hash_password(t.password);
}

// Told before it is answered; the same body whether the account exists or not.
void refuse_sign_in(app& app, evh::request request, const sign_in_ptr& t, std::string reason, auth_refusal answer) {
  auto by = deed_of(request, "anonymous");
  const auto tell = [&app, by, t, reason = std::move(reason)](evh::unit& unit) {
    tell_audit(app, unit, type::audit_authentication, by, "sign_in", audit_outcome::failure, t->user_id.empty() ? "user:unknown" : "user:" + t->user_id, reason);
  };
  const auto done = [request, answer](evh_status) mutable { request.respond(answer.answer()); };
  if (!evh::write(*app.host, tell, done)) request.respond(busy().answer());
}

evh::response sign_in_unit(app& app, evh::unit& unit, const evh::request& request, const sign_in_try& t) {
  store::session rows(app.store, unit);
  const auto user = rows.find_account(t.user_id);
  if (!user || user->disabled() || rows.password_of(t.user_id) != t.hash)   // changed while the password was checked
    throw auth_refusal(401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
  if (!t.better_hash.empty()) rows.set_password(user->id, t.better_hash, now_ms());
  const auto who = open_session(app, unit, rows, request, *user, t.remember);
  tell_audit(app, unit, type::audit_authentication, deed_of(request, user->id), "sign_in", audit_outcome::success, "session:" + who.session.id);
  return signed_in_answer(app, who, t.remember, R"("redirect":false,)");
}

void finish_sign_in(app& app, evh::request request, const sign_in_ptr& t, bool disabled) {
  if (!t->right) return refuse_sign_in(app, request, t, "wrong_password", {401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password"});
  app.by_account_and_address.forgive(t->pair_key);
  app.by_account.forgive(t->account_key);
  if (disabled) return refuse_sign_in(app, request, t, "disabled", {403, "BANNED_USER", "This account is disabled; ask an administrator"});
  request.apply([&app, request, t](evh::unit& unit) { return answer_refusals([&] { return sign_in_unit(app, unit, request, *t); }); });
}

void sign_in(app& app, evh::request& request) {
  guard(app, request);
  const auto body = read_body(request);
  const auto email = fold(require_email(body));
  auto t = std::make_shared<sign_in_try>();
  t->password = text_member(body, "password");
  t->remember = flag_member(body, "rememberMe", true);
  if (t->password.size() > 4 * password_chars_max) throw auth_refusal(401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
  t->account_key = email;
  t->pair_key = email + "|" + remote_address(request);
  pause_or_pass(app.by_account_and_address, t->pair_key);
  pause_or_pass(app.by_account, t->account_key);
  bool disabled = false;
  evh::read(*app.host, [&](evh::unit& unit) {
    store::session rows(app.store, unit);
    const auto user = rows.find_account_by_email(email);
    if (!user) return;
    t->user_id = user->id;
    t->hash = rows.password_of(user->id);
    disabled = user->disabled();
  });
  answer_later(app, request, [t] { check_password(*t); }, [&app, request, t, disabled] { finish_sign_in(app, request, t, disabled); });
}

// ---- sign out ----

void sign_out(app& app, evh::request& request) {
  guard(app, request);
  auto answer = json_answer(R"({"success":true})");
  answer.headers.emplace_back("Set-Cookie", app.cookies->clear());
  const auto token = session_token(app, request);
  if (!token) return request.respond(answer);
  request.apply([&app, request, answer, hash = hash_of_token(*token)](evh::unit& unit) {
    store::session rows(app.store, unit);
    if (const auto session = rows.find_session(hash)) {
      rows.erase_session(hash);
      const auto by = deed_of(request, session->user_id);
      tell_session_revoked(app, unit, by, *session, "sign_out");
      tell_audit(app, unit, type::audit_authentication, by, "sign_out", audit_outcome::success, "session:" + session->id);
    }
    return answer;
  });
}

constexpr std::uint32_t argon_cost = 20;
constexpr endpoint table[] = {
    {"POST", "/api/auth/sign-up/email", sign_up, argon_cost},
    {"POST", "/api/auth/sign-in/email", sign_in, argon_cost},
    {"POST", "/api/auth/sign-out", sign_out},
};

}  // namespace

std::span<const endpoint> sign_endpoints() { return table; }

}  // namespace identity
