// The session of a request, access tokens for it, and the list of the others.
#include "plugins/identity/accounts/text.hpp"
#include "plugins/identity/api/events.hpp"

namespace identity {
namespace {

using evh_schemas::audit_outcome;
namespace type = evh_schemas::type;

constexpr std::int64_t day_ms = 86'400'000;

evh::response session_answer(const app& app, const signed_in& who) {
  auto out = json_answer(R"({"session":)" + session_json(who.session, who.token) + R"(,"user":)" + user_json(who.user) + '}');
  out.headers.emplace_back("set-auth-jwt", access_token(app, who));
  out.headers.emplace_back("Access-Control-Expose-Headers", "set-auth-jwt");
  return out;
}

// A session that is used lives on: once a day its end moves.
void get_session(app& app, evh::request& request) {
  guard(app, request);
  std::optional<signed_in> who;
  evh::read(*app.host, [&](evh::unit& unit) { who = find_signed_in(app, unit, request); });
  if (!who) return request.respond(json_answer("null"));
  const auto now = now_ms();
  if (now - who->session.updated_at < day_ms) return request.respond(session_answer(app, *who));
  request.apply([&app, request, now](evh::unit& unit) {
    auto again = find_signed_in(app, unit, request);
    if (!again) return json_answer("null");
    again->session.updated_at = now;
    again->session.expires_at = now + app.session_ms();
    store::session(app.store, unit).update(again->session);
    auto out = session_answer(app, *again);
    out.headers.emplace_back("Set-Cookie", app.cookies->set(again->token, app.session_ms() / 1000));
    return out;
  });
}

void get_token(app& app, evh::request& request) {
  guard(app, request);
  const auto who = require_signed_in(app, request);
  request.respond(json_answer(R"({"token":)" + evh::json_quote(access_token(app, who)) + '}'));
}

void get_jwks(app& app, evh::request& request) { request.respond(json_answer(app.host->jwks())); }

// Tokens of sessions are kept nowhere, so that a list cannot give them away: a session's id stands in their place, and
// revoke-session takes either.
void list_sessions(app& app, evh::request& request) {
  guard(app, request);
  std::string body = "[";
  evh::read(*app.host, [&](evh::unit& unit) {
    const auto who = find_signed_in(app, unit, request);
    if (!who) throw unauthorized();
    const auto now = now_ms();
    for (const auto& session : store::session(app.store, unit).sessions_of(who->user.id))
      if (session.expires_at > now) body += (body.size() > 1 ? "," : "") + session_json(session, session.id);
  });
  request.respond(json_answer(body + "]"));
}

// Runs `end` as the person of the request; {"status":true}.
template <class End>
void as_signed_in(app& app, evh::request& request, End end) {
  request.apply([&app, request, end](evh::unit& unit) {
    return answer_refusals([&] {
      const auto who = find_signed_in(app, unit, request);
      if (!who) throw unauthorized();
      store::session rows(app.store, unit);
      end(unit, rows, *who);
      return json_answer(R"({"status":true})");
    });
  });
}

void revoke_session(app& app, evh::request& request) {
  guard(app, request);
  const auto wanted = text_member(read_body(request), "token");
  const auto hash = hash_of_token(wanted);
  as_signed_in(app, request, [&app, request, wanted, hash](evh::unit& unit, store::session& rows, const signed_in& who) {
    const auto by = deed_of(request, who.user.id);
    for (const auto& session : rows.sessions_of(who.user.id)) {   // one's own only
      if (session.id != wanted && session.token_hash != hash) continue;
      rows.erase_session(session.token_hash);
      tell_session_revoked(app, unit, by, session, "revoked");
      tell_audit(app, unit, type::audit_authentication, by, "revoke_session", audit_outcome::success, "session:" + session.id);
    }
  });
}

void revoke_sessions(app& app, evh::request& request) {
  guard(app, request);
  as_signed_in(app, request, [&app, request](evh::unit& unit, store::session& rows, const signed_in& who) {
    const auto by = deed_of(request, who.user.id);
    end_sessions(app, unit, rows, by, who.user.id, {}, "revoked");
    account user = who.user;   // and the tokens that belong to no session
    user.tokens_from = next_second(now_ms());
    rows.update(user);
    tell_tokens_revoked(app, unit, by, user, "revoked");
    tell_audit(app, unit, type::audit_authentication, by, "revoke_sessions", audit_outcome::success, "user:" + user.id);
  });
}

void revoke_other_sessions(app& app, evh::request& request) {
  guard(app, request);
  as_signed_in(app, request, [&app, request](evh::unit& unit, store::session& rows, const signed_in& who) {
    const auto by = deed_of(request, who.user.id);
    end_sessions(app, unit, rows, by, who.user.id, who.session.token_hash, "revoked");
    tell_audit(app, unit, type::audit_authentication, by, "revoke_other_sessions", audit_outcome::success, "user:" + who.user.id);
  });
}

void update_user(app& app, evh::request& request) {
  guard(app, request);
  const auto body = read_body(request);
  const bool has_name = body.contains("name"), has_image = body.contains("image");
  const auto name = text_member(body, "name", false), image = text_member(body, "image", false);
  if (!has_name && !has_image) throw auth_refusal(400, "NO_FIELDS_TO_UPDATE", "No fields to update");
  if (!name_acceptable(name) || (has_name && name.empty())) throw auth_refusal(400, "VALIDATION_ERROR", "[body.name] has 1 to 200 bytes without control characters");
  if (image.size() > 2000 || !valid_utf8(image) || has_control(image)) throw auth_refusal(400, "VALIDATION_ERROR", "[body.image] is a URL of at most 2000 bytes");
  as_signed_in(app, request, [&app, request, has_name, has_image, name, image](evh::unit& unit, store::session& rows, const signed_in& who) {
    account user = who.user;
    if (has_name) user.name = name;
    if (has_image) user.image = image;
    user.updated_at = now_ms();
    rows.update(user);
    evh_schemas::user_event event;
    event.user_id = user.id;
    event.email = user.email;
    event.name = user.name;
    event.roles = user.roles;
    tell_user(app, unit, type::user_updated, deed_of(request, user.id), std::move(event));
  });
}

constexpr endpoint table[] = {
    {"GET", "/api/auth/get-session", get_session},
    {"GET", "/api/auth/token", get_token},
    {"GET", "/api/auth/jwks", get_jwks},
    {"GET", "/api/auth/list-sessions", list_sessions},
    {"POST", "/api/auth/revoke-session", revoke_session},
    {"POST", "/api/auth/revoke-sessions", revoke_sessions},
    {"POST", "/api/auth/revoke-other-sessions", revoke_other_sessions},
    {"POST", "/api/auth/update-user", update_user},
};

}  // namespace

std::span<const endpoint> session_endpoints() { return table; }

}  // namespace identity
