// The recurring plugin: completing a task of a series asks chat for the next one, reopening it asks for it back.
//
// task-events (group) in, task-commands out, ledger and commands in the one unit that moves the position. It keeps no task:
// what it needs stands in the event, the rule as it was at that moment included. user-events tell the zone of dates and
// floating times.
#include "migrations.hpp"
#include "plugins/recurring/ledger.hpp"
#include "plugins/recurring/next_tasks.hpp"
#include "plugins/recurring/preview.hpp"
#include "schemas/events/task_commands.hpp"
#include "schemas/events/task_events.hpp"
#include "schemas/events/user_events.hpp"

#include <evh/evh.hpp>

#include <boost/json.hpp>

#include <chrono>

namespace recurring {
namespace {

namespace es = evh_schemas;
using namespace std::chrono_literals;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

constexpr std::string_view name_of(outcome what) {
  return what == outcome::created ? "created" : what == outcome::ended ? "ended" : "paused";
}

class plugin final : public evh::plugin {
 public:
  static constexpr evh::config_key keys[] = {
      {.name = "retention_days", .type = EVH_CONFIG_INTEGER, .default_json = "90", .min = 1, .max = 3650,
       .text = "How long the progress ledger remembers what followed a completed task; a task reopened later keeps its successor."}};
  static constexpr evh::about about{.id = "recurring", .version = "0.1.0", .name = "Recurring tasks", .vendor = "evhost",
                                    .text = "Makes the next task when one of a series is completed.", .config = keys};

  void configure(std::string_view json, bool validate_only) override {
    const auto days = boost::json::parse(json).as_object().at("retention_days").to_number<std::int64_t>();
    if (!validate_only) retention_ms_ = days * 86'400'000;
  }

  std::span<const evh::migration> migrations(std::int32_t dialect) override {
    if (dialect == EVH_DIALECT_POSTGRESQL) return postgres_migrations;
    return sqlite_migrations;
  }

  void activate() override {
    commands_ = host().topic(es::topic::task_commands);
    made_ = host().metric(EVH_METRIC_COUNTER, "next_tasks_total", "Next tasks asked for.");
    ended_ = host().metric(EVH_METRIC_COUNTER, "series_ended_total", "Completed tasks after which their series had no more occurrence.");
    on_group(es::topic::task_events, [this](evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) { tasks(unit, batch, verdicts); });
    on_group(es::topic::user_events, [this](evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) { people(unit, batch, verdicts); });
    route("POST", "/api/v1/recurrence/preview", [](evh::request r) { r.respond(preview(r.header("content-type"), r.body(), r.id())); }, 0, preview_cost);
    timer(1min, 1h, true, [this](evh::unit* unit, std::uint64_t) { ledger::trim(*unit, now_ms() - retention_ms_, trim_rows); });
  }

 private:
  static constexpr std::int64_t trim_rows = 2000;
  static constexpr std::uint32_t preview_cost = 5;   // a rare rule takes a tenth of a second to search

  void tasks(evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const evh::event event = batch[i];
      const auto type = host().type_name(event.type());
      if (event.tombstone() || (type != es::type::task_completed && type != es::type::task_reopened && type != es::type::task_updated)) continue;
      try {
        const auto happened = es::from_json<es::task_event>(event.payload());
        if (type == es::type::task_reopened) reopened(unit, event, happened);
        else if (type == es::type::task_completed || resumed_when_done(happened)) completed(unit, event, happened);
      } catch (const es::payload_error& wrong) {
        set_aside(event, wrong.what(), verdicts, i);
      } catch (const unreadable& wrong) {
        set_aside(event, wrong.what(), verdicts, i);
      }
    }
  }

  // Its last task was done during the pause: the next one is due now.
  static bool resumed_when_done(const es::task_event& happened) {
    return happened.task.status == es::task_status::completed && happened.task.recurrence && !happened.task.recurrence->paused &&
           happened.before && happened.before->recurrence && happened.before->recurrence->paused;
  }

  void set_aside(const evh::event& event, std::string_view why, evh::verdicts verdicts, std::size_t index) {
    host().warn("event set aside: it cannot be read", {{"event", event.id()}, {"why", why}});
    verdicts.set(index, evh::verdict::dead_letter);
  }

  void completed(evh::unit& unit, const evh::event& event, const es::task_event& happened) {
    const es::task& done = happened.task;
    if (!done.recurrence) return;
    const auto at_ms = done.completed_at ? done.completed_at->value : event.time_ns() / 1'000'000;
    const auto next = follow(done, at_ms, ledger::zone_of(unit, done.owner));
    const std::string series = done.recurrence->series_id.empty() ? done.id : done.recurrence->series_id;
    ledger::entry entry{done.owner, series, done.id, {}, {}, next.skipped, now_ms(), name_of(next.outcome)};
    for (const auto& task : next.tasks) {
      entry.successor = task.id;
      entry.occurrence = task.recurrence->occurrence;
      ledger::note(unit, entry);
      create(unit, event, happened, task, series);
      entry.skipped = 0;
    }
    if (next.tasks.empty()) ledger::note(unit, entry);
    host().add(next.outcome == outcome::created ? made_ : ended_, next.outcome == outcome::paused ? 0 : 1);
  }

  void create(evh::unit& unit, const evh::event& event, const es::task_event& happened, const es::task& task, const std::string& series) {
    es::create_task_command command;
    command.owner = task.owner;
    command.task = task;
    command.series_id = series;
    command.series_version = task.recurrence->series_version;
    command.predecessor_id = happened.task.id;
    command.actor = actor();
    command.correlation_id = happened.correlation_id;
    command.causation_id = event.id();
    const auto payload = es::to_json(command);
    unit.publish({.topic = commands_, .type = es::type::create_task, .key = task.owner, .payload = payload});
  }

  void reopened(evh::unit& unit, const evh::event& event, const es::task_event& happened) {
    for (const auto& successor : ledger::withdraw(unit, happened.task.id, now_ms())) {
      es::withdraw_task_command command;
      command.owner = happened.task.owner;
      command.task_id = successor;
      command.task_version = 1;   // as it was made: a touched one stays
      command.actor = actor();
      command.correlation_id = happened.correlation_id;
      command.causation_id = event.id();
      const auto payload = es::to_json(command);
      unit.publish({.topic = commands_, .type = es::type::withdraw_task, .key = command.owner, .payload = payload});
    }
  }

  void people(evh::unit& unit, const evh::batch& batch, evh::verdicts verdicts) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const evh::event event = batch[i];
      const auto type = host().type_name(event.type());
      const bool told = type == es::type::user_created || type == es::type::user_preferences;
      if (event.tombstone() || (!told && type != es::type::user_deleted)) continue;
      try {
        const auto happened = es::from_json<es::user_event>(event.payload());
        if (!told) ledger::set_zone(unit, happened.user_id, {});
        else if (happened.preferences) ledger::set_zone(unit, happened.user_id, happened.preferences->tz);
      } catch (const es::payload_error& wrong) {
        set_aside(event, wrong.what(), verdicts, i);
      }
    }
  }

  static es::actor actor() { return {"recurring", "system", "recurring"}; }

  std::uint32_t commands_ = 0, made_ = 0, ended_ = 0;
  std::int64_t retention_ms_ = 90LL * 86'400'000;
};

}  // namespace
}  // namespace recurring

EVH_PLUGIN(recurring::plugin)
