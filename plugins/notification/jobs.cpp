// SQL of notification_job and notification_endpoint.
#include "plugins/notification/jobs.hpp"

#include <algorithm>

#include "plugins/notification/due_index.hpp"
#include "plugins/notification/webhooks.hpp"

namespace notification::jobs {

namespace {

namespace es = evh_schemas;

std::string_view kind_of(std::string_view endpoint) { return endpoint.substr(0, endpoint.find(':')); }

// The left side of the Message-ID, and the webhook-id.
std::string job_id(const new_job& what) {
  return what.about + "." + (what.kind == "email" ? std::string("email") : what.endpoint.substr(what.endpoint.find(':') + 1));
}

void announce(announcer& out, std::string_view type, std::string_view payload, std::string_view endpoint, std::int64_t attempt, std::string_view error) {
  auto event = es::from_json<es::notification_event>(payload);
  event.channel = kind_of(endpoint);
  event.attempt = attempt;
  event.error = type == es::type::notification_failed && error.empty() ? "no answer" : error;
  out.add(type, event, type == es::type::notification_failed ? announcer::reach::log_and_screens : announcer::reach::log);
}

void note_in_ledger(evh::unit& unit, std::string_view payload, std::string_view endpoint, std::string_view status, std::int64_t attempts, std::int64_t now_ms) {
  const auto event = es::from_json<es::notification_event>(payload);
  if (event.snoozed_until) return;   // the ledger is about reminders, not about what somebody did with them
  unit.exec("UPDATE notification_ledger SET status = $5, attempts = $6, at_ms = $7 WHERE task_id = $1 AND reminder_id = $2 AND fire_ms = $3 AND channel = $4",
            {event.task_id, event.reminder_id, event.fire_at.value, endpoint, status, attempts, now_ms});
}

// After failures in a row the whole endpoint rests, so that one that stalls does not hold a sender all the time.
std::int64_t rest_ms(const retry_schedule& schedule, std::int64_t failures) {
  if (failures == 0) return 0;
  return schedule[std::min({static_cast<std::size_t>(failures), std::size_t{2}, schedule.size() - 1})];
}

struct stored {
  std::string type, payload;
};
std::optional<stored> pending_job(evh::unit& unit, const try_result& result) {
  std::optional<stored> out;
  unit.query("SELECT type, payload FROM notification_job WHERE id = $1 AND status = 'pending' AND attempts = $2", {result.job_id, result.attempts_before},
             [&](evh::row row) { out = stored{std::string(row.text(0)), std::string(row.text(1))}; });
  return out;
}

void free_endpoint(evh::unit& unit, const try_result& result, const retry_schedule& schedule, const claim_rules& rules, std::int64_t now_ms) {
  std::int64_t failures = 0;
  unit.query("SELECT failures FROM notification_endpoint WHERE endpoint = $1", {result.endpoint}, [&](evh::row row) { failures = row.integer(0); });
  failures = result.what == fate::delivered || result.what == fate::refused ? 0 : failures + 1;
  std::int64_t next = never;
  unit.query("SELECT next_ms FROM notification_job WHERE endpoint = $1 AND status = 'pending' ORDER BY next_ms LIMIT 1", {result.endpoint},
             [&](evh::row row) { next = std::max(row.integer(0), now_ms + rest_ms(schedule, failures)); });
  unit.exec("UPDATE notification_endpoint SET lease_ms = 0, claimed_by = '', failures = $3, next_ms = $4 WHERE endpoint = $1 AND claimed_by = $2",
            {result.endpoint, rules.claimed_by, failures, next});
}

std::optional<job> next_job(evh::unit& unit, const std::string& endpoint, std::int64_t now_ms) {
  std::optional<job> out;
  unit.query("SELECT id, owner, type, payload, attempts, created_ms FROM notification_job WHERE endpoint = $1 AND status = 'pending' AND next_ms <= $2 "
             "ORDER BY next_ms, id LIMIT 1", {endpoint, now_ms}, [&](evh::row row) {
               out = job{std::string(row.text(0)), endpoint, std::string(kind_of(endpoint)), std::string(row.text(1)), std::string(row.text(2)),
                         std::string(row.text(3)), row.integer(4), row.integer(5)};
             });
  return out;
}

}  // namespace

void add(evh::unit& unit, const new_job& what, std::int64_t now_ms) {
  unit.exec("INSERT INTO notification_job(id, endpoint, owner, type, payload, next_ms, status, created_ms, updated_ms) "
            "VALUES($1, $2, $3, $4, $5, $6, 'pending', $6, $6) ON CONFLICT(id) DO NOTHING",
            {job_id(what), what.endpoint, what.owner, what.type, what.payload, now_ms});
  // An endpoint at rest (nothing to do) wakes up; one that rests after failures keeps its time.
  unit.exec("INSERT INTO notification_endpoint(endpoint, kind, owner, next_ms) VALUES($1, $2, $3, $4) "
            "ON CONFLICT(endpoint) DO UPDATE SET next_ms = CASE WHEN notification_endpoint.failures = 0 AND notification_endpoint.next_ms > excluded.next_ms "
            "THEN excluded.next_ms WHEN notification_endpoint.next_ms = $5 THEN excluded.next_ms ELSE notification_endpoint.next_ms END",
            {what.endpoint, what.kind, what.owner, now_ms, never});
}

std::vector<job> claim(evh::unit& unit, std::string_view kind, std::int64_t max, const claim_rules& rules, std::int64_t now_ms) {
  std::vector<std::string> ready;
  unit.query("SELECT endpoint FROM notification_endpoint WHERE kind = $1 AND next_ms <= $2 AND lease_ms <= $2 ORDER BY next_ms LIMIT $3", {kind, now_ms, max},
             [&](evh::row row) { ready.emplace_back(row.text(0)); });
  std::vector<job> out;
  for (const auto& endpoint : ready) {
    auto next = next_job(unit, endpoint, now_ms);
    if (!next) {
      std::int64_t at = never;
      unit.query("SELECT next_ms FROM notification_job WHERE endpoint = $1 AND status = 'pending' ORDER BY next_ms LIMIT 1", {endpoint},
                 [&](evh::row row) { at = row.integer(0); });
      unit.exec("UPDATE notification_endpoint SET next_ms = $2 WHERE endpoint = $1", {endpoint, at});
      continue;
    }
    if (unit.exec("UPDATE notification_endpoint SET lease_ms = $3, claimed_by = $4 WHERE endpoint = $1 AND lease_ms <= $2",
                  {endpoint, now_ms, now_ms + rules.lease_ms, rules.claimed_by}) == 1)
      out.push_back(std::move(*next));
  }
  return out;
}

void settle(evh::unit& unit, const try_result& result, const retry_schedule& schedule, const claim_rules& rules, double jitter, announcer& out, std::int64_t now_ms) {
  const auto found = pending_job(unit, result);
  const auto attempts = result.attempts_before + 1;
  if (found) {
    const bool last = attempts >= static_cast<std::int64_t>(schedule.size());
    const std::string_view status = result.what == fate::delivered ? "delivered" : result.what == fate::refused || last ? "failed" : "pending";
    const auto wait = status == "pending" ? static_cast<double>(schedule[static_cast<std::size_t>(attempts)]) : 0.0;
    unit.exec("UPDATE notification_job SET attempts = $2, status = $3, response = $4, error = $5, next_ms = $6, updated_ms = $7 WHERE id = $1",
              {result.job_id, attempts, status, result.response, result.error, now_ms + static_cast<std::int64_t>(wait * (1 + jitter / 5)), now_ms});
    note_in_ledger(unit, found->payload, result.endpoint, status, attempts, now_ms);
    if (status != "pending")
      announce(out, status == "delivered" ? es::type::notification_delivered : es::type::notification_failed, found->payload, result.endpoint, attempts, result.error);
  }
  if (result.gone) {
    unit.exec("UPDATE notification_webhook SET status = 'disabled', disabled_reason = 'gone', version = version + 1, updated_ms = $2 WHERE id = $1 AND status = 'active'",
              {std::string_view(result.endpoint).substr(result.endpoint.find(':') + 1), now_ms});
  }
  free_endpoint(unit, result, schedule, rules, now_ms);
}

void give_up(evh::unit& unit, std::string_view endpoint, std::string_view why, std::int64_t max, announcer& out, std::int64_t now_ms) {
  struct left {
    std::string id, payload;
    std::int64_t attempts;
  };
  std::vector<left> all;
  unit.query("SELECT id, payload, attempts FROM notification_job WHERE endpoint = $1 AND status = 'pending' ORDER BY next_ms LIMIT $2", {endpoint, max},
             [&](evh::row row) { all.push_back({std::string(row.text(0)), std::string(row.text(1)), row.integer(2)}); });
  for (const auto& each : all) {
    unit.exec("UPDATE notification_job SET status = 'failed', error = $2, updated_ms = $3 WHERE id = $1", {each.id, why, now_ms});
    note_in_ledger(unit, each.payload, endpoint, "failed", each.attempts, now_ms);
    announce(out, es::type::notification_failed, each.payload, endpoint, each.attempts, why);
  }
}

bool replay(evh::unit& unit, std::string_view id, std::int64_t now_ms) {
  if (unit.exec("UPDATE notification_job SET status = 'pending', attempts = 0, next_ms = $2, updated_ms = $2, error = '' WHERE id = $1 AND status <> 'pending'", {id, now_ms}) == 0)
    return false;
  unit.exec("UPDATE notification_endpoint SET next_ms = $2, failures = 0 WHERE endpoint = (SELECT endpoint FROM notification_job WHERE id = $1)", {id, now_ms});
  return true;
}

std::int64_t next_due(evh::unit& unit) {
  std::int64_t out = never;
  for (const auto* kind : {"webhook", "email"})
    unit.query("SELECT next_ms FROM notification_endpoint WHERE kind = $1 ORDER BY next_ms LIMIT 1", {kind},
               [&](evh::row row) { out = std::min(out, row.integer(0)); });
  return out;
}

std::int64_t pending(evh::unit& unit) {
  std::int64_t out = 0;
  unit.query("SELECT count(*) FROM notification_job WHERE status = 'pending'", {}, [&](evh::row row) { out = row.integer(0); });
  return out;
}

}  // namespace notification::jobs
