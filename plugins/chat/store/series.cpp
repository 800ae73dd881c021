// SQL of series, occurrences and last notifications.
#include "plugins/chat/store/series.hpp"

#include "plugins/chat/store/people.hpp"
#include "schemas/events/json_read.hpp"
#include "schemas/events/json_write.hpp"

namespace chat {

namespace {

evh::value blob(const uuid& id) { return evh::value::blob(bytes_of(id)); }

constexpr std::string_view series_columns = "SELECT id, owner, version, ended, rule, task_id, updated_at FROM chat_series ";
stored_series series_of(const evh::row& row) {
  return {uuid_of(row.text(0)), std::string(row.text(1)), row.integer(2),      row.integer(3) != 0, evh_schemas::from_json<recurrence>(row.text(4)),
          uuid_of(row.text(5)), row.integer(6)};
}

constexpr std::string_view occurrence_columns = "SELECT series_id, occurrence, task_id, predecessor_id, withdrawn FROM chat_occurrence ";
stored_occurrence occurrence_of(const evh::row& row) {
  return {uuid_of(row.text(0)), std::string(row.text(1)), uuid_of(row.text(2)), row.is_null(3) ? std::nullopt : std::optional(uuid_of(row.text(3))),
          row.integer(4) != 0};
}

}  // namespace

std::optional<stored_series> find_series(evh::unit& unit, const uuid& id) {
  std::optional<stored_series> out;
  unit.query(std::string(series_columns) + "WHERE id = $1", {blob(id)}, [&](const evh::row& row) { out = series_of(row); });
  return out;
}

void put_series(evh::unit& unit, const stored_series& value) {
  unit.exec("INSERT INTO chat_series (id, owner, version, ended, rule, task_id, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET "
            "owner = excluded.owner, version = excluded.version, ended = excluded.ended, rule = excluded.rule, task_id = excluded.task_id, updated_at = excluded.updated_at",
            {blob(value.id), value.owner, value.version, value.ended ? 1 : 0, evh_schemas::to_json(value.rule), blob(value.task), value.updated_at});
}

std::vector<stored_series> series_of(evh::unit& unit, std::string_view owner, const uuid& after, std::size_t limit) {
  std::vector<stored_series> out;
  unit.query(std::string(series_columns) + "WHERE owner = $1 AND id > $2 AND ended = 0 ORDER BY id LIMIT $3",
             {owner, blob(after), static_cast<std::int64_t>(limit)}, [&](const evh::row& row) { out.push_back(series_of(row)); });
  return out;
}

std::optional<stored_occurrence> find_occurrence(evh::unit& unit, const uuid& series, std::string_view occurrence) {
  std::optional<stored_occurrence> out;
  unit.query(std::string(occurrence_columns) + "WHERE series_id = $1 AND occurrence = $2", {blob(series), occurrence},
             [&](const evh::row& row) { out = occurrence_of(row); });
  return out;
}

std::vector<uuid> tasks_of_series(evh::unit& unit, const uuid& series, std::size_t limit) {
  std::vector<uuid> out;
  unit.query("SELECT task_id FROM chat_occurrence WHERE series_id = $1 ORDER BY occurrence DESC LIMIT $2", {blob(series), static_cast<std::int64_t>(limit)},
             [&](const evh::row& row) { out.push_back(uuid_of(row.text(0))); });
  return out;
}

std::vector<stored_occurrence> successors_of(evh::unit& unit, const uuid& predecessor) {
  std::vector<stored_occurrence> out;
  unit.query(std::string(occurrence_columns) + "WHERE predecessor_id = $1 ORDER BY occurrence", {blob(predecessor)},
             [&](const evh::row& row) { out.push_back(occurrence_of(row)); });
  return out;
}

void put_occurrence(evh::unit& unit, const stored_occurrence& value) {
  const evh::value predecessor = value.predecessor ? blob(*value.predecessor) : evh::value(nullptr);
  unit.exec("INSERT INTO chat_occurrence (series_id, occurrence, task_id, predecessor_id, withdrawn) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (series_id, occurrence) "
            "DO UPDATE SET task_id = excluded.task_id, predecessor_id = excluded.predecessor_id, withdrawn = excluded.withdrawn",
            {blob(value.series), value.occurrence, blob(value.task), predecessor, value.withdrawn ? 1 : 0});
}

void erase_occurrence(evh::unit& unit, const uuid& series, std::string_view occurrence, const uuid& task) {
  unit.exec("DELETE FROM chat_occurrence WHERE series_id = $1 AND occurrence = $2 AND task_id = $3", {blob(series), occurrence, blob(task)});
}

std::optional<last_notification> find_last_notification(evh::unit& unit, std::string_view owner) {
  std::optional<last_notification> out;
  unit.query("SELECT notification_id, task_id, at FROM chat_last_notification WHERE owner = $1", {owner}, [&](const evh::row& row) {
    out = last_notification{std::string(row.text(0)), uuid_of(row.text(1)), row.integer(2)};
  });
  return out;
}

void put_last_notification(evh::unit& unit, std::string_view owner, const last_notification& value) {
  unit.exec("INSERT INTO chat_last_notification (owner, notification_id, task_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (owner) DO UPDATE SET "
            "notification_id = excluded.notification_id, task_id = excluded.task_id, at = excluded.at WHERE excluded.at >= chat_last_notification.at",
            {owner, value.id, blob(value.task), value.at});
}

}  // namespace chat
