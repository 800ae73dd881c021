// The due index follows the reminders topic: versions, tombstones, past times, preferences.
#include "notification_host.hpp"

namespace notification_test {

using Reminders = notification_host;

TEST_F(Reminders, NewestVersionReplacesAllRows) {
  schedule(1, at("2026-08-18T12:00:00Z") + "," + at("2026-08-18T13:00:00Z", "r2"));
  EXPECT_EQ(due_rows(), 2);
  schedule(2, at("2026-08-18T14:00:00Z", "r3"));
  EXPECT_EQ(due_rows(), 1);
  EXPECT_EQ(get("/api/v1/reminders").text("/items/0/reminder_id"), "r3");
}

TEST_F(Reminders, LateLowerVersionIsIgnoredEvenAfterACancellation) {
  schedule(3, at("2026-08-18T12:00:00Z"));
  schedule(2, at("2026-08-18T13:00:00Z"));
  EXPECT_EQ(get("/api/v1/reminders").text("/items/0/fire_at"), "2026-08-18T12:00:00.000Z");
  cancel(4);
  EXPECT_EQ(due_rows(), 0);
  schedule(3, at("2026-08-18T12:00:00Z"));
  EXPECT_EQ(due_rows(), 0);
  schedule(5, at("2026-08-18T12:00:00Z"));
  EXPECT_EQ(due_rows(), 1);
}

TEST_F(Reminders, CancellationThatComesFirstWins) {
  cancel(2);
  schedule(1, at("2026-08-18T12:00:00Z"));
  EXPECT_EQ(due_rows(), 0);
}

TEST_F(Reminders, PastOnesAreHistoryButASecondAgoIsNot) {
  schedule(1, at("2026-08-18T10:28:00Z") + "," + at("2026-08-18T10:29:30Z", "r2"));
  EXPECT_EQ(due_rows(), 1);
  EXPECT_EQ(get("/api/v1/reminders").text("/items/0/reminder_id"), "r2");
}

TEST_F(Reminders, EditAfterFiringDoesNotFireAgain) {
  schedule(1, at("2026-08-18T10:30:30Z"));
  go_to("2026-08-18T10:30:30Z");
  EXPECT_EQ(published("notifications", "todo.notification.due.v1"), 1u);
  schedule(2, at("2026-08-18T10:30:30Z"));
  EXPECT_EQ(due_rows(), 0);
  tick();
  EXPECT_EQ(published("notifications", "todo.notification.due.v1"), 1u);
}

TEST_F(Reminders, UnreadableEventIsSetAsideAlone) {
  const auto d = host_.deliver("reminders", {{.topic = "reminders", .type = "todo.reminder.scheduled.v1", .id = "bad", .key = "user-1", .payload = "{\"owner\":1}"},
                                             {.topic = "reminders", .type = "todo.something.else.v9", .id = "other", .key = "user-1", .payload = "?"}});
  EXPECT_EQ(d.status, EVH_OK);
  EXPECT_EQ(d.results, (std::vector<std::uint8_t>{EVH_DEAD_LETTER, EVH_ACK}));
  const auto huge = schedule(1, at("2026-08-18T12:00:00Z"), "null", "\"medium\"", std::string(300, 'x'));
  EXPECT_EQ(huge.results, (std::vector<std::uint8_t>{EVH_DEAD_LETTER}));
}

TEST_F(Reminders, ZoneChangeMovesFloatingTimesAndNoOthers) {
  schedule(1, R"({"id":"r1","offset":"-PT10M"})", R"({"local":"2026-08-19T17:00"})");
  schedule(1, R"({"id":"r1","offset":"-PT10M"})", R"({"local":"2026-08-19T17:00","tz":"Asia/Tokyo"})", {}, "task-2");
  const auto fires = [&](int i) { return get("/api/v1/reminders").text("/items/" + std::to_string(i) + "/fire_at"); };
  EXPECT_EQ(fires(0), "2026-08-19T07:50:00.000Z");
  EXPECT_EQ(fires(1), "2026-08-19T16:50:00.000Z");     // UTC while nothing is known
  preferences(R"("tz":"Europe/Paris")");
  EXPECT_EQ(fires(0), "2026-08-19T07:50:00.000Z");
  EXPECT_EQ(fires(1), "2026-08-19T14:50:00.000Z");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_user WHERE stale_after IS NOT NULL"), "0");
}

TEST_F(Reminders, ZoneChangeOfManyTasksIsDoneInPieces) {
  for (int i = 0; i < 600; ++i) schedule(1, R"({"id":"r1","offset":"PT0S"})", R"({"local":"2026-08-19T17:00"})", {}, "task-" + std::to_string(i));
  preferences(R"("tz":"Europe/Paris")");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_user WHERE stale_after IS NOT NULL"), "1");
  for (int i = 0; i < 3; ++i) tick();
  EXPECT_EQ(sql("SELECT count(*) FROM notification_due WHERE fire_ms = " + std::to_string(ms_of("2026-08-19T15:00:00Z"))), "600");
  EXPECT_EQ(sql("SELECT count(*) FROM notification_user WHERE stale_after IS NOT NULL"), "0");
}

TEST_F(Reminders, MorningPreferenceIsTheTimeOfDates) {
  preferences(R"("tz":"Europe/Paris","morning":"07:30")");
  schedule(1, R"({"id":"r1","offset":"PT0S"})", R"({"date":"2026-08-19"})");
  EXPECT_EQ(get("/api/v1/reminders").text("/items/0/fire_at"), "2026-08-19T05:30:00.000Z");
}

TEST_F(Reminders, DeletedPersonLeavesNothing) {
  user("created", R"("email":"ana@example.org","name":"Ana",)");
  schedule(1, at("2026-08-18T10:30:10Z") + "," + at("2026-08-18T12:00:00Z", "r2"));
  go_to("2026-08-18T10:30:10Z");
  user("deleted", "");
  for (const auto* table : {"user", "task", "due", "inbox", "ledger", "job"}) EXPECT_EQ(sql(std::string("SELECT count(*) FROM notification_") + table), "0") << table;
}

TEST_F(Reminders, UpcomingInPagesAndOnlyMine) {
  for (int i = 0; i < 5; ++i) schedule(1, at("2026-08-18T12:00:00Z"), "null", {}, "task-" + std::to_string(i));
  const auto first = get("/api/v1/reminders?limit=3");
  EXPECT_EQ(first.body().at("items").as_array().size(), 3u);
  EXPECT_EQ(first.text("/items/0/title"), "Pay rent");
  const auto second = get("/api/v1/reminders?limit=3&cursor=" + first.text("/next_cursor"));
  EXPECT_EQ(second.body().at("items").as_array().size(), 2u);
  EXPECT_EQ(second.text("/items/0/task_id"), id("task-3"));
  EXPECT_EQ(second.text("/next_cursor"), "null");
  subject_ = "user-2";
  EXPECT_EQ(get("/api/v1/reminders").body().at("items").as_array().size(), 0u);
  EXPECT_EQ(get("/api/v1/reminders?cursor=" + first.text("/next_cursor")).text("/code"), "invalid-cursor");
}

}  // namespace notification_test
