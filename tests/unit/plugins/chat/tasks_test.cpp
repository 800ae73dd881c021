// REST for tasks: what a client sees of create, read, change, complete, reopen, delete and history.
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

using Tasks = chat_test::chat_host;

TEST_F(Tasks, CreateAnswersTheTaskWithItsTag) {
  const auto made = post("/api/v1/tasks", R"({"title":"buy milk","priority":"high","tags":["Shop"],"due":{"date":"2026-08-19"}})");
  EXPECT_EQ(made.status(), 201) << made.raw.body;
  EXPECT_EQ(made.text("/title"), "buy milk");
  EXPECT_EQ(made.text("/tags"), R"(["shop"])");
  EXPECT_EQ(made.text("/due"), R"({"date":"2026-08-19"})");
  EXPECT_EQ(made.text("/version"), "1");
  EXPECT_EQ(made.text("/owner"), "user-1");
  EXPECT_EQ(made.header("ETag"), "\"1\"");
  EXPECT_EQ(made.header("Location"), "/api/v1/tasks/" + made.text("/id"));
  EXPECT_EQ(get("/api/v1/tasks/" + made.text("/id")).raw.body, made.raw.body);
}

TEST_F(Tasks, TheClientMayChooseTheId) {
  const std::string body = R"({"title":"a","id":"0190b5a0-0000-7000-8000-000000000001"})";
  EXPECT_EQ(post("/api/v1/tasks", body).text("/id"), "0190b5a0-0000-7000-8000-000000000001");
  const auto again = post("/api/v1/tasks", body);
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(again.text("/code"), "already-exists");
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"a","id":"0190b5a0-0000-4000-8000-000000000001"})").status(), 422) << "version 4";
}

TEST_F(Tasks, EveryKindOfDueStaysWhatItIs) {
  for (const char* due : {R"({"date":"2028-02-29"})", R"({"local":"2026-08-19T17:00"})", R"({"local":"2026-08-19T17:00","tz":"Europe/Paris"})",
                          R"({"instant":"2026-08-19T21:00:00Z"})"}) {
    const std::string id = make("t", "\"due\":" + std::string(due));
    EXPECT_EQ(get("/api/v1/tasks/" + id).text("/due"), due);
  }
}

TEST_F(Tasks, ReadingAnUnchangedTaskCostsNoBody) {
  const std::string id = make("a");
  EXPECT_EQ(get("/api/v1/tasks/" + id, {{"if-none-match", "\"1\""}}).status(), 304);
  EXPECT_EQ(get("/api/v1/tasks/" + id, {{"if-none-match", "W/\"1\""}}).status(), 304);
  EXPECT_EQ(get("/api/v1/tasks/" + id, {{"if-none-match", "\"2\""}}).status(), 200);
}

TEST_F(Tasks, PatchNeedsTheVersionItChanges) {
  const std::string id = make("a");
  EXPECT_EQ(send("PATCH", "/api/v1/tasks/" + id, R"({"title":"b"})").status(), 428);
  EXPECT_EQ(patch(id, R"({"title":"b"})", "\"7\"").status(), 412);
  EXPECT_EQ(patch(id, R"({"title":"b"})", "W/\"1\"").status(), 412) << "weak tags do not match";
  EXPECT_EQ(patch(id, R"({"title":"b"})", "nonsense").status(), 400);
  EXPECT_EQ(get("/api/v1/tasks/" + id).text("/title"), "a");
  EXPECT_EQ(patch(id, R"({"title":"b"})", "\"1\"").header("ETag"), "\"2\"");
  EXPECT_EQ(patch(id, R"({"title":"c"})", "\"1\", \"2\"").text("/title"), "c");
  EXPECT_EQ(patch(id, R"({"title":"d"})", "*").text("/version"), "4");
}

TEST_F(Tasks, PatchMergesNullClearsAbsentStays) {
  const std::string id = make("a", R"("description":"long","tags":["x"],"due":{"local":"2026-08-19T17:00","tz":"Europe/Paris"},"priority":"high")");
  const auto changed = patch(id, R"({"due":{"date":"2026-08-20"},"description":null,"tags":null})", "\"1\"");
  EXPECT_EQ(changed.text("/due"), R"({"date":"2026-08-20"})") << "a due is replaced whole";
  EXPECT_EQ(changed.text("/description"), "");
  EXPECT_EQ(changed.text("/tags"), "[]");
  EXPECT_EQ(changed.text("/priority"), "high");
  EXPECT_EQ(patch(id, R"({"due":null,"priority":null})", "\"2\"").text("/due"), "null");
  EXPECT_EQ(patch(id, R"({"title":null})", "*").status(), 422);
}

TEST_F(Tasks, PatchWithoutADifferenceChangesNothing) {
  const std::string id = make("a");
  const std::size_t before = host_.published().size();
  EXPECT_EQ(patch(id, R"({"title":"a"})", "\"1\"").text("/version"), "1");
  EXPECT_EQ(host_.published().size(), before);
}

TEST_F(Tasks, CompleteAndReopenAreIdempotent) {
  const std::string id = make("a");
  const auto done = post("/api/v1/tasks/" + id + "/complete");
  EXPECT_EQ(done.text("/status"), "completed");
  EXPECT_NE(done.text("/completed_at"), "null");
  EXPECT_EQ(post("/api/v1/tasks/" + id + "/complete").text("/version"), "2");
  const auto open = post("/api/v1/tasks/" + id + "/reopen");
  EXPECT_EQ(open.text("/completed_at"), "null");
  EXPECT_EQ(open.text("/version"), "3");
  EXPECT_EQ(events("task-events").back().type, "todo.task.reopened.v1");
}

TEST_F(Tasks, PatchOfStatusIsACompletion) {
  const std::string id = make("a");
  const auto done = patch(id, R"({"status":"completed","title":"b"})", "\"1\"");
  EXPECT_EQ(done.text("/status"), "completed");
  EXPECT_EQ(done.text("/version"), "3");
  ASSERT_EQ(events("task-events").size(), 3U);
  EXPECT_EQ(events("task-events")[1].type, "todo.task.updated.v1");
  EXPECT_EQ(events("task-events")[2].type, "todo.task.completed.v1");
}

TEST_F(Tasks, ADeletedTaskIsGoneButItsHistoryStays) {
  const std::string id = make("a");
  EXPECT_EQ(send("DELETE", "/api/v1/tasks/" + id).status(), 428);
  const auto gone = remove(id, "\"1\"");
  EXPECT_EQ(gone.status(), 204);
  EXPECT_NE(gone.header("Undo-Token"), "");
  EXPECT_EQ(get("/api/v1/tasks/" + id).status(), 404);
  EXPECT_EQ(remove(id, "*").status(), 404);
  EXPECT_EQ(titles("/api/v1/tasks"), "");
  EXPECT_EQ(get("/api/v1/tasks/" + id + "/history").text("/items/0/action"), "deleted");
}

TEST_F(Tasks, HistoryShowsWhatChangedNewestFirst) {
  const std::string id = make("a");
  patch(id, R"({"title":"b","priority":"low"})", "*");
  post("/api/v1/tasks/" + id + "/complete");
  const auto first = get("/api/v1/tasks/" + id + "/history?limit=2");
  EXPECT_EQ(first.text("/items/0/action"), "completed");
  EXPECT_EQ(first.text("/items/1/before"), R"({"title":"a","priority":"medium"})");
  EXPECT_EQ(first.text("/items/1/after"), R"({"title":"b","priority":"low"})");
  EXPECT_EQ(first.text("/items/1/actor"), "user-1");
  const auto rest = get("/api/v1/tasks/" + id + "/history?limit=2&cursor=" + first.text("/next_cursor"));
  EXPECT_EQ(rest.text("/items/0/action"), "created");
  EXPECT_EQ(rest.text("/next_cursor"), "null");
}

TEST_F(Tasks, OthersTasksDoNotExist) {
  const std::string id = make("mine");
  subject_ = "user-2";
  EXPECT_EQ(get("/api/v1/tasks/" + id).status(), 404);
  EXPECT_EQ(patch(id, R"({"title":"theirs"})", "*").status(), 404);
  EXPECT_EQ(remove(id, "*").status(), 404);
  EXPECT_EQ(post("/api/v1/tasks/" + id + "/complete").status(), 404);
  EXPECT_EQ(get("/api/v1/tasks/" + id + "/history").status(), 404);
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"child","parent_id":")" + id + R"("})").status(), 404);
  EXPECT_EQ(titles("/api/v1/tasks"), "");
  subject_ = "user-1";
  EXPECT_EQ(get("/api/v1/tasks/" + id).text("/title"), "mine");
}

TEST_F(Tasks, AnUnknownIdIsNotFoundWhateverItLooksLike) {
  for (const char* id : {"x", "0190b5a0-0000-7000-8000-00000000ffff", "..", "1"}) EXPECT_EQ(get(std::string("/api/v1/tasks/") + id).status(), 404) << id;
}

TEST_F(Tasks, AParentMayNotBeADescendant) {
  const std::string a = make("a"), b = make("b", "\"parent_id\":\"" + a + "\"");
  EXPECT_EQ(patch(a, "{\"parent_id\":\"" + b + "\"}", "*").status(), 422);
  EXPECT_EQ(patch(a, "{\"parent_id\":\"" + a + "\"}", "*").status(), 422);
}

TEST_F(Tasks, AUnitThatRunsAgainMakesOneTask) {
  host_.fail_next_commits(2);
  make("once");
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_task"), "1");
  EXPECT_EQ(events("task-events").size(), 1U);
}

}  // namespace
