// Taking due rows and writing what follows from them.
#include "plugins/notification/firing.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "plugins/notification/ids.hpp"
#include "plugins/notification/jobs.hpp"
#include "plugins/notification/people.hpp"
#include "plugins/notification/webhooks.hpp"

namespace notification {

namespace {

namespace es = evh_schemas;

struct due_row {
  std::string task_id, reminder_id, owner, title, correlation_id, snooze_of;
  std::int64_t fire_ms = 0, due_ms = 0, task_version = 0;
  es::priority priority = es::priority::medium;
  person who;
};

std::vector<due_row> due_rows(evh::unit& unit, const firing_rules& rules, std::int64_t now_ms) {
  // On PostgreSQL rows that another replica is taking are passed over instead of waited for.
  const bool skip_locked = unit.host().store_api().dialect == EVH_DIALECT_POSTGRESQL;
  std::vector<due_row> out;
  const std::string sql = "SELECT d.task_id, d.reminder_id, d.owner, d.fire_ms, d.due_ms, d.snooze_of, t.task_version, t.title, t.priority, "
                          "t.correlation_id, " + std::string(people::columns) +
                          " FROM notification_due d JOIN notification_task t ON t.task_id = d.task_id LEFT JOIN notification_user u ON u.user_id = d.owner "
                          "WHERE d.due_ms <= $1 ORDER BY d.due_ms LIMIT $2" + (skip_locked ? " FOR UPDATE OF d SKIP LOCKED" : "");
  unit.query(sql, {now_ms, rules.batch}, [&](evh::row row) {
    due_row r;
    r.task_id = row.text(0);
    r.reminder_id = row.text(1);
    r.owner = row.text(2);
    r.fire_ms = row.integer(3);
    r.due_ms = row.integer(4);
    r.snooze_of = row.text(5);
    r.task_version = row.integer(6);
    r.title = row.text(7);
    r.priority = es::from_text<es::priority>(row.text(8)).value_or(es::priority::medium);
    r.correlation_id = row.text(9);
    r.who = people::person_at(row, 10, rules.default_tz);
    out.push_back(std::move(r));
  });
  return out;
}

// Fires the rows of one unit.
class volley {
 public:
  volley(evh::unit& unit, const firing_rules& rules, const topics& to, std::int64_t now_ms) : unit_(unit), rules_(rules), announcer_(to), now_ms_(now_ms) {}

  void take(const due_row& row) {
    if (row.priority != es::priority::critical) {
      const auto until = after_quiet(now_ms_, row.who.wants);
      if (until > now_ms_) return delay(row, until);
    }
    if (unit_.exec("DELETE FROM notification_due WHERE task_id = $1 AND reminder_id = $2 AND fire_ms = $3", {row.task_id, row.reminder_id, row.fire_ms}) == 0)
      return;
    if (known(row)) return;
    if (!row.snooze_of.empty())
      unit_.exec("UPDATE notification_inbox SET status = 'read', snoozed_ms = 0 WHERE id = $1 AND owner = $2 AND status = 'snoozed'", {row.snooze_of, row.owner});
    const auto delay_ms = std::max<std::int64_t>(0, now_ms_ - row.due_ms);
    result.worst_delay_ms = std::max(result.worst_delay_ms, delay_ms);
    if (delay_ms > rules_.grace_ms) miss(row);
    else deliver(row, delay_ms > rules_.late_ms);
  }

  void finish() {
    static constexpr std::array<std::string_view, 8> ledger{"task_id", "reminder_id", "fire_ms", "channel", "notification_id", "status", "attempts", "at_ms"};
    static constexpr std::array<std::string_view, 13> inbox{"id", "owner", "task_id", "task_version", "reminder_id", "title", "priority", "fire_ms",
                                                            "at_ms", "late", "status", "channels", "correlation_id"};
    if (!ledger_.empty()) unit_.copy_rows("notification_ledger", ledger, ledger_);
    if (!inbox_.empty()) unit_.copy_rows("notification_inbox", inbox, inbox_);
    announcer_.publish(unit_);
  }

  fired result;

 private:
  // A zone change may move a reminder back to a time at which it has fired.
  bool known(const due_row& row) {
    bool found = false;
    unit_.query("SELECT 1 FROM notification_ledger WHERE task_id = $1 AND reminder_id = $2 AND fire_ms = $3 AND channel = 'in_app' "
                "UNION ALL SELECT 1 FROM notification_inbox WHERE id = $4 LIMIT 1",
                {row.task_id, row.reminder_id, row.fire_ms, notification_id(row.task_id, row.reminder_id, row.fire_ms)}, [&](evh::row) { found = true; });
    return found;
  }

  void delay(const due_row& row, std::int64_t until) {
    unit_.exec("UPDATE notification_due SET due_ms = $3 WHERE task_id = $1 AND reminder_id = $2", {row.task_id, row.reminder_id, until});
    ++result.delayed;
  }

  std::string& keep(std::string text) {
    texts_.push_back(std::move(text));
    return texts_.back();
  }

  void record(const due_row& row, const std::string& id, const std::string& channel, std::string_view status, int attempts) {
    ledger_.insert(ledger_.end(), {row.task_id, row.reminder_id, row.fire_ms, channel, id, status, attempts, now_ms_});
  }
  void put(const due_row& row, const std::string& id, bool late, std::string_view status, const std::string& channels) {
    inbox_.insert(inbox_.end(), {id, row.owner, row.task_id, row.task_version, row.reminder_id, row.title, es::to_text(row.priority), row.fire_ms,
                                 now_ms_, late ? 1 : 0, status, channels, row.correlation_id});
  }

  static es::notification_event event_of(const due_row& row, const std::string& id, bool late) {
    es::notification_event event;
    event.owner = row.owner;
    event.notification_id = id;
    event.task_id = row.task_id;
    event.task_version = row.task_version;
    event.reminder_id = row.reminder_id;
    event.fire_at.value = row.fire_ms;
    event.title = row.title;
    event.priority = row.priority;
    event.late = late;
    event.correlation_id = row.correlation_id;
    return event;
  }

  void miss(const due_row& row) {
    const auto& id = keep(notification_id(row.task_id, row.reminder_id, row.fire_ms));
    record(row, id, keep("in_app"), "missed", 0);
    put(row, id, true, "missed", keep(""));
    auto event = event_of(row, id, true);
    event.channel = "in_app";
    event.error = "missed: the host did not run within the grace time after it was due";
    announcer_.add(es::type::notification_failed, event, announcer::reach::log);
    ++result.missed;
  }

  void deliver(const due_row& row, bool late) {
    const auto& id = keep(notification_id(row.task_id, row.reminder_id, row.fire_ms));
    auto event = event_of(row, id, late);
    const std::string payload = es::to_json(event);
    auto& channels = keep("in_app");
    record(row, id, keep("in_app"), "delivered", 1);
    const auto queue = [&](const std::string& endpoint, std::string_view kind) {
      jobs::add(unit_, {id, endpoint, std::string(kind), row.owner, std::string(es::type::notification_due), payload}, now_ms_);
      record(row, id, keep(endpoint), "pending", 0);
      if (channels.find(kind) == std::string::npos) channels.append(" ").append(kind);
      ++result.jobs;
    };
    if (rules_.mail && row.who.in_channel("email") && row.who.has_mail()) queue("email:" + row.owner, "email");
    if (row.who.in_channel("webhook"))
      for (const auto& hook : hooks_of(row.owner)) queue("webhook:" + hook, "webhook");
    put(row, id, late, "unread", channels);
    announcer_.add_text(es::type::notification_due, row.owner, payload, announcer::reach::log_and_screens);
    event.channel = "in_app";
    event.attempt = 1;
    announcer_.add(es::type::notification_delivered, event, announcer::reach::log_and_screens);
    ++result.delivered;
    if (late) ++result.late;
  }

  const std::vector<std::string>& hooks_of(const std::string& owner) {
    const auto found = hooks_.find(owner);
    if (found != hooks_.end()) return found->second;
    return hooks_.emplace(owner, webhooks::listening(unit_, owner, es::type::notification_due)).first->second;
  }

  evh::unit& unit_;
  const firing_rules& rules_;
  announcer announcer_;
  std::int64_t now_ms_;
  std::vector<evh::value> ledger_, inbox_;
  std::deque<std::string> texts_;                                    // what the rows above point at
  std::map<std::string, std::vector<std::string>> hooks_;
};

}  // namespace

fired fire_due(evh::unit& unit, const firing_rules& rules, const topics& to, std::int64_t now_ms) {
  const auto rows = due_rows(unit, rules, now_ms);
  volley all(unit, rules, to, now_ms);
  for (const auto& row : rows) all.take(row);
  all.finish();
  all.result.taken = static_cast<std::int64_t>(rows.size());
  all.result.next_ms = due_index::earliest(unit);
  return all.result;
}

void put_off_first(evh::unit& unit, std::int64_t now_ms, std::int64_t until_ms) {
  std::string task_id, reminder_id;
  unit.query("SELECT task_id, reminder_id FROM notification_due WHERE due_ms <= $1 ORDER BY due_ms LIMIT 1", {now_ms}, [&](evh::row row) {
    task_id = row.text(0);
    reminder_id = row.text(1);
  });
  unit.exec("UPDATE notification_due SET due_ms = $3 WHERE task_id = $1 AND reminder_id = $2", {task_id, reminder_id, until_ms});
}

std::int64_t announce_snoozes(evh::unit& unit, const topics& to, const std::vector<snoozed>& snoozes, std::int64_t now_ms) {
  announcer out(to);
  std::int64_t queued = 0;
  for (const auto& each : snoozes) {
    es::notification_event event;
    unit.query("SELECT owner, task_id, task_version, reminder_id, title, priority, fire_ms, late, correlation_id FROM notification_inbox WHERE id = $1",
               {each.notification_id}, [&](evh::row row) {
                 event.owner = row.text(0);
                 event.task_id = row.text(1);
                 event.task_version = row.integer(2);
                 event.reminder_id = row.text(3);
                 event.title = row.text(4);
                 event.priority = es::from_text<es::priority>(row.text(5)).value_or(es::priority::medium);
                 event.fire_at.value = row.integer(6);
                 event.late = row.integer(7) != 0;
                 event.correlation_id = row.text(8);
               });
    if (event.owner.empty()) continue;
    event.notification_id = each.notification_id;
    event.snoozed_until = es::instant_ms{each.until_ms};
    const std::string payload = es::to_json(event);
    for (const auto& hook : webhooks::listening(unit, event.owner, es::type::notification_snoozed)) {
      jobs::add(unit, {each.notification_id + "." + std::to_string(each.until_ms), "webhook:" + hook, "webhook", event.owner,
                       std::string(es::type::notification_snoozed), payload}, now_ms);
      ++queued;
    }
    out.add_text(es::type::notification_snoozed, event.owner, payload, announcer::reach::log_and_screens);
  }
  out.publish(unit);
  return queued;
}

}  // namespace notification
