// The due index: what is still to fire, kept from the reminders topic and moved when somebody's zone or quiet hours change.
//
// The newest task_version counts; an older one that comes late is ignored, also after a cancellation (the task's row stays
// as a tombstone). Plain SQL: a hot path. Inside a unit; errors are evh::failure, and payload_error for what cannot be kept.
#pragma once

#include <evh/unit.hpp>

#include <cstdint>
#include <limits>
#include <string>

#include "schemas/events/reminder_events.hpp"

namespace notification {

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// A reminder whose time had passed by more than this when it was scheduled is history, not a reminder.
inline constexpr std::int64_t past_grace_ms = 60'000;

// A parent notification that a snooze took out of sight.
struct snoozed {
  std::string notification_id;
  std::int64_t until_ms = 0;
};

struct schedule_outcome {
  std::int64_t earliest_ms = never;          // of the rows that were added
  std::vector<snoozed> snoozes;              // to be announced
};

class due_index {
 public:
  explicit due_index(std::string default_tz) : default_tz_(std::move(default_tz)) {}

  // event_ms: when the task changed. Reminders that stay as they were keep their row, delayed or not.
  schedule_outcome schedule(evh::unit& unit, const evh_schemas::reminder_scheduled& event, std::int64_t event_ms) const;
  void cancel(evh::unit& unit, const evh_schemas::reminder_cancelled& event, std::int64_t event_ms) const;

  // Moves rows of up to `max` tasks whose owner's preferences changed. False: nothing is left to move.
  bool rebuild(evh::unit& unit, std::int64_t max) const;

  static std::int64_t earliest(evh::unit& unit);
  static bool stale(evh::unit& unit);

 private:
  std::string default_tz_;
};

}  // namespace notification
