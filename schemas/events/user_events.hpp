// Topic user-events, key = user id: accounts and their preferences as the other plugins need to know them.
#pragma once

#include "schemas/events/compact.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"
#include "schemas/events/values.hpp"

namespace evh_schemas {

namespace topic { inline constexpr std::string_view user_events = "user-events"; }
namespace type {
inline constexpr std::string_view user_created = "todo.user.created.v1";
inline constexpr std::string_view user_preferences = "todo.user.preferences.v1";
inline constexpr std::string_view user_disabled = "todo.user.disabled.v1";
inline constexpr std::string_view user_deleted = "todo.user.deleted.v1";
inline constexpr std::string_view user_session_revoked = "todo.user.session_revoked.v1";
}  // namespace type

struct user_preferences {
  std::string tz;            // IANA name
  std::string locale;        // en-US
  std::string week_start;    // monday | sunday | saturday
  std::optional<json_text> other;
  bool operator==(const user_preferences&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.optional("tz", self.tz);
    visit.optional("locale", self.locale);
    visit.optional("week_start", self.week_start);
    visit.optional("other", self.other);
  }
};

struct user_event {
  std::string user_id;
  std::string email;                                      // on created
  std::string name;
  std::optional<user_preferences> preferences;            // on created and preferences
  std::string session_id;                                 // on session_revoked; absent: every session
  std::string reason;
  evh_schemas::actor actor;
  std::string correlation_id;
  bool operator==(const user_event&) const = default;
  static constexpr compact_schema compact{7, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("user_id", self.user_id);
    visit.optional("email", self.email);
    visit.optional("name", self.name);
    visit.optional("preferences", self.preferences);
    visit.optional("session_id", self.session_id);
    visit.optional("reason", self.reason);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
  }
};

}  // namespace evh_schemas
