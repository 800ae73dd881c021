// Events as JSON.
#include "plugins/identity/api/events.hpp"

namespace identity {

deed deed_of(const evh::request& request, std::string_view actor) {
  return {std::string(actor), "user", remote_address(request), std::string(request.id())};
}

void tell_user(app& app, evh::unit& unit, std::string_view type, const deed& by, evh_schemas::user_event event) {
  event.actor = {by.actor, by.kind, by.kind == "user" ? "rest" : ""};
  event.correlation_id = by.correlation_id;
  unit.publish({.topic = app.user_events, .type = type, .key = event.user_id, .payload = evh_schemas::to_json(event)});
}

void tell_session_revoked(app& app, evh::unit& unit, const deed& by, const login_session& session, std::string_view reason) {
  evh_schemas::user_event event;
  event.user_id = session.user_id;
  event.session_id = session.id;
  event.reason = reason;
  tell_user(app, unit, evh_schemas::type::user_session_revoked, by, std::move(event));
}

void tell_tokens_revoked(app& app, evh::unit& unit, const deed& by, const account& user, std::string_view reason) {
  evh_schemas::user_event event;
  event.user_id = user.id;
  event.reason = reason;
  event.tokens_from = user.tokens_from;
  tell_user(app, unit, evh_schemas::type::user_session_revoked, by, std::move(event));
}

void tell_audit(app& app, evh::unit& unit, std::string_view type, const deed& by, std::string action, evh_schemas::audit_outcome outcome,
                std::string object, std::string reason) {
  evh_schemas::audit_event event;
  event.action = std::move(action);
  event.outcome = outcome;
  event.actor_id = by.actor;
  event.object = std::move(object);
  event.reason = std::move(reason);
  event.remote_address = by.remote_address;
  event.from.value = event.to.value = now_ms();
  event.correlation_id = by.correlation_id;
  unit.publish({.topic = app.audit_events, .type = type, .key = event.actor_id, .payload = evh_schemas::to_json(event)});
}

void end_sessions(app& app, evh::unit& unit, store::session& rows, const deed& by, const std::string& user_id, const std::string& kept, std::string_view reason) {
  rows.lock(user_id);
  for (const auto& session : rows.sessions_of(user_id)) {
    if (session.token_hash == kept) continue;
    rows.erase_session(session.token_hash);
    tell_session_revoked(app, unit, by, session, reason);
  }
}

std::int64_t next_second(std::int64_t now) { return now / 1000 + 1; }

}  // namespace identity
