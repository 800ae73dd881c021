// Undo: compensating commands, by token or the last one, and the polite no.
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

class Undo : public chat_test::chat_host {
 protected:
  chat_test::reply undo(const std::string& token = {}) {
    return post("/api/v1/undo", token.empty() ? "" : "{\"undo_token\":\"" + token + "\"}");
  }
  chat_test::reply redo() { return post("/api/v1/undo", R"({"redo":true})"); }
  std::string title(const std::string& id) { return get("/api/v1/tasks/" + id).text("/title"); }
};

TEST_F(Undo, OfACreationDeletes) {
  const std::string id = make("a");
  const auto done = undo();
  EXPECT_EQ(done.status(), 200) << done.raw.body;
  EXPECT_EQ(done.text("/effects/0/op"), "deleted");
  EXPECT_EQ(get("/api/v1/tasks/" + id).status(), 404);
  EXPECT_EQ(events("task-events").back().type, "todo.task.deleted.v1");
}

TEST_F(Undo, OfADeletionBringsBackEverything) {
  const std::string id = make("a", R"("tags":["x"],"due":{"date":"2026-08-19"},"reminders":[{"offset":"-P1D","time":"09:00"}])");
  const std::string before = get("/api/v1/tasks/" + id).text("/reminders");
  remove(id, "*");
  EXPECT_EQ(undo().text("/effects/0/op"), "restored");
  const auto back = get("/api/v1/tasks/" + id);
  EXPECT_EQ(back.text("/reminders"), before);
  EXPECT_EQ(back.text("/due"), R"({"date":"2026-08-19"})");
  EXPECT_EQ(back.text("/version"), "3");
  EXPECT_EQ(events("reminders").back().type, "todo.reminder.scheduled.v1");
}

TEST_F(Undo, OfAnUpdateRestoresTheFieldsItTouched) {
  const std::string id = make("a", R"("priority":"high","tags":["x"])");
  patch(id, R"({"title":"b","due":{"date":"2026-08-19"},"tags":null})", "*");
  undo();
  const auto back = get("/api/v1/tasks/" + id);
  EXPECT_EQ(back.text("/title"), "a");
  EXPECT_EQ(back.text("/due"), "null");
  EXPECT_EQ(back.text("/tags"), R"(["x"])");
  EXPECT_EQ(back.text("/priority"), "high");
}

TEST_F(Undo, OfACompletionReopens) {
  const std::string id = make("a");
  post("/api/v1/tasks/" + id + "/complete");
  undo();
  EXPECT_EQ(get("/api/v1/tasks/" + id).text("/status"), "pending");
  EXPECT_EQ(get("/api/v1/tasks/" + id).text("/completed_at"), "null");
  EXPECT_EQ(events("task-events").back().type, "todo.task.reopened.v1");
}

TEST_F(Undo, GoesBackStepByStepAndForwardAgain) {
  const std::string id = make("a");
  patch(id, R"({"title":"b"})", "*");
  patch(id, R"({"title":"c"})", "*");
  undo();
  EXPECT_EQ(title(id), "b");
  undo();
  EXPECT_EQ(title(id), "a");
  undo();
  EXPECT_EQ(get("/api/v1/tasks/" + id).status(), 404);
  EXPECT_EQ(undo().status(), 404) << "nothing left";
  redo();
  EXPECT_EQ(title(id), "a");
  redo();
  EXPECT_EQ(title(id), "b");
  EXPECT_EQ(redo().status(), 200);
  EXPECT_EQ(title(id), "c");
  EXPECT_EQ(redo().status(), 404);
  undo();
  EXPECT_EQ(title(id), "b");
}

TEST_F(Undo, SomethingNewEndsRedo) {
  const std::string id = make("a");
  patch(id, R"({"title":"b"})", "*");
  undo();
  patch(id, R"({"title":"z"})", "*");
  EXPECT_EQ(redo().status(), 404);
  EXPECT_EQ(title(id), "z");
}

TEST_F(Undo, ATokenTakesBackItsOwnRequestOnce) {
  const auto first = post("/api/v1/tasks", R"({"title":"a"})");
  make("b");
  EXPECT_EQ(undo(first.header("Undo-Token")).status(), 200);
  EXPECT_EQ(titles("/api/v1/tasks"), "b");
  const auto again = undo(first.header("Undo-Token"));
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(again.text("/code"), "already-undone");
}

TEST_F(Undo, TheUndoItselfCanBeUndone) {
  const std::string id = make("a");
  const auto change = patch(id, R"({"title":"b"})", "*");
  const auto undone = undo(change.header("Undo-Token"));
  EXPECT_EQ(undo(undone.text("/undo_token")).status(), 200);
  EXPECT_EQ(title(id), "b");
}

TEST_F(Undo, RefusesWhenTheTaskWentOn) {
  const std::string id = make("a");
  const auto change = patch(id, R"({"title":"b"})", "*");
  patch(id, R"({"priority":"low"})", "*");
  const auto answer = undo(change.header("Undo-Token"));
  EXPECT_EQ(answer.status(), 409);
  EXPECT_EQ(answer.text("/code"), "undo-conflict");
  EXPECT_NE(answer.text("/detail").find("\"b\""), std::string::npos) << answer.raw.body;
  EXPECT_EQ(title(id), "b");
}

TEST_F(Undo, BelongsToWhoDidIt) {
  const auto mine = post("/api/v1/tasks", R"({"title":"a"})");
  subject_ = "user-2";
  EXPECT_EQ(undo().status(), 404);
  EXPECT_EQ(undo(mine.header("Undo-Token")).status(), 400);
  EXPECT_EQ(undo("rubbish").text("/code"), "invalid-undo-token");
}

TEST_F(Undo, RefusesABodyThatIsNone) {
  EXPECT_EQ(post("/api/v1/undo", R"({"token":"x"})").text("/code"), "unknown-field");
  EXPECT_EQ(post("/api/v1/undo", R"({"undo_token":5})").status(), 422);
  EXPECT_EQ(post("/api/v1/undo", "[]").status(), 400);
}

TEST_F(Undo, IsMarkedInTheHistory) {
  const std::string id = make("a");
  patch(id, R"({"title":"b"})", "*");
  undo();
  const auto history = get("/api/v1/tasks/" + id + "/history");
  EXPECT_EQ(history.text("/items/0/source"), "undo");
  EXPECT_EQ(history.text("/items/1/undone"), "true");
  EXPECT_EQ(history.text("/items/2/undone"), "false");
}

TEST_F(Undo, EndsWithTheTrashAfterThirtyDays) {
  const auto old = post("/api/v1/tasks", R"({"title":"old"})");
  make("kept");
  const auto gone = remove(old.text("/id"), "*");
  ASSERT_TRUE(host_.fire(0));
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_task"), "2") << "deleted just now";
  host_.scalar("UPDATE chat_task SET deleted_at = 1 WHERE deleted_at IS NOT NULL");
  ASSERT_TRUE(host_.fire(0));
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_task"), "1");
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_history"), "1");
  EXPECT_EQ(undo(gone.header("Undo-Token")).status(), 404);
  EXPECT_EQ(titles("/api/v1/tasks"), "kept");
}

TEST_F(Undo, SurvivesARunThatIsRepeated) {
  const std::string id = make("a");
  patch(id, R"({"title":"b"})", "*");
  host_.fail_next_commits(2);
  EXPECT_EQ(undo().status(), 200);
  EXPECT_EQ(title(id), "a");
}

}  // namespace
