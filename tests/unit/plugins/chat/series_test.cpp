// Series through the routes, and the commands of the recurring plugin: duplicate, stale, withdrawn, touched.
#include "plugins/calendar/civil.hpp"
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

class Series : public chat_test::chat_host {
 protected:
  std::string daily(const std::string& due = R"({"local":"2026-08-19T07:00","tz":"Europe/Paris"})", const std::string& more = {}) {
    return make("gym", "\"due\":" + due + R"(,"recurrence":{"rrule":"FREQ=DAILY","catch_up":"keep"})" + more);
  }
  std::string text(const std::string& id, const std::string& pointer) { return get("/api/v1/tasks/" + id).text(pointer); }
  std::string series(const std::string& id) { return "/api/v1/series/" + id; }

  // What recurring would send after `predecessor` was completed.
  std::string command(const std::string& predecessor, const std::string& id, const std::string& occurrence, std::int64_t version = 1) {
    auto task = get("/api/v1/tasks/" + predecessor).body().as_object();
    const std::string series_id(task.at("recurrence").at("series_id").as_string());
    task["id"] = id;
    task["status"] = "pending";
    task["completed_at"] = nullptr;
    task["due"] = boost::json::object{{"local", occurrence}, {"tz", "Europe/Paris"}};
    auto& rule = task["recurrence"].as_object();
    rule["occurrence"] = occurrence;
    rule["number"] = rule["number"].to_number<std::int64_t>() + 1;
    return boost::json::serialize(boost::json::object{{"owner", subject_}, {"task", task}, {"series_id", series_id}, {"series_version", version},
                                                      {"predecessor_id", predecessor}, {"actor", {{"id", "recurring"}, {"kind", "system"}}},
                                                      {"correlation_id", "c-1"}, {"causation_id", "e-1"}});
  }
  void tell(const std::string& payload, const std::string& type = "todo.command.create_task.v1") {
    const auto done = host_.deliver("task-commands", {{.topic = "task-commands", .type = type, .id = "k" + std::to_string(next_), .key = subject_, .payload = payload, .offset = next_}});
    ++next_;
    EXPECT_EQ(done.results, std::vector<std::uint8_t>{EVH_ACK}) << done.error;
  }
  // A daily task completed, its successor made.
  void completed_with_successor() {
    first_ = daily();
    post("/api/v1/tasks/" + first_ + "/complete");
    order_ = command(first_, second_, "2026-08-20T07:00");
    tell(order_);
  }
  std::string first_, order_;
  const std::string second_ = "0190b5a0-0000-8000-8000-000000000002";
  std::int64_t next_ = 0;
};

TEST_F(Series, ATaskThatRepeatsBeginsASeries) {
  const std::string id = daily();
  const auto rule = get("/api/v1/tasks/" + id).body().at("recurrence").as_object();
  EXPECT_EQ(rule.at("series_id").as_string(), id);
  EXPECT_EQ(rule.at("dtstart").as_string(), "2026-08-19T07:00");
  EXPECT_EQ(rule.at("tz").as_string(), "Europe/Paris");
  EXPECT_EQ(rule.at("occurrence").as_string(), "2026-08-19T07:00");
  EXPECT_EQ(rule.at("number").as_int64(), 1);
  const auto shown = get(series(id));
  EXPECT_EQ(shown.text("/next/0"), "2026-08-20T07:00");
  EXPECT_EQ(shown.text("/task_id"), id);
  EXPECT_EQ(get("/api/v1/series").text("/items/0/id"), id);
}

TEST_F(Series, ARuleWithoutADueBeginsOnItsFirstDay) {
  const std::string id = make("gym", R"("recurrence":{"rrule":"FREQ=WEEKLY;BYDAY=MO"})");
  const auto day = calendar::parse_date(text(id, "/due/date"));
  ASSERT_TRUE(day);
  EXPECT_EQ(calendar::weekday_of(*day), std::chrono::Monday);
}

TEST_F(Series, ABadRuleIsNamed) {
  for (const char* rule : {"FREQ=SOMETIMES", "BYDAY=MO", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;FREQ=DAILY", "RRULE:FREQ=DAILY"}) {
    const auto answer = post("/api/v1/tasks", R"({"title":"x","due":{"date":"2026-08-19"},"recurrence":{"rrule":")" + std::string(rule) + "\"}}");
    EXPECT_EQ(answer.status(), 422) << rule;
    EXPECT_EQ(answer.text("/errors/0/pointer"), "/recurrence/rrule");
  }
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"x","due":{"date":"2026-08-19"},"recurrence":{"rrule":"FREQ=HOURLY"}})").status(), 422) << "hours on a date";
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"x","recurrence":{"rrule":"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}})").status(), 422) << "no such day";
}

TEST_F(Series, TheSuccessorIsATaskLikeAnyOther) {
  completed_with_successor();
  EXPECT_EQ(text(second_, "/due/local"), "2026-08-20T07:00");
  EXPECT_EQ(text(second_, "/version"), "1");
  EXPECT_EQ(events("task-events").back().type, "todo.task.created.v1");
  EXPECT_EQ(events("task-updates").back().type, "todo.task.created.v1");
  const auto event = chat_test::parse(events("task-events").back().payload);
  EXPECT_EQ(event.at("actor").at("kind").as_string(), "system");
  EXPECT_EQ(event.at("actor").at("source").as_string(), "recurring");
  EXPECT_EQ(event.at("causation_id").as_string()[0], 'k');
  EXPECT_EQ(get("/api/v1/series/" + first_).text("/task_id"), second_);
}

TEST_F(Series, ARepeatedOrStaleCommandIsDropped) {
  completed_with_successor();
  const auto count = [&] { return host_.published().size(); };
  const std::size_t before = count();
  tell(order_);
  tell(command(first_, "0190b5a0-0000-8000-8000-000000000003", "2026-08-20T07:00"));   // the same occurrence under another id
  tell(command(first_, "0190b5a0-0000-8000-8000-000000000004", "2026-08-21T07:00", 0));
  tell(command(first_, "0190b5a0-0000-8000-8000-000000000005", "2026-08-21T07:00", 2));
  EXPECT_EQ(count(), before);
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_task"), "2");
}

TEST_F(Series, ACommandOfACompletionThatIsNoMoreIsDropped) {
  first_ = daily();
  post("/api/v1/tasks/" + first_ + "/complete");
  const auto order = command(first_, second_, "2026-08-20T07:00");
  post("/api/v1/tasks/" + first_ + "/reopen");
  tell(order);
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404);
}

TEST_F(Series, ACommandOfASeriesThatEndedIsDropped) {
  first_ = daily();
  post("/api/v1/tasks/" + first_ + "/complete");
  const auto order = command(first_, second_, "2026-08-20T07:00");
  EXPECT_EQ(send("DELETE", series(first_)).text("/ended"), "true");
  tell(order);
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404);
}

TEST_F(Series, ReopeningWithdrawsAnUntouchedSuccessorAndCompletingBringsItBack) {
  completed_with_successor();
  const auto open = post("/api/v1/tasks/" + first_ + "/reopen");
  EXPECT_NE(open.text("/notices/0").find("withdrawn"), std::string::npos) << open.raw.body;
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404);
  EXPECT_EQ(get(series(first_)).text("/task_id"), first_);
  tell(order_);
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404) << "the completion it followed is no more";
  post("/api/v1/tasks/" + first_ + "/complete");
  tell(command(first_, second_, "2026-08-20T07:00"));
  EXPECT_EQ(text(second_, "/status"), "pending");
  EXPECT_EQ(get(series(first_)).text("/task_id"), second_);
  EXPECT_NE(post("/api/v1/tasks/" + first_ + "/reopen").text("/notices/0").find("withdrawn"), std::string::npos) << "what came back is as untouched";
}

TEST_F(Series, ATouchedSuccessorStaysAndTheAnswerSaysSo) {
  completed_with_successor();
  patch(second_, R"({"title":"gym, legs"})", "*");
  const auto open = post("/api/v1/tasks/" + first_ + "/reopen");
  EXPECT_NE(open.text("/notices/0").find("stays"), std::string::npos) << open.raw.body;
  EXPECT_EQ(text(second_, "/title"), "gym, legs");
}

TEST_F(Series, UndoneTouchesDoNotCount) {
  completed_with_successor();
  patch(second_, R"({"title":"gym, legs"})", "*");
  post("/api/v1/undo");
  post("/api/v1/tasks/" + first_ + "/reopen");
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404);
}

TEST_F(Series, OneUndoTakesACompletionBackWithItsSuccessorAndRedoBringsBoth) {
  completed_with_successor();
  const auto undone = post("/api/v1/undo");
  EXPECT_EQ(undone.text("/effects/0/op"), "reopened") << undone.raw.body;
  EXPECT_EQ(undone.text("/effects/1/op"), "withdrawn");
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404);
  const auto redone = post("/api/v1/undo", R"({"redo":true})");
  EXPECT_EQ(redone.status(), 200) << redone.raw.body;
  EXPECT_EQ(text(first_, "/status"), "completed");
  EXPECT_EQ(text(second_, "/status"), "pending");
  EXPECT_EQ(get(series(first_)).text("/task_id"), second_);
}

TEST_F(Series, WhatWasDeletedByHandDoesNotComeBack) {
  completed_with_successor();
  remove(second_, "*");
  EXPECT_EQ(get(series(first_)).text("/ended"), "true");
  tell(order_);
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404);
  post("/api/v1/undo");
  EXPECT_EQ(get(series(first_)).text("/ended"), "false");
}

TEST_F(Series, WithdrawTakesOnlyWhatIsUntouched) {
  completed_with_successor();
  const auto order = [&](int version) {
    return R"({"owner":"user-1","task_id":")" + second_ + R"(","task_version":)" + std::to_string(version) +
           R"(,"actor":{"id":"recurring","kind":"system"},"correlation_id":"c"})";
  };
  tell(order(2), "todo.command.withdraw_task.v1");
  EXPECT_EQ(text(second_, "/status"), "pending") << "another version";
  tell(order(1), "todo.command.withdraw_task.v1");
  EXPECT_EQ(get("/api/v1/tasks/" + second_).status(), 404);
  EXPECT_EQ(get(series(first_)).text("/task_id"), first_);
  EXPECT_EQ(get(series(first_)).text("/ended"), "false");
}

TEST_F(Series, SkippingMovesTheOpenTaskOnAndCountsAsNoCompletion) {
  const std::string id = daily();
  const auto skipped = post(series(id) + "/skip");
  EXPECT_EQ(skipped.text("/occurrence"), "2026-08-20T07:00") << skipped.raw.body;
  EXPECT_EQ(skipped.text("/exdates"), R"(["2026-08-19T07:00"])");
  EXPECT_EQ(text(id, "/due/local"), "2026-08-20T07:00");
  EXPECT_EQ(text(id, "/status"), "pending");
  EXPECT_EQ(skipped.text("/version"), "2");
  post("/api/v1/undo");
  EXPECT_EQ(text(id, "/due/local"), "2026-08-19T07:00");
  EXPECT_EQ(get(series(id)).text("/exdates"), "[]");
  EXPECT_EQ(get(series(id)).text("/version"), "3") << "older commands stay stale";
}

TEST_F(Series, ADateSeriesMovesByDates) {
  const std::string id = make("rent", R"("due":{"date":"2028-01-31"},"recurrence":{"rrule":"FREQ=MONTHLY;BYMONTHDAY=-1"})");
  post(series(id) + "/skip");
  EXPECT_EQ(text(id, "/due"), R"({"date":"2028-02-29"})");
}

TEST_F(Series, TheLastOccurrenceIsNotSkipped) {
  const std::string id = make("x", R"("due":{"date":"2028-01-31"},"recurrence":{"rrule":"FREQ=DAILY;COUNT=1"})");
  EXPECT_EQ(post(series(id) + "/skip").text("/code"), "series-over");
}

TEST_F(Series, ARuleThatRanOutHasEnded) {
  const std::string id = make("x", R"("due":{"date":"2028-01-31"},"recurrence":{"rrule":"FREQ=DAILY;COUNT=1"})");
  EXPECT_EQ(get(series(id)).text("/ended"), "false");
  post("/api/v1/tasks/" + id + "/complete");
  EXPECT_EQ(get(series(id)).text("/ended"), "true");
}

TEST_F(Series, PauseAndResume) {
  const std::string id = daily();
  const auto paused = post(series(id) + "/pause", R"({"until":"2026-10-01"})");
  EXPECT_EQ(paused.text("/paused"), "true");
  EXPECT_EQ(text(id, "/recurrence/paused_until"), "2026-10-01");
  EXPECT_EQ(post(series(id) + "/resume").text("/paused"), "false");
  EXPECT_EQ(post(series(id) + "/resume").header("Undo-Token"), "") << "nothing changed";
  EXPECT_EQ(post(series(id) + "/pause").status(), 200);
  EXPECT_EQ(post(series(id) + "/pause", R"({"until":"soon"})").status(), 422);
}

TEST_F(Series, TheRuleChangesFromHereOrForAll) {
  const std::string id = daily();
  const auto following = send("PATCH", series(id), R"({"rrule":"FREQ=WEEKLY;BYDAY=MO"})");
  EXPECT_EQ(following.text("/occurrence"), "2026-08-24T07:00") << following.raw.body;
  EXPECT_EQ(following.text("/dtstart"), "2026-08-24T07:00");
  EXPECT_EQ(following.text("/version"), "2");
  const auto all = send("PATCH", series(id), R"({"rrule":"FREQ=WEEKLY;BYDAY=TU","scope":"all"})");
  EXPECT_EQ(all.text("/occurrence"), "2026-08-25T07:00");
  EXPECT_EQ(all.text("/dtstart"), "2026-08-24T07:00") << "where the series began";
  EXPECT_EQ(text(id, "/due/local"), "2026-08-25T07:00");
  EXPECT_EQ(send("PATCH", series(id), R"({"rrule":"FREQ=DAILY","scope":"this"})").text("/errors/0/pointer"), "/scope");
  EXPECT_EQ(send("PATCH", series(id), R"({"rrule":"nonsense"})").text("/errors/0/pointer"), "/rrule");
  EXPECT_EQ(send("PATCH", series(id), R"({"dtstart":"2026-08-19"})").status(), 422);
}

TEST_F(Series, ReschedulingOneOccurrenceKeepsTheRule) {
  const std::string id = daily();
  const auto moved = patch(id, R"({"due":{"local":"2026-08-19T19:00","tz":"Europe/Paris"}})", "*");
  EXPECT_EQ(moved.text("/recurrence/occurrence"), "2026-08-19T07:00");
  EXPECT_EQ(moved.text("/recurrence/series_version"), "1");
  EXPECT_EQ(patch(id, R"({"due":null})", "*").status(), 422) << "a series needs a due";
}

TEST_F(Series, APatchOfTheTaskChangesOrEndsTheSeries) {
  const std::string id = daily();
  const auto changed = patch(id, R"({"recurrence":{"rrule":"FREQ=WEEKLY"}})", "*");
  EXPECT_EQ(changed.text("/recurrence/series_version"), "2");
  EXPECT_EQ(changed.text("/recurrence/series_id"), id);
  EXPECT_EQ(patch(id, R"({"recurrence":{"rrule":"FREQ=WEEKLY"}})", "*").text("/version"), "2") << "the same rule changes nothing";
  EXPECT_EQ(patch(id, R"({"recurrence":null})", "*").text("/recurrence"), "null");
  EXPECT_EQ(get("/api/v1/series").text("/items"), "[]");
  post("/api/v1/undo");
  EXPECT_EQ(get("/api/v1/series").text("/items/0/version"), "4");
  EXPECT_EQ(text(id, "/recurrence/series_version"), "4");
}

TEST_F(Series, APlainTaskBecomesOneLater) {
  const std::string id = make("gym", R"("due":{"date":"2026-08-19"})");
  EXPECT_EQ(patch(id, R"({"recurrence":{"rrule":"FREQ=DAILY"}})", "*").text("/recurrence/dtstart"), "2026-08-19");
  EXPECT_EQ(get(series(id)).status(), 200);
}

TEST_F(Series, ADoneTaskDoesNotChangeWhatGoesOnElsewhere) {
  completed_with_successor();
  EXPECT_EQ(patch(first_, R"({"recurrence":null})", "*").text("/code"), "series-elsewhere");
}

TEST_F(Series, OthersSeriesDoNotExist) {
  const std::string id = daily();
  subject_ = "user-2";
  EXPECT_EQ(get(series(id)).status(), 404);
  EXPECT_EQ(post(series(id) + "/skip").status(), 404);
  EXPECT_EQ(send("DELETE", series(id)).status(), 404);
  EXPECT_EQ(get("/api/v1/series").text("/items"), "[]");
}

TEST_F(Series, WhatIsNoCommandIsSetAside) {
  const auto bad = host_.deliver("task-commands", {{.topic = "task-commands", .type = "todo.command.create_task.v1", .id = "x", .key = "x", .payload = "{", .offset = 0}});
  EXPECT_EQ(bad.results, std::vector<std::uint8_t>{EVH_DEAD_LETTER});
}

class Snooze : public chat_test::chat_host {};

TEST_F(Snooze, AddsAReminderAndLeavesTheDueAlone) {
  const std::string id = make("call", R"("due":{"instant":"2030-01-01T10:00:00Z"},"reminders":[{"offset":"-PT1H"}])");
  const auto snoozed = post("/api/v1/tasks/" + id + "/snooze", R"({"until":{"local":"2030-01-01T12:00","tz":"Europe/Paris"},"notification_id":"n-1"})");
  EXPECT_EQ(snoozed.text("/due/instant"), "2030-01-01T10:00:00Z") << snoozed.raw.body;
  EXPECT_EQ(snoozed.text("/reminders/1"), R"({"id":"r2","at":{"instant":"2030-01-01T11:00:00Z"},"snooze_of":"n-1"})");
  EXPECT_EQ(snoozed.text("/version"), "2");
  EXPECT_EQ(events("reminders").back().type, "todo.reminder.scheduled.v1");
  post("/api/v1/tasks/" + id + "/snooze", R"({"for":"PT20M"})");
  EXPECT_EQ(get("/api/v1/tasks/" + id).body().at("reminders").as_array().size(), 2U) << "one snooze at a time";
}

TEST_F(Snooze, IsGoneWithAnotherDueOrTheEnd) {
  const std::string id = make("call", R"("due":{"instant":"2030-01-01T10:00:00Z"})");
  post("/api/v1/tasks/" + id + "/snooze", R"({"for":"PT20M"})");
  EXPECT_EQ(patch(id, R"({"title":"phone"})", "*").body().at("reminders").as_array().size(), 1U);
  EXPECT_EQ(patch(id, R"({"due":{"instant":"2030-01-02T10:00:00Z"}})", "*").text("/reminders"), "[]");
  post("/api/v1/tasks/" + id + "/snooze", R"({"for":"P1D"})");
  EXPECT_EQ(post("/api/v1/tasks/" + id + "/complete").text("/reminders"), "[]");
  EXPECT_EQ(post("/api/v1/tasks/" + id + "/snooze", R"({"for":"PT20M"})").text("/code"), "already-completed");
  post("/api/v1/undo");
  EXPECT_EQ(get("/api/v1/tasks/" + id).body().at("reminders").as_array().size(), 1U) << "undo brings it back";
}

TEST_F(Snooze, BadTimesAreRefused) {
  const std::string id = make("call");
  for (const char* body : {"{}", R"({"for":"P1M"})", R"({"for":"-PT1M"})", R"({"for":"PT0S"})", R"({"until":{"local":"2030-01-01T12:00"}})",
                           R"({"until":{"instant":"2001-01-01T00:00:00Z"}})", R"({"until":{"date":"2030-01-01"}})", R"({"for":"PT1M","until":{"instant":"2030-01-01T12:00:00Z"}})",
                           R"({"for":"PT1M","x":1})"})
    EXPECT_EQ(post("/api/v1/tasks/" + id + "/snooze", body).status(), 422) << body;
}

TEST_F(Snooze, TheDefaultReminderIsForTasksWithATimeThatSayNothing) {
  host_.deliver("user-events", {{.topic = "user-events", .type = "todo.user.preferences.v1", .id = "e", .key = subject_,
                                 .payload = R"({"user_id":"user-1","preferences":{"default_reminder":"-PT15M"},"actor":{"id":"user-1","kind":"user"},"correlation_id":"c"})", .offset = 0}});
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"a","due":{"instant":"2030-01-01T10:00:00Z"}})").text("/reminders/0/offset"), "-PT15M");
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"a","due":{"instant":"2030-01-01T10:00:00Z"},"reminders":[]})").text("/reminders"), "[]");
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"a","due":{"date":"2030-01-01"}})").text("/reminders"), "[]");
}

}  // namespace
