// POST /api/v1/chat: what a person says, what happens, what is asked first.
#include "plugins/chat/talk/state.hpp"
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

class Chat : public chat_test::chat_host {
 protected:
  chat_test::reply say(const std::string& message, const std::string& members = {}) {
    std::string body = "{\"message\":" + boost::json::serialize(boost::json::value(boost::json::string_view(message))) + ",\"tz\":\"Europe/Paris\"";
    if (!conversation_.empty()) body += ",\"conversation_id\":\"" + conversation_ + "\"";
    auto answer = post("/api/v1/chat", body + (members.empty() ? "" : "," + members) + "}");
    EXPECT_EQ(answer.status(), 200) << answer.raw.body;
    if (answer.status() == 200) conversation_ = answer.text("/conversation_id");
    return answer;
  }
  std::string open() { return titles("/api/v1/tasks?status=pending&sort=title"); }
  std::string all() { return titles("/api/v1/tasks?sort=title"); }
  std::string conversation_;
};

TEST_F(Chat, CreatesAndSaysWhatItUnderstood) {
  const auto answer = say("buy milk on 2090-08-19 at 17:00 p1 @shop");
  EXPECT_EQ(answer.text("/intent"), "create");
  EXPECT_EQ(answer.text("/effects/0/op"), "created");
  EXPECT_NE(answer.text("/undo_token"), "null");
  EXPECT_EQ(answer.text("/pending"), "null");
  EXPECT_NE(answer.text("/reply").find("Sat 19 Aug 2090 17:00 (Europe/Paris)"), std::string::npos) << answer.text("/reply");
  const auto task = get("/api/v1/tasks/" + answer.text("/effects/0/task_id"));
  EXPECT_EQ(task.text("/title"), "buy milk");
  EXPECT_EQ(task.text("/due"), R"({"local":"2090-08-19T17:00"})");
  EXPECT_EQ(task.text("/priority"), "critical");
  EXPECT_EQ(task.text("/tags"), R"(["shop"])");
}

TEST_F(Chat, ANewProjectIsMadeAndSaidSo) {
  const auto answer = say("pay rent #finance");
  EXPECT_NE(answer.raw.body.find("new_project"), std::string::npos) << answer.raw.body;
  EXPECT_EQ(get("/api/v1/projects").text("/items/0/name"), "finance");
  say("pay tax #Finance");
  EXPECT_EQ(get("/api/v1/projects").body().at("items").as_array().size(), 1U);
}

TEST_F(Chat, CompletesByWords) {
  make("buy oat milk"), make("call Ana");
  EXPECT_EQ(say("done with milk").text("/effects/0/op"), "completed");
  EXPECT_EQ(open(), "call Ana");
  say("reopen milk");
  EXPECT_EQ(open(), "buy oat milk call Ana");
}

TEST_F(Chat, TheWholeTitleBeatsAPartOfOne) {
  make("milk"), make("buy milk");
  say("done with milk");
  EXPECT_EQ(open(), "buy milk");
}

TEST_F(Chat, NeverPicksOneOfSeveral) {
  make("buy milk today"), make("buy milk powder");
  const auto asked = say("complete buy milk");
  EXPECT_EQ(asked.text("/pending/kind"), "choose_task");
  EXPECT_EQ(asked.text("/effects"), "[]");
  EXPECT_EQ(asked.text("/undo_token"), "null");
  EXPECT_EQ(asked.body().at("pending").at("options").as_array().size(), 2U);
  const std::string second = asked.text("/pending/options/1/value");
  const auto done = say("the second one");
  EXPECT_EQ(done.text("/effects/0/task_id"), second) << done.raw.body;
}

TEST_F(Chat, WordsMatchWordsNotPartsOfThem) {
  make("buy scarf"), make("wash car"), make("re-paint garden");
  EXPECT_EQ(say("done with car").text("/effects/0/title"), "wash car");
  EXPECT_EQ(say("done with paint").text("/effects/0/title"), "re-paint garden");
  EXPECT_EQ(say("done with arf").text("/effects"), "[]");
}

TEST_F(Chat, AnswersThatMeanNothingLeaveTheQuestionOpen) {
  make("milk");
  say("delete milk");
  const auto still = say("2");
  EXPECT_EQ(still.text("/pending/kind"), "confirm") << still.raw.body;
  EXPECT_EQ(say("yes").text("/effects/0/op"), "deleted");
}

TEST_F(Chat, RemindersAreSaidWithTheirTime) {
  say("dentist on 2090-08-21 at 9:00");
  const auto answer = say("remind me 30 minutes before the dentist");
  EXPECT_NE(answer.text("/reply").find("reminder Mon 21 Aug 2090 08:30 (Europe/Paris)"), std::string::npos) << answer.text("/reply");
  EXPECT_EQ(get("/api/v1/tasks?q=dentist").text("/items/0/reminders/0/offset"), "-PT30M");
}

TEST_F(Chat, AnAmbiguousZoneIsAsked) {
  const auto asked = say("call Asha on 2090-08-25 at 9 IST");
  EXPECT_EQ(asked.text("/pending/kind"), "choose_zone") << asked.raw.body;
  const auto done = say("1");
  EXPECT_EQ(get("/api/v1/tasks/" + done.text("/effects/0/task_id")).text("/due"), R"({"local":"2090-08-25T09:00","tz":"Asia/Kolkata"})") << done.raw.body;
}

TEST_F(Chat, BulkMovesAreAskedWithTheirTarget) {
  make("a", R"("due":{"date":"2090-08-21"})"), make("b", R"("due":{"local":"2090-08-21T10:00"})");
  const auto asked = say("move everything due on 2090-08-21 to 2090-08-25");
  EXPECT_NE(asked.text("/reply").find("move 2 tasks to Fri 25 Aug 2090"), std::string::npos) << asked.text("/reply");
  say("yes");
  EXPECT_EQ(get("/api/v1/tasks?q=b").text("/items/0/due"), R"({"local":"2090-08-25T10:00"})");
}

TEST_F(Chat, DeletesOnlyAfterYes) {
  make("milk");
  const auto asked = say("delete milk");
  EXPECT_EQ(asked.text("/pending/kind"), "confirm");
  EXPECT_EQ(open(), "milk");
  EXPECT_EQ(say("yes").text("/effects/0/op"), "deleted");
  EXPECT_EQ(open(), "");
  EXPECT_EQ(say("yes").text("/reply"), "There is nothing to confirm.") << "answered once";
  say("undo");
  EXPECT_EQ(open(), "milk");
}

TEST_F(Chat, NoMeansNo) {
  make("milk");
  say("delete milk");
  EXPECT_EQ(say("no").text("/effects"), "[]");
  EXPECT_EQ(say("yes").text("/effects"), "[]");
  EXPECT_EQ(open(), "milk");
}

TEST_F(Chat, ANewCommandDropsTheQuestion) {
  make("milk");
  say("delete milk");
  say("add bread");
  EXPECT_EQ(say("yes").text("/effects"), "[]");
  EXPECT_EQ(open(), "bread milk");
}

TEST_F(Chat, AChangedTaskIsNotDeletedOnAnOldYes) {
  const std::string id = make("milk");
  say("delete milk");
  patch(id, R"({"title":"champagne"})", "*");
  EXPECT_NE(say("yes").text("/reply").find("changed since"), std::string::npos);
  EXPECT_EQ(open(), "champagne");
}

TEST_F(Chat, ATokenConfirmsItsOwnQuestionOnly) {
  make("milk"), make("bread");
  const std::string old = say("delete milk").text("/pending/token");
  const std::string current = say("delete bread").text("/pending/token");
  const auto with = [&](const std::string& token) {
    return post("/api/v1/chat", R"({"message":"yes","conversation_id":")" + conversation_ + R"(","token":")" + token + "\"}");
  };
  EXPECT_EQ(with(old).text("/code"), "confirmation-invalid");
  EXPECT_EQ(with("rubbish").status(), 409);
  EXPECT_EQ(open(), "bread milk");
  EXPECT_EQ(with(current).status(), 200);
  EXPECT_EQ(with(current).status(), 409) << "single use";
  EXPECT_EQ(open(), "milk");
}

TEST_F(Chat, DeletingEverythingWantsTheCount) {
  for (const char* title : {"a1", "b1", "c1"}) make(title);
  const auto asked = say("delete everything");
  EXPECT_EQ(asked.text("/pending/kind"), "count") << asked.raw.body;
  EXPECT_EQ(say("yes").text("/effects"), "[]");
  EXPECT_EQ(say("2").text("/effects"), "[]");
  EXPECT_EQ(say("3").body().at("effects").as_array().size(), 3U);
  EXPECT_EQ(open(), "");
  say("undo");
  EXPECT_EQ(open(), "a1 b1 c1") << "one message, one undo";
}

TEST_F(Chat, NumbersMeanTheLastList) {
  for (const char* title : {"apple", "berry", "cherry"}) make(title);
  const auto list = say("show all my tasks");
  ASSERT_EQ(list.body().at("items").as_array().size(), 3U) << list.raw.body;
  const std::string second = list.text("/items/1/title");
  const auto done = say("complete 2");
  EXPECT_EQ(done.text("/effects/0/title"), second) << done.raw.body;
}

TEST_F(Chat, AListNobodyAskedForHasNoNumbers) {
  make("apple");
  const auto answer = say("complete 2");
  EXPECT_EQ(answer.text("/effects"), "[]");
  EXPECT_EQ(open(), "apple");
}

TEST_F(Chat, ItMeansTheLastTask) {
  say("dentist on 2090-08-21 at 9:00");
  const auto moved = say("actually make it 6pm");
  EXPECT_EQ(moved.text("/effects/0/op"), "updated") << moved.raw.body;
  EXPECT_EQ(get("/api/v1/tasks/" + moved.text("/effects/0/task_id")).text("/due"), R"({"local":"2090-08-21T18:00"})");
}

TEST_F(Chat, MovingADateKeepsTheTime) {
  say("dentist on 2090-08-21 at 9:00");
  const auto moved = say("move dentist to 2090-08-25");
  EXPECT_EQ(get("/api/v1/tasks/" + moved.text("/effects/0/task_id")).text("/due"), R"({"local":"2090-08-25T09:00"})") << moved.raw.body;
  EXPECT_NE(moved.text("/reply").find("25 Aug 2090"), std::string::npos);
}

TEST_F(Chat, UpdatesTitlesAndTags) {
  make("report");
  say(R"(rename "report" to "annual report")");
  EXPECT_EQ(open(), "annual report");
  say("tag annual report urgent");
  EXPECT_EQ(get("/api/v1/tasks?tag=urgent").text("/items/0/title"), "annual report");
}

TEST_F(Chat, OffersToAddWhatItCannotFind) {
  const auto asked = say("move old monitor to attic");
  EXPECT_EQ(asked.text("/effects"), "[]") << asked.raw.body;
  EXPECT_EQ(asked.text("/pending/kind"), "create") << asked.raw.body;
  say("yes");
  EXPECT_EQ(open(), "move old monitor to attic");
}

TEST_F(Chat, SeveralCommandsInOneMessageAreOneUndo) {
  make("milk");
  const auto answer = say("add call Bob and mark milk done");
  EXPECT_EQ(answer.body().at("effects").as_array().size(), 2U) << answer.raw.body;
  say("undo");
  EXPECT_EQ(open(), "milk");
}

TEST_F(Chat, UndoAndRedoFromAnotherDevice) {
  say("add milk");
  conversation_.clear();
  EXPECT_EQ(say("undo").text("/effects/0/op"), "deleted");
  EXPECT_EQ(open(), "");
  say("redo");
  EXPECT_EQ(open(), "milk");
}

TEST_F(Chat, RedoGoesAsFarAsUndoWent) {
  say("add milk");
  say("add bread");
  say("undo"), say("undo");
  EXPECT_EQ(open(), "");
  say("redo");
  EXPECT_EQ(open(), "milk");
  say("redo");
  EXPECT_EQ(open(), "bread milk");
  EXPECT_EQ(say("redo").text("/effects"), "[]");
}

TEST_F(Chat, AQuestionGrowsOld) {
  make("milk");
  const std::string token = say("delete milk").text("/pending/token");
  const std::string blob = host_.scalar("SELECT hex(state) FROM chat_conversation");
  std::string bytes;
  for (std::size_t i = 0; i + 1 < blob.size(); i += 2) bytes += static_cast<char>(std::stoi(blob.substr(i, 2), nullptr, 16));
  auto state = evh_schemas::from_compact<chat::talk::talk_state>(bytes);
  state.pending->expires_ms = 1;
  std::string hex;
  for (const unsigned char c : evh_schemas::to_compact(state)) hex += "0123456789abcdef"[c >> 4], hex += "0123456789abcdef"[c & 15];
  host_.scalar("UPDATE chat_conversation SET state = x'" + hex + "'");
  EXPECT_EQ(say("yes").text("/reply"), "There is nothing to confirm.");
  EXPECT_EQ(open(), "milk");
}

TEST_F(Chat, AStateOfAnotherTimeIsForgottenNotFatal) {
  say("add milk");
  host_.scalar("UPDATE chat_conversation SET state = x'00112233'");
  EXPECT_EQ(say("done with milk").text("/effects/0/op"), "completed");
}

TEST_F(Chat, CountsAndDueQuestions) {
  const std::string id = make("passport", R"("due":{"date":"2090-08-21"})");
  make("milk");
  EXPECT_NE(say("how many tasks do I have").text("/reply").find("2 tasks"), std::string::npos);
  EXPECT_NE(say("when is passport due").text("/reply").find("Mon 21 Aug 2090"), std::string::npos);
  post("/api/v1/tasks/" + id + "/complete");
  EXPECT_NE(say("how many did I finish today").text("/reply").find("1 task"), std::string::npos);
}

TEST_F(Chat, AnInvalidDateCreatesNothing) {
  const auto answer = say("dentist on feb 30");
  EXPECT_EQ(answer.text("/error/code"), "invalid_date") << answer.raw.body;
  EXPECT_EQ(all(), "");
}

TEST_F(Chat, ConversationsAreKeptAndPrivate) {
  say("add milk");
  say("hello");
  const auto list = get("/api/v1/conversations");
  EXPECT_EQ(list.text("/items/0/title"), "add milk");
  EXPECT_EQ(list.text("/items/0/messages"), "4");
  const auto first = get("/api/v1/conversations/" + conversation_ + "/messages?limit=3");
  EXPECT_EQ(first.text("/items/0/text"), "add milk");
  EXPECT_EQ(first.text("/items/1/role"), "assistant");
  EXPECT_EQ(get("/api/v1/conversations/" + conversation_ + "/messages?limit=3&cursor=" + first.text("/next_cursor")).text("/items/0/place"), "4");
  subject_ = "user-2";
  EXPECT_EQ(get("/api/v1/conversations/" + conversation_ + "/messages").status(), 404);
  EXPECT_EQ(post("/api/v1/chat", R"({"message":"hi","conversation_id":")" + conversation_ + "\"}").status(), 404);
  EXPECT_EQ(get("/api/v1/conversations").text("/items"), "[]");
}

TEST_F(Chat, OthersTasksCannotBeSaid) {
  make("milk");
  subject_ = "user-2";
  EXPECT_EQ(say("done with milk").text("/effects"), "[]");
  EXPECT_EQ(say("show all my tasks").text("/items"), "[]");
}

TEST_F(Chat, ParseShowsTheUnderstandingWithoutEffects) {
  const auto answer = post("/api/v1/chat/parse", R"({"message":"buy milk tomorrow 5pm","now":"2026-08-18T10:30:00-04:00","tz":"America/New_York"})");
  EXPECT_EQ(answer.status(), 200) << answer.raw.body;
  EXPECT_EQ(answer.text("/slots/title"), "buy milk");
  EXPECT_EQ(answer.text("/slots/due/local"), "2026-08-19T17:00");
  EXPECT_EQ(answer.text("/undo_token"), "null");
  EXPECT_EQ(all(), "");
}

TEST_F(Chat, BadRequests) {
  struct bad { const char* body; int status; const char* pointer; };
  for (const bad& each : {bad{"{}", 422, "/message"}, {R"({"message":""})", 422, "/message"}, {R"({"message":5})", 422, "/message"},
                          {R"({"message":"a","tz":"Mars/Base"})", 422, "/tz"}, {R"({"message":"a","locale":"klingon"})", 422, "/locale"},
                          {R"({"message":"a","user_id":"x"})", 422, "/user_id"}}) {
    const auto answer = post("/api/v1/chat", each.body);
    EXPECT_EQ(answer.status(), each.status) << each.body;
    EXPECT_EQ(answer.text("/errors/0/pointer"), each.pointer) << answer.raw.body;
  }
  EXPECT_EQ(post("/api/v1/chat", "{\"message\":\"" + std::string(4001, 'a') + "\"}").status(), 422);
  EXPECT_EQ(post("/api/v1/chat", R"({"message":"a","conversation_id":"nope"})").status(), 404);
  EXPECT_EQ(post("/api/v1/chat/parse", R"({"message":"a","now":"noon"})").status(), 422);
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_message"), "0");
}

TEST_F(Chat, AMessageThatRunsTwiceIsHeardOnce) {
  host_.fail_next_commits(2);
  say("add milk");
  EXPECT_EQ(open(), "milk");
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_message"), "2");
}

}  // namespace
