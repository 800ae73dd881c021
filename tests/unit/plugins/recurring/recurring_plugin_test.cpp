// The plugin in the in-memory host: one command per completion, withdrawal on reopening, zones, bad events, the ledger.
#include <gtest/gtest.h>

#include <evh/testing/host.hpp>

#include <boost/json.hpp>

#include <cstdlib>
#include <fstream>

#include "plugins/recurring/occurrence_id.hpp"
#include "schemas/events/task_commands.hpp"
#include "schemas/events/task_events.hpp"
#include "schemas/events/user_events.hpp"

namespace {

namespace es = evh_schemas;

constexpr const char* first_id = "01900000-0000-7000-8000-000000000001";

class Recurring : public ::testing::Test {
 protected:
  Recurring() { host.load_file(EVH_RECURRING_PLUGIN, R"({"retention_days":90})"); }
  ~Recurring() override {
    if (const char* file = std::getenv("EVH_RECORD_EVENTS"))
      for (const auto& each : host.published())
        std::ofstream(file, std::ios::app) << R"({"topic":")" << each.topic << R"(","type":")" << each.type << R"(","key":")" << each.key
                                           << R"(","payload":)" << boost::json::serialize(boost::json::string(each.payload)) << "}\n";
  }

  static es::task_event done_event(std::string rrule = "FREQ=DAILY") {
    es::task_event out;
    auto& task = out.task;
    task.id = first_id;
    task.owner = "ana";
    task.title = "standup";
    task.status = es::task_status::completed;
    task.version = 2;
    task.completed_at = es::instant_ms{1'788'170'400'000};   // 2026-08-31T10:00:00Z
    task.due = es::due{"2026-08-31", {}, {}, {}};
    auto& rec = task.recurrence.emplace();
    rec.rrule = std::move(rrule);
    rec.dtstart = rec.occurrence = "2026-08-31";
    rec.series_id = first_id;
    rec.series_version = 3;
    rec.number = 1;
    out.actor = {"ana", "user", "rest"};
    out.correlation_id = "c-1";
    return out;
  }

  evh::testing::delivery deliver(std::string_view type, const std::string& payload, std::string_view topic = es::topic::task_events, std::string key = "ana") {
    const auto offset = offset_++;
    return host.deliver(topic, {{.topic = std::string(topic), .type = std::string(type), .id = "e-" + std::to_string(offset), .key = std::move(key), .payload = payload, .offset = offset}});
  }
  evh::testing::delivery complete(const es::task_event& event = done_event()) { return deliver(es::type::task_completed, es::to_json(event)); }

  es::create_task_command created(std::size_t index) const { return es::from_json<es::create_task_command>(host.published().at(index).payload); }

  evh::testing::host host;
  std::int64_t offset_ = 0;
};

TEST_F(Recurring, CompletingAsksForExactlyOneNextTask) {
  complete();
  ASSERT_EQ(host.published().size(), 1U);
  const auto& event = host.published()[0];
  EXPECT_EQ(event.topic, "task-commands");
  EXPECT_EQ(event.type, "todo.command.create_task.v1");
  EXPECT_EQ(event.key, "ana");
  const auto command = created(0);
  EXPECT_EQ(command.task.id, recurring::occurrence_id(first_id, first_id));
  EXPECT_EQ(command.task.due->date, "2026-09-01");
  EXPECT_EQ(command.series_id, first_id);
  EXPECT_EQ(command.series_version, 3);
  EXPECT_EQ(command.predecessor_id, first_id);
  EXPECT_EQ(command.causation_id, "e-0");
  EXPECT_EQ(command.correlation_id, "c-1");
  EXPECT_EQ(command.actor.kind, "system");
  EXPECT_EQ(host.scalar("SELECT outcome || ' ' || occurrence || ' ' || successor FROM recurring_progress"), "created 2026-09-01 " + command.task.id);
}

TEST_F(Recurring, ARolledBackUnitAsksOnce) {
  host.fail_next_commits(2);
  complete();
  EXPECT_EQ(host.published().size(), 1U);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM recurring_progress"), "1");
}

TEST_F(Recurring, ReopeningWithdrawsWhatWasMadeOnce) {
  complete();
  auto event = done_event();
  event.task.status = es::task_status::pending;
  deliver(es::type::task_reopened, es::to_json(event));
  deliver(es::type::task_reopened, es::to_json(event));
  ASSERT_EQ(host.published().size(), 2U);
  EXPECT_EQ(host.published()[1].type, "todo.command.withdraw_task.v1");
  const auto command = es::from_json<es::withdraw_task_command>(host.published()[1].payload);
  EXPECT_EQ(command.task_id, created(0).task.id);
  EXPECT_EQ(command.task_version, 1);
  EXPECT_EQ(command.owner, "ana");
  EXPECT_EQ(host.scalar("SELECT outcome FROM recurring_progress"), "withdrawn");
  complete();
  ASSERT_EQ(host.published().size(), 3U);
  EXPECT_EQ(created(2).task.id, created(0).task.id) << "the same completion again, the same task again";
  EXPECT_EQ(host.scalar("SELECT group_concat(outcome) FROM recurring_progress"), "created");
}

TEST_F(Recurring, PileUpWithdrawsAllItMade) {
  auto event = done_event();
  event.task.recurrence->catch_up = es::catch_up::pile_up;
  event.task.completed_at->value += 2 * 86'400'000;
  complete(event);
  ASSERT_EQ(host.published().size(), 3U);   // 1st, 2nd, and the next on the 3rd
  EXPECT_EQ(created(2).task.due->date, "2026-09-03");
  deliver(es::type::task_reopened, es::to_json(event));
  EXPECT_EQ(host.published().size(), 6U);
}

TEST_F(Recurring, AnEndedSeriesIsNotedAndAsksForNothing) {
  complete(done_event("FREQ=DAILY;COUNT=1"));
  EXPECT_TRUE(host.published().empty());
  EXPECT_EQ(host.scalar("SELECT outcome || occurrence || successor FROM recurring_progress"), "ended");
}

TEST_F(Recurring, APausedSeriesGoesOnWhenItIsResumed) {
  auto event = done_event();
  event.task.recurrence->paused = true;
  complete(event);
  EXPECT_TRUE(host.published().empty());
  EXPECT_EQ(host.scalar("SELECT outcome FROM recurring_progress"), "paused");
  auto resumed = event;
  resumed.before = event.task;
  resumed.task.recurrence->paused = false;
  deliver(es::type::task_updated, es::to_json(resumed));
  EXPECT_EQ(host.published().size(), 1U);
}

TEST_F(Recurring, OtherEventsAskForNothing) {
  auto event = done_event();
  deliver(es::type::task_updated, es::to_json(event));
  deliver(es::type::task_deleted, "no json");
  deliver("somebody.elses.v1", "no json");
  event.task.recurrence.reset();
  complete(event);
  EXPECT_TRUE(host.published().empty());
  EXPECT_EQ(host.scalar("SELECT count(*) FROM recurring_progress"), "0");
}

TEST_F(Recurring, DatesGoByTheOwnersZone) {
  es::user_event told;
  told.user_id = "ana";
  told.preferences.emplace().tz = "Pacific/Auckland";
  deliver(es::type::user_preferences, es::to_json(told), es::topic::user_events);
  auto event = done_event();
  event.task.completed_at->value += 4 * 3'600'000;   // 14:00 UTC: the 1st of September in Auckland
  complete(event);
  EXPECT_EQ(created(0).task.due->date, "2026-09-02");
  deliver(es::type::user_deleted, es::to_json(told), es::topic::user_events);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM recurring_people"), "0");
}

TEST_F(Recurring, WhatCannotBeReadIsSetAsideAndTheRestGoesOn) {
  const auto dead = std::vector<std::uint8_t>{EVH_DEAD_LETTER};
  EXPECT_EQ(deliver(es::type::task_completed, "{").results, dead);
  EXPECT_EQ(deliver(es::type::task_completed, R"({"task":{}})").results, dead);
  EXPECT_EQ(complete(done_event("FREQ=NEVER")).results, dead);
  EXPECT_EQ(deliver(es::type::user_preferences, "[]", es::topic::user_events).results, dead);
  EXPECT_TRUE(host.published().empty());
  complete();
  EXPECT_EQ(host.published().size(), 1U);
}

TEST_F(Recurring, TheLedgerIsTrimmed) {
  complete();
  host.scalar("SELECT count(*) FROM recurring_progress");
  host.fire(0);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM recurring_progress"), "1") << "not old enough";
  host.scalar("UPDATE recurring_progress SET at_ms = at_ms - 91 * 86400000 RETURNING 1");
  host.fire(0);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM recurring_progress"), "0");
}

}  // namespace
