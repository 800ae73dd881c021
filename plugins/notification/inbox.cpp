// SQL of notification_inbox, and reading of notification_due.
#include "plugins/notification/inbox.hpp"

#include <algorithm>
#include <limits>

namespace notification::inbox {

namespace {

namespace es = evh_schemas;

constexpr std::string_view columns = "id, task_id, title, fire_ms, at_ms, late, priority, status, snoozed_ms, channels";

notice notice_at(const evh::row& row) {
  notice out;
  out.id = row.text(0);
  out.task_id = row.text(1);
  out.title = row.text(2);
  out.fire_at.value = row.integer(3);
  out.at.value = row.integer(4);
  out.late = row.integer(5) != 0;
  out.priority = es::from_text<es::priority>(row.text(6)).value_or(es::priority::medium);
  out.status = row.text(7);
  if (row.integer(8) != 0) out.snoozed_until = es::instant_ms{row.integer(8)};
  std::string_view words = row.text(9);
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    out.channels.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  if (!out.channels.empty()) out.delivered_at = out.at;   // a missed one went through none
  return out;
}

}  // namespace

std::vector<notice> list(evh::unit& unit, std::string_view owner, std::string_view status, const std::optional<place>& after, std::size_t count) {
  std::vector<notice> out;
  const place from = after.value_or(place{std::numeric_limits<std::int64_t>::max(), "", ""});
  std::vector<evh::value> values{owner, from.at_ms, from.first, static_cast<std::int64_t>(count)};
  if (!status.empty()) values.emplace_back(status);
  const std::string sql = "SELECT " + std::string(columns) + " FROM notification_inbox WHERE owner = $1" + (status.empty() ? "" : " AND status = $5") +
                          " AND (at_ms, id) < ($2, $3) ORDER BY at_ms DESC, id DESC LIMIT $4";
  unit.query(sql, values, [&](evh::row row) { out.push_back(notice_at(row)); });
  return out;
}

std::optional<notice> find(evh::unit& unit, std::string_view owner, std::string_view id) {
  std::optional<notice> out;
  unit.query("SELECT " + std::string(columns) + " FROM notification_inbox WHERE id = $1 AND owner = $2", {id, owner}, [&](evh::row row) { out = notice_at(row); });
  return out;
}

std::int64_t unread(evh::unit& unit, std::string_view owner) {
  std::int64_t out = 0;
  unit.query("SELECT count(*) FROM notification_inbox WHERE owner = $1 AND status = 'unread'", {owner}, [&](evh::row row) { out = row.integer(0); });
  return out;
}

void mark_read(evh::unit& unit, std::string_view owner, std::string_view id) {
  unit.exec("UPDATE notification_inbox SET status = 'read' WHERE id = $1 AND owner = $2 AND status IN ('unread', 'missed')", {id, owner});
}

std::int64_t mark_all_read(evh::unit& unit, std::string_view owner) {
  return unit.exec("UPDATE notification_inbox SET status = 'read' WHERE owner = $1 AND status IN ('unread', 'missed')", {owner});
}

std::vector<upcoming> reminders(evh::unit& unit, std::string_view owner, const std::optional<place>& after, std::size_t count) {
  std::vector<upcoming> out;
  const place from = after.value_or(place{std::numeric_limits<std::int64_t>::min(), "", ""});
  unit.query("SELECT d.task_id, d.reminder_id, t.title, d.fire_ms FROM notification_due d JOIN notification_task t ON t.task_id = d.task_id "
             "WHERE d.owner = $1 AND (d.fire_ms, d.task_id, d.reminder_id) > ($2, $3, $4) "
             "ORDER BY d.fire_ms, d.task_id, d.reminder_id LIMIT $5",
             {owner, from.at_ms, from.first, from.second, static_cast<std::int64_t>(count)}, [&](evh::row row) {
               out.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)), es::instant_ms{row.integer(3)}});
             });
  return out;
}

void trim(evh::unit& unit, std::int64_t before_ms, std::int64_t max) {
  const auto prune = [&](std::string_view table, std::string_view key, std::string_view when, std::string_view also) {
    const std::string name = "notification_" + std::string(table), id(key);
    unit.exec("DELETE FROM " + name + " WHERE " + id + " IN (SELECT " + id + " FROM " + name + " WHERE " + std::string(when) + " < $1 " + std::string(also) +
                  " ORDER BY " + std::string(when) + " LIMIT $2)", {before_ms, max});
  };
  prune("inbox", "id", "at_ms", "AND status <> 'snoozed'");
  prune("job", "id", "created_ms", "AND status <> 'pending'");
  prune("task", "task_id", "at_ms", "AND scheduled = ''");
  unit.exec("DELETE FROM notification_ledger WHERE at_ms < $1 AND at_ms <= "
            "(SELECT max(at_ms) FROM (SELECT at_ms FROM notification_ledger WHERE at_ms < $1 ORDER BY at_ms LIMIT $2) AS oldest)", {before_ms, max});
}

}  // namespace notification::inbox
