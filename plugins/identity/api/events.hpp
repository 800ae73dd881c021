// What this plugin tells the others: user-events (key = the user) and audit-events (key = the actor).
//
// Inside a unit: published with its effects or not at all.
#pragma once

#include "plugins/identity/api/answers.hpp"
#include "schemas/events/audit_events.hpp"
#include "schemas/events/user_events.hpp"

namespace identity {

// Who did it, for both kinds of events.
struct deed {
  std::string actor;            // a user's id, or "identity"
  std::string kind = "user";    // user | system
  std::string remote_address;
  std::string correlation_id;   // request id, or the event that asked for it
};
deed deed_of(const evh::request& request, std::string_view actor);

void tell_user(app& app, evh::unit& unit, std::string_view type, const deed& by, evh_schemas::user_event event);
void tell_session_revoked(app& app, evh::unit& unit, const deed& by, const login_session& session, std::string_view reason);
// Every access token of the user issued before tokens_from.
void tell_tokens_revoked(app& app, evh::unit& unit, const deed& by, const account& user, std::string_view reason);

// type: todo.audit.authentication.v1 or todo.audit.admin.v1.
void tell_audit(app& app, evh::unit& unit, std::string_view type, const deed& by, std::string action, evh_schemas::audit_outcome outcome,
                std::string object, std::string reason = {});

// Ends every session of the user but `kept` (a token hash, or empty) and tells of each.
void end_sessions(app& app, evh::unit& unit, store::session& rows, const deed& by, const std::string& user_id, const std::string& kept, std::string_view reason);

// The second from which on new tokens of a user count, when all older ones end now.
std::int64_t next_second(std::int64_t now_ms);

}  // namespace identity
