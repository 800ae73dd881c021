// What the plugin knows of people: address, zone, time of day, quiet hours, channels; fed by user-events.
//
// Plain SQL: five columns that every firing reads in a join. Inside a unit; errors are evh::failure.
#pragma once

#include <evh/unit.hpp>

#include <string>
#include <string_view>

#include "plugins/notification/schedule.hpp"
#include "schemas/events/user_events.hpp"

namespace notification {

struct person {
  preferences wants;
  std::string email;
  bool in_channel(std::string_view name) const;      // in_app and webhook unless they chose; never when disabled
  bool has_mail() const;                             // an address that can be sent to
  std::string channels;                              // words joined by spaces; empty: the default
  bool disabled = false;
};

namespace people {

// The columns person_at() reads, for joins with notification_user as u.
inline constexpr std::string_view columns = "u.email, u.tz, u.day_time_s, u.quiet_from_s, u.quiet_to_s, u.channels, u.disabled";
inline constexpr std::uint32_t columns_count = 7;
person person_at(const evh::row& row, std::uint32_t first, const std::string& default_tz);

person find(evh::unit& unit, std::string_view user_id, const std::string& default_tz);

// Takes one user event over. Fire times of the person's tasks that changed with it are left to rebuild (due_index.hpp).
void apply(evh::unit& unit, std::string_view type, const evh_schemas::user_event& event);

}  // namespace people
}  // namespace notification
