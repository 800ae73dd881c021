// Firing: once, at its time, with everything that follows from it in one unit.
#include "notification_host.hpp"

namespace notification_test {

using Firing = notification_host;

TEST_F(Firing, WritesInboxLedgerAndEventsTogether) {
  schedule(1, at("2026-08-18T10:30:05Z"));
  go_to("2026-08-18T10:30:04Z");
  EXPECT_EQ(get("/api/v1/notifications").body().at("items").as_array().size(), 0u);
  go_to("2026-08-18T10:30:05Z");
  const auto list = get("/api/v1/notifications");
  EXPECT_EQ(list.text("/items/0/title"), "Pay rent");
  EXPECT_EQ(list.text("/items/0/task_id"), id("task-1"));
  EXPECT_EQ(list.text("/items/0/status"), "unread");
  EXPECT_EQ(list.text("/items/0/late"), "false");
  EXPECT_EQ(list.text("/items/0/delivered_at"), "2026-08-18T10:30:05.000Z");
  EXPECT_EQ(list.text("/items/0/channels"), R"(["in_app"])");
  for (const auto* topic : {"notifications", "task-updates"}) {
    EXPECT_EQ(published(topic, "todo.notification.due.v1"), 1u);
    EXPECT_EQ(published(topic, "todo.notification.delivered.v1"), 1u);
  }
  EXPECT_EQ(last("notifications", "todo.notification.delivered.v1").at("notification_id").as_string(), list.text("/items/0/id"));
  EXPECT_EQ(sql("SELECT channel || ' ' || status FROM notification_ledger"), "in_app delivered");
  EXPECT_EQ(due_rows(), 0);
}

TEST_F(Firing, AlarmIsArmedForTheEarliestAndFiresWithoutThePeriod) {
  schedule(1, at("2026-08-18T10:30:05Z"));
  world::the().now_ms = ms_of("2026-08-18T10:30:05Z");
  host_.fire(alarm);
  EXPECT_EQ(published("notifications", "todo.notification.due.v1"), 1u);
}

TEST_F(Firing, UnitThatRollsBackFiresOnce) {
  schedule(1, at("2026-08-18T10:30:05Z"));
  host_.fail_next_commits(3);
  go_to("2026-08-18T10:30:05Z");
  EXPECT_EQ(published("notifications", "todo.notification.due.v1"), 1u);
  EXPECT_EQ(sql("SELECT count(*) FROM notification_inbox"), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_ledger"), "1");
}

TEST_F(Firing, ManyAtOnceGoInSeveralUnits) {
  for (int i = 0; i < 1000; ++i) schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-" + std::to_string(i));
  go_to("2026-08-18T10:30:05Z");
  EXPECT_EQ(get("/api/v1/notifications/unread-count").text("/count"), "1000");
  EXPECT_EQ(sql("SELECT count(DISTINCT id) FROM notification_inbox"), "1000");
  EXPECT_EQ(published("task-updates", "todo.notification.due.v1"), 1000u);
}

TEST_F(Firing, CancelledOrMovedOnesDoNotFire) {
  schedule(1, at("2026-08-18T10:30:05Z"));
  schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-2");
  cancel(2);
  schedule(2, at("2026-08-18T10:40:00Z"), "null", {}, "task-2");
  go_to("2026-08-18T10:30:06Z");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_inbox"), "0");
  go_to("2026-08-18T10:40:00Z");
  EXPECT_EQ(get("/api/v1/notifications").text("/items/0/task_id"), id("task-2"));
}

TEST_F(Firing, AfterDowntimeLateWithinTheGraceAndMissedBeyond) {
  schedule(1, at("2026-08-18T11:00:00Z"));
  schedule(1, at("2026-08-19T11:30:00Z"), "null", {}, "task-2");
  go_to("2026-08-19T11:15:00Z");    // 24 h 15 min later
  const auto missed = get("/api/v1/notifications");
  EXPECT_EQ(missed.text("/items/0/status"), "missed");
  EXPECT_EQ(missed.text("/items/0/delivered_at"), "null");
  EXPECT_EQ(published("notifications", "todo.notification.due.v1"), 0u);
  EXPECT_EQ(last("notifications", "todo.notification.failed.v1").at("channel").as_string(), "in_app");
  go_to("2026-08-19T12:00:00Z");
  const auto late = get("/api/v1/notifications");
  EXPECT_EQ(late.text("/items/0/task_id"), id("task-2"));
  EXPECT_EQ(late.text("/items/0/late"), "true");
  EXPECT_TRUE(last("task-updates", "todo.notification.due.v1").at("late").as_bool());
  EXPECT_EQ(get("/api/v1/notifications/unread-count").text("/count"), "1");
}

TEST_F(Firing, QuietHoursDelayAllButCriticalOnes) {
  preferences(R"("tz":"Europe/Paris","quiet_hours":{"from":"22:00","to":"07:00"})");
  schedule(1, at("2026-08-18T21:00:00Z"));
  schedule(1, at("2026-08-18T21:00:00Z"), "null", "\"critical\"", "task-2");
  go_to("2026-08-18T21:00:00Z");
  EXPECT_EQ(get("/api/v1/notifications").body().at("items").as_array().size(), 1u);
  EXPECT_EQ(get("/api/v1/notifications").text("/items/0/priority"), "critical");
  schedule(2, at("2026-08-18T21:00:00Z"));     // an edit in the night does not lose it
  go_to("2026-08-19T04:59:59Z");
  EXPECT_EQ(get("/api/v1/notifications").body().at("items").as_array().size(), 1u);
  go_to("2026-08-19T05:00:00Z");
  const auto morning = get("/api/v1/notifications");
  EXPECT_EQ(morning.text("/items/0/task_id"), id("task-1"));
  EXPECT_EQ(morning.text("/items/0/late"), "false");
  EXPECT_EQ(morning.text("/items/0/fire_at"), "2026-08-18T21:00:00.000Z");
}

TEST_F(Firing, QuietHoursTakenBackFireAtOnce) {
  preferences(R"("tz":"Europe/Paris","quiet_hours":{"from":"22:00","to":"07:00"})");
  schedule(1, at("2026-08-18T21:00:00Z"));
  go_to("2026-08-18T21:00:00Z");
  EXPECT_EQ(due_rows(), 1);
  preferences(R"("tz":"Europe/Paris")");
  tick();
  EXPECT_EQ(due_rows(), 0);
}

TEST_F(Firing, ZoneChangeBackToATimeThatFiredDoesNotFireTwice) {
  preferences(R"("tz":"Europe/Paris")");
  schedule(1, R"({"id":"r1","offset":"PT0S"})", R"({"local":"2026-08-18T12:31"})");
  go_to("2026-08-18T10:31:00Z");
  EXPECT_EQ(published("notifications", "todo.notification.due.v1"), 1u);
  schedule(2, R"({"id":"r1","offset":"PT0S"})", R"({"local":"2026-08-18T13:31"})");
  preferences(R"("tz":"Europe/Athens")");      // 13:31 there is the moment it fired at
  tick();
  EXPECT_EQ(published("notifications", "todo.notification.due.v1"), 1u);
  EXPECT_EQ(due_rows(), 0);
}

TEST_F(Firing, RowThatCannotBeWrittenHoldsUpNobodyElse) {
  for (int i = 0; i < 20; ++i) schedule(1, at("2026-08-18T10:30:05Z"), "null", {}, "task-" + std::to_string(i));
  sql("CREATE TRIGGER poison BEFORE INSERT ON notification_inbox WHEN NEW.task_id = '" + id("task-7") + "' BEGIN SELECT RAISE(ABORT, 'poison'); END");
  go_to("2026-08-18T10:30:05Z");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_inbox"), "19");
  EXPECT_EQ(due_rows(), 1);
  sql("DROP TRIGGER poison");
  go_to("2026-08-18T10:40:06Z");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_inbox"), "20");
}

TEST_F(Firing, SnoozeTakesTheParentAwayAndBringsTheChild) {
  schedule(1, at("2026-08-18T10:30:05Z"));
  go_to("2026-08-18T10:30:05Z");
  const auto parent = get("/api/v1/notifications").text("/items/0/id");
  const auto child = at("2026-08-18T10:40:00Z", "r2", R"(,"snooze_of":")" + parent + "\"");
  schedule(2, at("2026-08-18T10:30:05Z") + "," + child);
  EXPECT_EQ(get("/api/v1/notifications").text("/items/0/status"), "snoozed");
  EXPECT_EQ(get("/api/v1/notifications").text("/items/0/snoozed_until"), "2026-08-18T10:40:00.000Z");
  EXPECT_EQ(get("/api/v1/notifications/unread-count").text("/count"), "0");
  EXPECT_EQ(last("notifications", "todo.notification.snoozed.v1").at("notification_id").as_string(), parent);
  EXPECT_EQ(last("task-updates", "todo.notification.snoozed.v1").at("snoozed_until").as_string(), "2026-08-18T10:40:00.000Z");
  schedule(3, at("2026-08-18T10:30:05Z") + "," + child);          // an edit is not another snooze
  EXPECT_EQ(published("notifications", "todo.notification.snoozed.v1"), 1u);
  go_to("2026-08-18T10:40:00Z");
  const auto list = get("/api/v1/notifications");
  EXPECT_EQ(list.text("/items/0/status"), "unread");
  EXPECT_EQ(list.text("/items/1/id"), parent);
  EXPECT_EQ(list.text("/items/1/status"), "read");
}

TEST_F(Firing, SnoozeEndsWithTheTaskAndIsNotForOthers) {
  schedule(1, at("2026-08-18T10:30:05Z"));
  go_to("2026-08-18T10:30:05Z");
  const auto parent = get("/api/v1/notifications").text("/items/0/id");
  schedule(2, at("2026-08-18T10:40:00Z", "r2", R"(,"snooze_of":")" + parent + "\""));
  cancel(3);
  EXPECT_EQ(get("/api/v1/notifications").text("/items/0/status"), "read");
  host_.deliver("reminders", {{.topic = "reminders", .type = "todo.reminder.scheduled.v1", .id = "x", .key = "user-2",
                               .payload = R"({"owner":"user-2","task_id":"0198b2a0-0000-7000-8000-000000000099","task_version":1,"title":"t","priority":"medium","due":null,"reminders":[)" +
                                          at("2026-08-18T10:50:00Z", "r2", R"(,"snooze_of":")" + parent + "\"") +
                                          R"(],"actor":{"id":"user-2","kind":"user"},"correlation_id":"c"})"}});
  EXPECT_EQ(get("/api/v1/notifications").text("/items/0/status"), "read");
  EXPECT_EQ(published("notifications", "todo.notification.snoozed.v1"), 1u);
}

}  // namespace notification_test
