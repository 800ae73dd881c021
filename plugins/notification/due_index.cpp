// SQL of notification_task and notification_due.
#include "plugins/notification/due_index.hpp"

#include <algorithm>
#include <map>

#include "plugins/notification/people.hpp"

namespace notification {

namespace {

namespace es = evh_schemas;

// What is needed to compute fire times again.
struct scheduled_part {
  std::optional<es::due> due;
  std::vector<es::reminder> reminders;
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("due", self.due);
    visit.required("reminders", self.reminders);
  }
};

constexpr std::size_t id_bytes_max = 200, title_bytes_max = 4000, reminders_max = 100;

// What firing writes and publishes must fit, or one event would hold up everybody's reminders.
void check_sizes(const es::reminder_scheduled& event) {
  const auto id = [](const char* path, const std::string& text) {
    if (text.empty() || text.size() > id_bytes_max) throw es::payload_error(path, "must have 1 to 200 bytes");
  };
  id("owner", event.owner);
  id("task_id", event.task_id);
  if (event.title.size() > title_bytes_max) throw es::payload_error("title", "must have at most 4000 bytes");
  if (event.correlation_id.size() > id_bytes_max) throw es::payload_error("correlation_id", "must have at most 200 bytes");
  if (event.reminders.size() > reminders_max) throw es::payload_error("reminders", "must be at most 100");
  for (const auto& each : event.reminders) id("reminders.id", each.id);
}

// False: this version, or a newer one, is known.
bool take_version(evh::unit& unit, std::string_view task_id, std::int64_t version) {
  std::int64_t known = std::numeric_limits<std::int64_t>::min();
  unit.query("SELECT task_version FROM notification_task WHERE task_id = $1", {task_id}, [&](evh::row row) { known = row.integer(0); });
  return version > known;
}

void keep_task(evh::unit& unit, std::string_view task_id, std::string_view owner, std::int64_t version, std::string_view title,
               std::string_view priority, std::string_view scheduled, std::string_view correlation_id, std::int64_t at_ms) {
  unit.exec("INSERT INTO notification_task(task_id, owner, task_version, title, priority, scheduled, correlation_id, at_ms) "
            "VALUES($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT(task_id) DO UPDATE SET owner = excluded.owner, "
            "task_version = excluded.task_version, title = excluded.title, priority = excluded.priority, "
            "scheduled = excluded.scheduled, correlation_id = excluded.correlation_id, at_ms = excluded.at_ms",
            {task_id, owner, version, title, priority, scheduled, correlation_id, at_ms});
}

// A snoozed notification whose snooze is gone (fired, removed, the due edited) is one that was seen.
void end_snoozes(evh::unit& unit, std::string_view task_id) {
  unit.exec("UPDATE notification_inbox SET status = 'read', snoozed_ms = 0 WHERE task_id = $1 AND status = 'snoozed' "
            "AND id NOT IN (SELECT snooze_of FROM notification_due WHERE task_id = $1)", {task_id});
}

bool fired_before(evh::unit& unit, std::string_view task_id, std::string_view reminder_id, std::int64_t fire_ms) {
  bool found = false;
  unit.query("SELECT 1 FROM notification_ledger WHERE task_id = $1 AND reminder_id = $2 AND fire_ms = $3 AND channel = 'in_app'",
             {task_id, reminder_id, fire_ms}, [&](evh::row) { found = true; });
  return found;
}

// True when the parent is the owner's and was not snoozed to that moment already.
bool snooze_parent(evh::unit& unit, std::string_view owner, std::string_view parent, std::int64_t until_ms) {
  return unit.exec("UPDATE notification_inbox SET status = 'snoozed', snoozed_ms = $3 WHERE id = $1 AND owner = $2 "
                   "AND NOT (status = 'snoozed' AND snoozed_ms = $3)", {parent, owner, until_ms}) > 0;
}

std::map<std::string, std::int64_t, std::less<>> rows_of(evh::unit& unit, std::string_view task_id) {
  std::map<std::string, std::int64_t, std::less<>> out;
  unit.query("SELECT reminder_id, fire_ms FROM notification_due WHERE task_id = $1", {task_id},
             [&](evh::row row) { out.emplace(row.text(0), row.integer(1)); });
  return out;
}

}  // namespace

schedule_outcome due_index::schedule(evh::unit& unit, const es::reminder_scheduled& event, std::int64_t event_ms) const {
  check_sizes(event);
  schedule_outcome out;
  if (!take_version(unit, event.task_id, event.task_version)) return out;
  keep_task(unit, event.task_id, event.owner, event.task_version, event.title, es::to_text(event.priority),
            es::to_json(scheduled_part{event.due, event.reminders}), event.correlation_id, event_ms);
  auto old = rows_of(unit, event.task_id);
  const person owner = people::find(unit, event.owner, default_tz_);
  for (const auto& each : event.reminders) {
    const auto fire = fire_time(each, event.due, owner.wants);
    if (!fire) continue;
    const auto kept = old.find(each.id);
    const bool same = kept != old.end() && kept->second == *fire;
    if (kept != old.end()) old.erase(kept);
    if (!same) {
      unit.exec("DELETE FROM notification_due WHERE task_id = $1 AND reminder_id = $2", {event.task_id, each.id});
      if (*fire < event_ms - past_grace_ms || fired_before(unit, event.task_id, each.id, *fire)) continue;
      unit.exec("INSERT INTO notification_due(task_id, reminder_id, owner, fire_ms, due_ms, snooze_of) VALUES($1, $2, $3, $4, $4, $5)",
                {event.task_id, each.id, event.owner, *fire, each.snooze_of});
      out.earliest_ms = std::min(out.earliest_ms, *fire);
    }
    if (!each.snooze_of.empty() && snooze_parent(unit, event.owner, each.snooze_of, *fire)) out.snoozes.push_back({each.snooze_of, *fire});
  }
  for (const auto& [reminder_id, fire_ms] : old)
    unit.exec("DELETE FROM notification_due WHERE task_id = $1 AND reminder_id = $2", {event.task_id, reminder_id});
  end_snoozes(unit, event.task_id);
  return out;
}

void due_index::cancel(evh::unit& unit, const es::reminder_cancelled& event, std::int64_t event_ms) const {
  if (event.task_id.empty() || event.task_id.size() > id_bytes_max) throw es::payload_error("task_id", "must have 1 to 200 bytes");
  if (!take_version(unit, event.task_id, event.task_version)) return;
  keep_task(unit, event.task_id, event.owner, event.task_version, "", "medium", "", "", event_ms);
  unit.exec("DELETE FROM notification_due WHERE task_id = $1", {event.task_id});
  end_snoozes(unit, event.task_id);
}

bool due_index::rebuild(evh::unit& unit, std::int64_t max) const {
  std::string user, after;
  unit.query("SELECT user_id, stale_after FROM notification_user WHERE stale_after IS NOT NULL ORDER BY user_id LIMIT 1", {}, [&](evh::row row) {
    user = row.text(0);
    after = row.text(1);
  });
  if (user.empty()) return false;
  struct task {
    std::string id, scheduled;
  };
  std::vector<task> tasks;
  unit.query("SELECT task_id, scheduled FROM notification_task WHERE owner = $1 AND task_id > $2 AND scheduled <> '' ORDER BY task_id LIMIT $3",
             {user, after, max}, [&](evh::row row) { tasks.push_back({std::string(row.text(0)), std::string(row.text(1))}); });
  const person owner = people::find(unit, user, default_tz_);
  for (const auto& each : tasks) {
    const auto rows = rows_of(unit, each.id);
    if (rows.empty()) continue;
    const auto part = es::from_json<scheduled_part>(std::string_view(each.scheduled));
    for (const auto& reminder : part.reminders) {
      const auto fire = rows.contains(reminder.id) ? fire_time(reminder, part.due, owner.wants) : std::nullopt;
      if (fire) unit.exec("UPDATE notification_due SET fire_ms = $3, due_ms = $3 WHERE task_id = $1 AND reminder_id = $2", {each.id, reminder.id, *fire});
    }
  }
  const bool finished = tasks.size() < static_cast<std::size_t>(max);
  if (finished) unit.exec("UPDATE notification_user SET stale_after = NULL WHERE user_id = $1", {user});
  else unit.exec("UPDATE notification_user SET stale_after = $2 WHERE user_id = $1", {user, tasks.back().id});
  return true;
}

std::int64_t due_index::earliest(evh::unit& unit) {
  std::int64_t out = never;
  unit.query("SELECT due_ms FROM notification_due ORDER BY due_ms LIMIT 1", {}, [&](evh::row row) { out = row.integer(0); });
  return out;
}

bool due_index::stale(evh::unit& unit) {
  bool found = false;
  unit.query("SELECT 1 FROM notification_user WHERE stale_after IS NOT NULL LIMIT 1", {}, [&](evh::row) { found = true; });
  return found;
}

}  // namespace notification
