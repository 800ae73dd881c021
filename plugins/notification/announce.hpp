// The plugin's events: what goes out on notifications, and on task-updates for the owner's open screens.
//
// Inside a unit: they appear if and only if it commits.
#pragma once

#include <evh/unit.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/events/notification_events.hpp"

namespace notification {

struct topics {
  std::uint32_t notifications = 0, task_updates = 0;
};

// Collects events of one unit and publishes them with one call.
class announcer {
 public:
  explicit announcer(const topics& to) : topics_(to) {}
  enum class reach { log, log_and_screens };
  void add(std::string_view type, const evh_schemas::notification_event& event, reach how);
  void add_text(std::string_view type, std::string_view owner, std::string json, reach how);
  void publish(evh::unit& unit);

 private:
  struct entry {
    std::string_view type;
    std::string owner, payload;
    reach how;
  };
  topics topics_;
  std::vector<entry> entries_;
};

}  // namespace notification
