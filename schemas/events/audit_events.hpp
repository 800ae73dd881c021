// Topic audit-events, key = actor: what no other topic tells: sign-ins, denials, what admins and plugins did. One payload
// struct; the type says which kind.
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace topic { inline constexpr std::string_view audit_events = "audit-events"; }
namespace type {
inline constexpr std::string_view audit_authentication = "todo.audit.authentication.v1";   // sign up, in, out, password
inline constexpr std::string_view audit_denied = "todo.audit.denied.v1";                   // 401, 403, 429
inline constexpr std::string_view audit_admin = "todo.audit.admin.v1";                     // what an admin or auditor did
inline constexpr std::string_view audit_plugin = "todo.audit.plugin.v1";                   // loaded, failed, stopped
inline constexpr std::string_view audit_erasure = "todo.audit.erasure.v1";                 // payload made unreadable
inline constexpr std::string_view audit_gap = "todo.audit.gap.v1";                         // `count` events were dropped
}  // namespace type

enum class audit_outcome : std::uint8_t { success, failure, denied };

struct audit_event {
  std::string action;                              // sign_in, access, disable_user, read_trail, load, ...
  audit_outcome outcome = audit_outcome::success;
  std::string actor_id;                            // subject; "anonymous" when nobody proved who they are; "host"
  std::string object;                              // what it was done to: "user:<id>", "route:GET /api/v1/tasks", ...
  std::string reason;                              // code or sentence
  std::string remote_address;
  std::int64_t count = 1;                          // equal events of a short window are one with a count
  instant_ms from, to;                             // the window; equal for a single event
  std::string correlation_id;                      // request id of the (last) request
  bool operator==(const audit_event&) const = default;
  static constexpr compact_schema compact{10, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("action", self.action);
    visit.required("outcome", self.outcome);
    visit.required("actor_id", self.actor_id);
    visit.optional("object", self.object);
    visit.optional("reason", self.reason);
    visit.optional("remote_address", self.remote_address);
    visit.required("count", self.count);
    visit.required("from", self.from);
    visit.required("to", self.to);
    visit.optional("correlation_id", self.correlation_id);
  }
};

template <> struct enum_names<audit_outcome> {
  static constexpr std::array<std::string_view, 3> names{"success", "failure", "denied"};
};

}  // namespace evh_schemas
