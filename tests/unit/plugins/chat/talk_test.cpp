// The conversation over series, other people, snoozing, settings and the history; questions with options.
#include "plugins/calendar/civil.hpp"
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

class Talk : public chat_test::chat_host {
 protected:
  chat_test::reply say(const std::string& message, const std::string& members = R"("tz":"Europe/Paris")") {
    std::string body = "{\"message\":" + boost::json::serialize(boost::json::value(boost::json::string_view(message)));
    if (!conversation_.empty()) body += ",\"conversation_id\":\"" + conversation_ + "\"";
    auto answer = post("/api/v1/chat", body + (members.empty() ? "" : "," + members) + "}");
    EXPECT_EQ(answer.status(), 200) << answer.raw.body;
    if (answer.status() == 200) conversation_ = answer.text("/conversation_id");
    return answer;
  }
  std::string reply_to(const std::string& message) { return say(message).text("/reply"); }
  bool replies(const std::string& message, const std::string& with) {
    const std::string reply = reply_to(message);
    if (reply.find(with) != std::string::npos) return true;
    ADD_FAILURE() << message << "\n-> " << reply << "\nlacks: " << with;
    return false;
  }
  std::string text(const std::string& id, const std::string& pointer) { return get("/api/v1/tasks/" + id).text(pointer); }
  void set(const std::string& preferences) {
    host_.deliver("user-events", {{.topic = "user-events", .type = "todo.user.preferences.v1", .id = "p" + std::to_string(next_), .key = subject_,
                                   .payload = R"({"user_id":")" + subject_ + R"(","preferences":)" + preferences + R"(,"actor":{"id":"u","kind":"user"},"correlation_id":"c"})",
                                   .offset = next_}});
    ++next_;
  }
  void account(const std::string& id, const std::string& email, const std::string& name) {
    host_.deliver("user-events", {{.topic = "user-events", .type = "todo.user.created.v1", .id = "a" + std::to_string(next_), .key = id,
                                   .payload = R"({"user_id":")" + id + R"(","email":")" + email + R"(","name":")" + name + R"(","actor":{"id":"identity","kind":"system"},"correlation_id":"c"})",
                                   .offset = next_}});
    ++next_;
  }
  // A project of the speaker that bob sees as `role`.
  std::string shared(const std::string& role = "editor") {
    account("u-bob", "bob@example.com", "Bob Marsh");
    const auto project = post("/api/v1/projects", R"({"name":"Work"})").text("/id");
    EXPECT_EQ(post("/api/v1/projects/" + project + "/members", R"({"email":"bob@example.com","role":")" + role + "\"}").status(), 201);
    return project;
  }
  std::string conversation_;
  std::int64_t next_ = 0;
};

TEST_F(Talk, ARepeatingTaskSaysItsRuleAndWhenItReminds) {
  const auto made = say("standup every weekday at 9:30, remind me 10 minutes before");
  const std::string id = made.text("/effects/0/task_id"), reply = made.text("/reply");
  EXPECT_EQ(text(id, "/recurrence/series_id"), id) << reply;
  EXPECT_NE(reply.find("every weekday"), std::string::npos) << reply;
  EXPECT_NE(reply.find("I will remind you at"), std::string::npos) << reply;
  EXPECT_NE(reply.find("09:20 (Europe/Paris)"), std::string::npos) << reply;
}

TEST_F(Talk, EveryCreateReplySaysWhetherItReminds) {
  replies("buy milk", "No reminder is set.");
  replies("rent on 2090-08-01, remind me a day before", "I will remind you at Mon 31 Jul 2090 09:00 (Europe/Paris)");
  set(R"({"tz":"Europe/Paris","morning":"07:30"})");
  replies("tax on 2090-08-01, remind me a day before", "Mon 31 Jul 2090 07:30");
}

TEST_F(Talk, AnAccountWithoutAZoneAdoptsTheFirstItIsSpokenToFrom) {
  const std::size_t before = host_.published().size();
  const auto made = say("standup every weekday at 9:30, remind me 10 minutes before");
  EXPECT_NE(made.raw.body.find("zone_adopted"), std::string::npos);
  EXPECT_NE(made.text("/reply").find("09:20 (Europe/Paris)"), std::string::npos) << made.text("/reply");
  const auto wishes = events("user-events", before);
  ASSERT_EQ(wishes.size(), 1U);
  EXPECT_EQ(boost::json::serialize(chat_test::parse(wishes[0].payload).at("preferences")), R"({"tz":"Europe/Paris"})");
  EXPECT_EQ(say("buy milk").raw.body.find("zone_adopted"), std::string::npos) << "asked once";
  EXPECT_EQ(events("user-events", before).size(), 1U);
  set(R"({"tz":"Asia/Tokyo"})");
  EXPECT_NE(say("call ben at 2090-08-01 10:00", "").text("/reply").find("(Asia/Tokyo)"), std::string::npos) << "what the account answers counts";
}

TEST_F(Talk, ARemindedTimeIsMeantInTheZoneItWasSaidIn) {
  set(R"({"tz":"America/New_York"})");
  const auto made = say("call on 2090-08-01 at 10:00, remind me 10 minutes before");
  EXPECT_NE(made.text("/reply").find("I will remind you at Tue 1 Aug 2090 09:50 (Europe/Paris)"), std::string::npos) << made.text("/reply");
  EXPECT_EQ(text(made.text("/effects/0/task_id"), "/due"), R"({"local":"2090-08-01T10:00","tz":"Europe/Paris"})") << "the account is elsewhere";
  const auto day = say("rent on 2090-08-01, remind me a day before");
  EXPECT_NE(day.text("/reply").find("I will remind you at Mon 31 Jul 2090 15:00 (Europe/Paris)"), std::string::npos) << "09:00 where the account is";
  EXPECT_NE(day.raw.body.find("set my time zone to Europe/Paris"), std::string::npos);
  set(R"({"tz":"Europe/Paris"})");
  const auto home = say("call ben on 2090-08-01 at 10:00, remind me 10 minutes before");
  EXPECT_EQ(text(home.text("/effects/0/task_id"), "/due"), R"({"local":"2090-08-01T10:00"})");
  EXPECT_NE(home.text("/reply").find("09:50 (Europe/Paris)"), std::string::npos);
}

TEST_F(Talk, QuietHoursMoveWhatIsPromised) {
  set(R"({"tz":"Europe/Paris","quiet_hours":{"from":"22:00","to":"07:00"}})");
  replies("call on 2090-08-01 at 23:00, remind me 10 minutes before", "I will remind you at Wed 2 Aug 2090 07:00");
  replies("fly on 2090-08-02 at 05:00, remind me 10 minutes before", "I will remind you at Wed 2 Aug 2090 07:00");
  replies("fire p1 on 2090-08-01 at 23:00, remind me 10 minutes before", "I will remind you at Tue 1 Aug 2090 22:50");
  replies("lunch on 2090-08-01 at 12:00, remind me 10 minutes before", "I will remind you at Tue 1 Aug 2090 11:50");
}

TEST_F(Talk, TheDefaultReminderIsSaid) {
  set(R"({"default_reminder":"-PT15M"})");
  const auto made = say("dentist on 2090-08-01 at 10:00");
  EXPECT_NE(made.text("/reply").find("I will remind you at Tue 1 Aug 2090 09:45 (Europe/Paris)"), std::string::npos) << made.text("/reply");
  EXPECT_NE(made.raw.body.find(R"("code":"default_reminder")"), std::string::npos);
}

TEST_F(Talk, ThePersonsZoneHoldsWhereTheRequestNamesNone) {
  set(R"({"tz":"America/New_York"})");
  EXPECT_NE(say("call at 2090-08-01 10:00", "").text("/reply").find("(America/New_York)"), std::string::npos);
  EXPECT_NE(say("call ben at 2090-08-01 10:00", R"("tz":"Asia/Tokyo")").text("/reply").find("(Asia/Tokyo)"), std::string::npos);
}

TEST_F(Talk, SkipPauseResumeAndChangeASeries) {
  const std::string id = make("gym", R"("due":{"date":"2090-08-21"},"recurrence":{"rrule":"FREQ=DAILY"})");
  replies("skip the next gym", "is due Tue 22 Aug 2090");
  EXPECT_EQ(text(id, "/due/date"), "2090-08-22");
  replies("pause gym until 2090-10-01", "Paused \"gym\" until 2090-10-01");
  EXPECT_EQ(text(id, "/recurrence/paused_until"), "2090-10-01");
  replies("resume gym", "goes on");
  EXPECT_EQ(text(id, "/recurrence/paused"), "false");
  const auto changed = say("change gym to every tue and thu from now on");
  EXPECT_EQ(text(id, "/recurrence/rrule"), "FREQ=WEEKLY;BYDAY=TU,TH") << changed.text("/reply");
  EXPECT_EQ(text(id, "/due/date"), "2090-08-22");
  say("undo");
  EXPECT_EQ(text(id, "/recurrence/rrule"), "FREQ=DAILY");
}

TEST_F(Talk, ReopeningSaysWhatBecameOfTheNextOne) {
  const std::string id = make("gym", R"("due":{"date":"2090-08-21"},"recurrence":{"rrule":"FREQ=DAILY"})");
  post("/api/v1/tasks/" + id + "/complete");
  auto task = get("/api/v1/tasks/" + id).body().as_object();
  task["id"] = "0190b5a0-0000-8000-8000-000000000002";
  task["status"] = "pending";
  task["completed_at"] = nullptr;
  task["due"] = boost::json::object{{"date", "2090-08-22"}};
  task["recurrence"].as_object()["occurrence"] = "2090-08-22";
  task["recurrence"].as_object()["number"] = 2;
  host_.deliver("task-commands", {{.topic = "task-commands", .type = "todo.command.create_task.v1", .id = "k", .key = subject_,
                                   .payload = boost::json::serialize(boost::json::object{{"owner", subject_}, {"task", task}, {"series_id", id}, {"series_version", 1},
                                                                                         {"predecessor_id", id}, {"actor", {{"id", "recurring"}, {"kind", "system"}}},
                                                                                         {"correlation_id", "c"}}), .offset = 0}});
  const auto undone = say("undo");
  EXPECT_EQ(undone.text("/effects/0/op"), "reopened") << undone.raw.body;
  EXPECT_EQ(undone.text("/effects/1/op"), "withdrawn");
  EXPECT_NE(undone.text("/reply").find("withdrawn"), std::string::npos) << undone.text("/reply");
}

TEST_F(Talk, SharingIsAskedFirst) {
  account("u-bob", "bob@example.com", "Bob Marsh");
  const auto project = post("/api/v1/projects", R"({"name":"Work"})").text("/id");
  const auto asked = say("share #work with bob@example.com as viewer");
  EXPECT_EQ(asked.text("/pending/kind"), "confirm") << asked.text("/reply");
  EXPECT_EQ(get("/api/v1/projects/" + project + "/members").body().at("items").as_array().size(), 1U);
  const auto done = say("yes", R"("token":")" + asked.text("/pending/token") + "\"");
  EXPECT_NE(done.text("/reply").find("as viewer"), std::string::npos) << done.text("/reply");
  const auto members = get("/api/v1/projects/" + project + "/members");
  EXPECT_EQ(members.text("/items/1/user_id"), "u-bob");
  EXPECT_EQ(members.text("/items/1/role"), "viewer");
}

TEST_F(Talk, ATokenConfirmsASharingOnce) {
  post("/api/v1/projects", R"({"name":"Work"})");
  const auto asked = say("share #work with zoe@example.com");
  const std::string body = R"({"message":"yes","conversation_id":")" + conversation_ + R"(","token":")" + asked.text("/pending/token") + "\"}";
  EXPECT_EQ(post("/api/v1/chat", body).status(), 200);
  EXPECT_EQ(post("/api/v1/chat", body).text("/code"), "confirmation-invalid");
}

TEST_F(Talk, UnsharingIsAskedAndSoIsNobodyUnknown) {
  const auto project = shared();
  replies("unshare #work with zoe@example.com", "is not a member");
  EXPECT_EQ(say("unshare #work with bob@example.com").text("/pending/kind"), "confirm");
  replies("yes", "Took bob@example.com out of #Work");
  EXPECT_EQ(get("/api/v1/projects/" + project + "/members").body().at("items").as_array().size(), 1U);
}

TEST_F(Talk, OnlyAnOwnerShares) {
  shared("viewer");
  subject_ = "u-bob";
  const auto refused = say("share #work with zoe@example.com");
  EXPECT_EQ(refused.text("/pending"), "null");
  EXPECT_NE(refused.text("/reply").find("As viewer of the project you may not"), std::string::npos) << refused.text("/reply");
}

TEST_F(Talk, ATaskIsGivenToAMemberByName) {
  const auto project = shared();
  const auto id = make("report", R"("project_id":")" + project + "\"");
  const auto done = say("assign report to bob");
  if (done.text("/pending") != "null") say("yes");
  EXPECT_EQ(text(id, "/assignee_id"), "u-bob") << done.text("/reply");
  make("private");
  replies("assign private to bob@example.com", "shared project");
}

TEST_F(Talk, AViewerMayReadAndNotChange) {
  const auto project = shared("viewer");
  make("report", R"("project_id":")" + project + "\"");
  subject_ = "u-bob";
  replies("show #work", "report");
  replies("complete report", "As viewer of the project you may not");
}

TEST_F(Talk, SnoozesTheLastNotification) {
  replies("snooze that for 20 minutes", "");
  const std::string id = make("call", R"("due":{"date":"2090-08-21"})");
  host_.deliver("notifications", {{.topic = "notifications", .type = "todo.notification.due.v1", .id = "n", .key = subject_,
                                   .payload = R"({"owner":"user-1","notification_id":"n-7","task_id":")" + id + R"(","task_version":1,"reminder_id":"r1","fire_at":"2026-08-19T07:00:00.000Z",)"
                                              R"("title":"call","priority":"medium","attempt":0,"late":false,"correlation_id":"c"})", .offset = 0}});
  replies("snooze that for 20 minutes", "I will remind you of \"call\" again at");
  EXPECT_EQ(text(id, "/reminders/0/snooze_of"), "n-7");
  EXPECT_EQ(text(id, "/due/date"), "2090-08-21");
}

TEST_F(Talk, PreferencesAreAskedOfTheAccount) {
  set(R"({"tz":"Europe/Paris"})");
  const std::size_t before = host_.published().size();
  const auto said = say("set quiet hours from 22:00 to 7:00");
  const auto wishes = events("user-events", before);
  ASSERT_EQ(wishes.size(), 1U) << said.text("/reply");
  EXPECT_EQ(wishes[0].type, "todo.user.preferences_requested.v1");
  EXPECT_EQ(wishes[0].key, "user-1");
  const auto wish = chat_test::parse(wishes[0].payload);
  EXPECT_EQ(boost::json::serialize(wish.at("preferences")), R"({"quiet_hours":{"from":"22:00","to":"07:00"}})") << "only what was said";
  EXPECT_EQ(said.text("/effects"), "[]");
}

TEST_F(Talk, TheHistoryAnswersWhoAndWhen) {
  const auto project = shared();
  const auto id = make("report", R"("project_id":")" + project + "\"");
  subject_ = "u-bob";
  post("/api/v1/tasks/" + id + "/complete");
  subject_ = "user-1";
  replies("who completed report?", "Bob Marsh completed \"report\"");
  replies("what changed today?", "Bob Marsh completed \"report\"");
  replies("what changed today?", "You added \"report\"");
  replies("what changed yesterday?", "Nothing changed then.");
}

TEST_F(Talk, TheHistoryKnowsEveryTaskOfASeries) {
  const std::string id = make("standup", R"("due":{"date":"2090-08-21"},"recurrence":{"rrule":"FREQ=DAILY"})");
  post("/api/v1/tasks/" + id + "/complete");
  make("standup");   // open, so it would be found first
  replies("who completed standup?", "You completed \"standup\"");
}

TEST_F(Talk, TheHistoryOfOthersIsNotTold) {
  make("secret");
  subject_ = "user-2";
  EXPECT_EQ(reply_to("what changed today?"), "Nothing changed then.");
}

TEST_F(Talk, AnOptionIsFollowedAsTheSentenceItStandsFor) {
  const auto asked = say("add dentist friday or saturday");
  ASSERT_EQ(asked.text("/pending/kind"), "choose") << asked.raw.body;
  say("2");
  const auto day = calendar::parse_date(get("/api/v1/tasks").text("/items/0/due/date"));
  ASSERT_TRUE(day);
  EXPECT_EQ(calendar::weekday_of(*day), std::chrono::Saturday);
  EXPECT_EQ(get("/api/v1/tasks").text("/items/0/title"), "dentist");
}

TEST_F(Talk, AnOptionMayBeSeveralCommands) {
  say("pay rent on the 1st and 15th");
  say("1");
  EXPECT_EQ(titles("/api/v1/tasks"), "pay rent pay rent");
}

TEST_F(Talk, AnOptionMayBeARepetition) {
  say("pay rent on the 1st and 15th");
  say("2");
  EXPECT_EQ(get("/api/v1/tasks").text("/items/0/recurrence/rrule"), "FREQ=MONTHLY;BYMONTHDAY=1,15");
}

TEST_F(Talk, APartOfABatchNeverAsks) {
  make("buy milk"), make("buy milk powder");
  const auto answer = say("add bread; complete buy");
  EXPECT_EQ(answer.text("/pending"), "null") << answer.raw.body;
  EXPECT_EQ(get("/api/v1/tasks").body().at("items").as_array().size(), 3U);
}

}  // namespace
