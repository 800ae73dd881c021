// Firing: due rows become inbox rows, ledger rows, events and one job per endpoint, all in the one unit that takes them out
// of the index. Whoever deletes the row has claimed it; a crash before the commit leaves everything as it was, so another
// process can fire it at once and none does twice.
//
// Inside a unit; re-runnable. Errors are evh::failure.
#pragma once

#include <evh/unit.hpp>

#include <cstdint>
#include <string>

#include "plugins/notification/announce.hpp"
#include "plugins/notification/due_index.hpp"

namespace notification {

struct firing_rules {
  std::int64_t batch = 256;                 // due rows per unit
  std::int64_t grace_ms = 86'400'000;       // later than this: missed
  std::int64_t late_ms = 60'000;            // later than this: marked late
  std::string default_tz = "UTC";
  bool mail = false;                        // an SMTP server is configured
};

struct fired {
  std::int64_t taken = 0;                   // due rows looked at; a full batch means there may be more
  std::int64_t delivered = 0, late = 0, missed = 0, delayed = 0;
  std::int64_t jobs = 0;
  std::int64_t worst_delay_ms = 0;
  std::int64_t next_ms = never;             // of what is left in the index
};

fired fire_due(evh::unit& unit, const firing_rules& rules, const topics& to, std::int64_t now_ms);

// The row that comes first is put off, because a unit with it alone failed: it holds up nobody else.
void put_off_first(evh::unit& unit, std::int64_t now_ms, std::int64_t until_ms);

// Announces snoozes to screens and webhooks.
std::int64_t announce_snoozes(evh::unit& unit, const topics& to, const std::vector<snoozed>& snoozes, std::int64_t now_ms);

}  // namespace notification
