// SQL of notification_user.
#include "plugins/notification/people.hpp"

#include <algorithm>

#include "plugins/calendar/zone.hpp"
#include "plugins/notification/mail.hpp"

namespace notification {

namespace {

namespace es = evh_schemas;

std::int64_t seconds_of(std::string_view text) {
  const auto time = calendar::parse_time(text);
  return time ? time->count() : -1;
}

void ensure(evh::unit& unit, std::string_view user_id) {
  unit.exec("INSERT INTO notification_user(user_id) VALUES($1) ON CONFLICT(user_id) DO NOTHING", {user_id});
}

void take_preferences(evh::unit& unit, std::string_view user_id, const es::user_preferences& wanted) {
  const std::string tz = calendar::zone_known(wanted.tz) ? wanted.tz : std::string();
  const auto day_time = seconds_of(wanted.morning);
  const auto from = wanted.quiet_hours ? seconds_of(wanted.quiet_hours->from) : -1;
  const auto to = wanted.quiet_hours ? seconds_of(wanted.quiet_hours->to) : -1;
  std::string channels;
  for (const auto& each : wanted.channels) channels += (channels.empty() ? "" : " ") + each;
  unit.exec("UPDATE notification_user SET stale_after = '' WHERE user_id = $1 AND (tz <> $2 OR day_time_s <> $3 OR quiet_from_s <> $4 OR quiet_to_s <> $5)",
            {user_id, tz, day_time, from, to});
  unit.exec("UPDATE notification_user SET tz = $2, day_time_s = $3, quiet_from_s = $4, quiet_to_s = $5, channels = $6 WHERE user_id = $1",
            {user_id, tz, day_time, from, to, channels});
}

void forget(evh::unit& unit, std::string_view user_id) {
  unit.exec("DELETE FROM notification_job WHERE endpoint IN (SELECT endpoint FROM notification_endpoint WHERE owner = $1)", {user_id});
  unit.exec("DELETE FROM notification_ledger WHERE task_id IN (SELECT task_id FROM notification_inbox WHERE owner = $1)", {user_id});
  for (const auto* table : {"endpoint", "webhook", "inbox", "due", "task"})
    unit.exec(std::string("DELETE FROM notification_") + table + " WHERE owner = $1", {user_id});
  unit.exec("DELETE FROM notification_user WHERE user_id = $1", {user_id});
}

}  // namespace

bool person::in_channel(std::string_view name) const {
  if (disabled) return false;
  if (channels.empty()) return name == "in_app" || name == "webhook";
  const std::string all = " " + channels + " ";
  return all.find(" " + std::string(name) + " ") != std::string::npos;
}

// Accounts that an operator asked for by name have an address below .invalid (RFC 2606): nobody is there.
bool person::has_mail() const { return valid_mail_address(email) && !email.ends_with(".invalid"); }

namespace people {

person person_at(const evh::row& row, std::uint32_t first, const std::string& default_tz) {
  person out;
  out.wants.tz = default_tz;
  if (row.is_null(first)) return out;
  out.email = row.text(first);
  if (!row.text(first + 1).empty()) out.wants.tz = row.text(first + 1);
  if (row.integer(first + 2) >= 0) out.wants.day_time = std::chrono::seconds(row.integer(first + 2));
  const auto from = row.integer(first + 3), to = row.integer(first + 4);
  if (from >= 0 && to >= 0) out.wants.quiet = quiet_span{std::chrono::seconds(from), std::chrono::seconds(to)};
  out.channels = row.text(first + 5);
  out.disabled = row.integer(first + 6) != 0;
  return out;
}

person find(evh::unit& unit, std::string_view user_id, const std::string& default_tz) {
  person out;
  out.wants.tz = default_tz;
  unit.query("SELECT " + std::string(columns) + " FROM notification_user u WHERE u.user_id = $1", {user_id},
             [&](evh::row row) { out = person_at(row, 0, default_tz); });
  return out;
}

void apply(evh::unit& unit, std::string_view type, const es::user_event& event) {
  if (event.user_id.empty() || event.user_id.size() > 200) throw es::payload_error("user_id", "must have 1 to 200 characters");
  if (type == es::type::user_deleted) return forget(unit, event.user_id);
  if (type == es::type::user_created || type == es::type::user_updated || type == es::type::user_preferences) {
    ensure(unit, event.user_id);
    if (!event.email.empty()) unit.exec("UPDATE notification_user SET email = $2 WHERE user_id = $1", {event.user_id, event.email});
    if (event.preferences) take_preferences(unit, event.user_id, *event.preferences);
  } else if (type == es::type::user_disabled || type == es::type::user_enabled) {
    ensure(unit, event.user_id);
    unit.exec("UPDATE notification_user SET disabled = $2 WHERE user_id = $1", {event.user_id, type == es::type::user_disabled ? 1 : 0});
  }
}

}  // namespace people
}  // namespace notification
