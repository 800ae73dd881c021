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
inline constexpr std::string_view user_requested = "todo.user.requested.v1";   // an operator wants this account to exist
inline constexpr std::string_view user_updated = "todo.user.updated.v1";       // name, e-mail or roles
inline constexpr std::string_view user_enabled = "todo.user.enabled.v1";
inline constexpr std::string_view user_preferences = "todo.user.preferences.v1";
inline constexpr std::string_view user_preferences_requested = "todo.user.preferences_requested.v1";   // by chat; identity decides
inline constexpr std::string_view user_disabled = "todo.user.disabled.v1";
inline constexpr std::string_view user_deleted = "todo.user.deleted.v1";
inline constexpr std::string_view user_session_revoked = "todo.user.session_revoked.v1";
}  // namespace type

// A span of the day that may pass midnight: 22:00 to 07:00.
struct quiet_hours {
  std::string from, to;      // HH:MM
  bool operator==(const quiet_hours&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("from", self.from);
    visit.required("to", self.to);
  }
};

struct digest {
  std::string channel;       // email | in_app
  std::string rrule;         // on which days
  std::string time;          // HH:MM
  bool operator==(const digest&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("channel", self.channel);
    visit.required("rrule", self.rrule);
    visit.required("time", self.time);
  }
};

// What somebody set; absent: the default of whoever needs it (zone UTC, locale en-US, week from Monday).
struct user_preferences {
  std::string tz;            // IANA name
  std::string locale;        // en-US
  std::string week_start;    // monday | sunday | saturday
  std::string morning, afternoon, evening, tonight, eod;   // HH:MM: what the words mean in chat
  std::optional<evh_schemas::quiet_hours> quiet_hours;     // reminders wait, critical ones do not
  std::string default_reminder;                            // offset such as -PT15M for tasks with a time; empty: none
  std::vector<std::string> channels;                       // in_app, email, webhook; empty: in_app and webhook
  std::optional<evh_schemas::digest> digest;
  bool operator==(const user_preferences&) const = default;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.optional("tz", self.tz);
    visit.optional("locale", self.locale);
    visit.optional("week_start", self.week_start);
    visit.optional("morning", self.morning);
    visit.optional("afternoon", self.afternoon);
    visit.optional("evening", self.evening);
    visit.optional("tonight", self.tonight);
    visit.optional("eod", self.eod);
    visit.optional("quiet_hours", self.quiet_hours);
    visit.optional("default_reminder", self.default_reminder);
    visit.optional("channels", self.channels);
    visit.optional("digest", self.digest);
  }
};

struct user_event {
  std::string user_id;
  std::string email;                                      // on created and updated
  std::string name;
  std::vector<std::string> roles;                         // on requested, created and updated: user, admin, auditor
  std::optional<user_preferences> preferences;            // on created and preferences; on preferences_requested only what shall change
  std::vector<std::string> clear;                         // on preferences_requested: names of preferences to forget
  std::string session_id;                                 // on session_revoked; absent: every session
  std::string reason;
  evh_schemas::actor actor;
  std::string correlation_id;
  // Unix seconds: access tokens of this user issued before no longer count. On disabled, deleted, session_revoked without
  // a session, and on updated when roles were taken away.
  std::optional<std::int64_t> tokens_from;
  bool operator==(const user_event&) const = default;
  static constexpr compact_schema compact{7, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("user_id", self.user_id);
    visit.optional("email", self.email);
    visit.optional("name", self.name);
    visit.optional("roles", self.roles);
    visit.optional("preferences", self.preferences);
    visit.optional("session_id", self.session_id);
    visit.optional("reason", self.reason);
    visit.required("actor", self.actor);
    visit.required("correlation_id", self.correlation_id);
    visit.optional("clear", self.clear);
    visit.optional("tokens_from", self.tokens_from);
  }
};

}  // namespace evh_schemas
