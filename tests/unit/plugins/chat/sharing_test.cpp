// Shared projects through the routes: every route as every role, members, invitations, and who hears of what.
#include "tests/unit/plugins/chat/chat_host.hpp"

#include <algorithm>
#include <map>

namespace {

class Sharing : public chat_test::chat_host {
 protected:
  using reply = chat_test::reply;
  reply as(const std::string& who, std::string method, std::string target, std::string body = {}, std::map<std::string, std::string> headers = {}) {
    subject_ = who;
    return send(std::move(method), std::move(target), std::move(body), std::move(headers));
  }

  // A project of ana with one member per role, and a task of hers in it.
  void SetUp() override {
    project_ = as("ana", "POST", "/api/v1/projects", R"({"name":"Work"})").text("/id");
    for (const char* role : {"owner", "editor", "commenter", "viewer"})
      EXPECT_EQ(as("ana", "POST", members(), std::string(R"({"user_id":")") + role + R"(","role":")" + role + "\"}").status(), 201);
    task_ = as("ana", "POST", "/api/v1/tasks", R"({"title":"report","project_id":")" + project_ + "\"}").text("/id");
  }
  std::string members() const { return "/api/v1/projects/" + project_ + "/members"; }
  std::string at() const { return "/api/v1/tasks/" + task_; }
  std::string in_project(const std::string& title) const { return R"({"title":")" + title + R"(","project_id":")" + project_ + "\"}"; }
  std::vector<std::string> keys(std::string_view topic, std::size_t from) const {
    std::vector<std::string> out;
    for (const auto& each : events(topic, from)) out.push_back(each.key);
    std::sort(out.begin(), out.end());
    return out;
  }
  void account(const std::string& id, const std::string& email, const std::string& type = "todo.user.created.v1", const std::string& more = {}) {
    host_.deliver("user-events", {{.topic = "user-events", .type = type, .id = "e" + std::to_string(next_), .key = id,
                                   .payload = R"({"user_id":")" + id + R"(","email":")" + email + R"(",)" + more +
                                              R"("actor":{"id":"identity","kind":"system"},"correlation_id":"c"})", .offset = next_}});
    ++next_;
  }

  std::string project_, task_;
  std::int64_t next_ = 0;
};

TEST_F(Sharing, EveryRouteAsEveryRole) {
  struct row {
    const char* method;
    std::string target, body;
    std::map<std::string, std::string> headers;
    int stranger, viewer, commenter, editor;   // the status each is given
  };
  const std::string project = "/api/v1/projects/" + project_;
  const std::map<std::string, std::string> any{{"if-match", "*"}};
  const std::vector<row> rows{
      {"GET", at(), "", {}, 404, 200, 200, 200},
      {"GET", at() + "/history", "", {}, 404, 200, 200, 200},
      {"GET", "/api/v1/tasks?project=" + project_, "", {}, 404, 200, 200, 200},
      {"GET", project, "", {}, 404, 200, 200, 200},
      {"GET", members(), "", {}, 404, 200, 200, 200},
      {"POST", "/api/v1/tasks", in_project("mine"), {}, 404, 403, 403, 201},
      {"PATCH", at(), R"({"title":"x"})", any, 404, 403, 403, 200},
      {"POST", at() + "/complete", "", {}, 404, 403, 403, 200},
      {"POST", at() + "/reopen", "", {}, 404, 403, 403, 200},
      {"POST", at() + "/snooze", R"({"for":"PT20M"})", {}, 404, 403, 403, 200},
      {"PATCH", at(), R"({"project_id":null})", any, 404, 403, 403, 403},
      {"DELETE", at(), "", any, 404, 403, 403, 403},
      {"PATCH", project, R"({"name":"x"})", any, 404, 403, 403, 403},
      {"POST", members(), R"({"user_id":"eve","role":"viewer"})", {}, 404, 403, 403, 403},
      {"PATCH", members() + "/viewer", R"({"role":"owner"})", {}, 404, 403, 403, 403},
      {"DELETE", members() + "/ana", "", {}, 404, 403, 403, 403},
      {"DELETE", project, "", any, 404, 403, 403, 403},
  };
  for (const row& each : rows) {
    const std::pair<const char*, int> expected[] = {{"stranger", each.stranger}, {"viewer", each.viewer}, {"commenter", each.commenter}, {"editor", each.editor}};
    for (const auto& [who, status] : expected) {
      const auto answer = as(who, each.method, each.target, each.body, each.headers);
      EXPECT_EQ(answer.status(), status) << who << ' ' << each.method << ' ' << each.target << ' ' << each.body << '\n' << answer.raw.body;
      if (status == 403) { EXPECT_EQ(answer.text("/code"), "forbidden"); }
    }
  }
}

TEST_F(Sharing, AnotherOwnerMayEverything) {
  EXPECT_EQ(as("owner", "PATCH", "/api/v1/projects/" + project_, R"({"description":"x"})", {{"if-match", "*"}}).text("/role"), "owner");
  EXPECT_EQ(as("owner", "DELETE", members() + "/viewer").status(), 204);
  EXPECT_EQ(as("owner", "DELETE", at(), {}, {{"if-match", "*"}}).status(), 204);
  EXPECT_EQ(as("owner", "DELETE", "/api/v1/projects/" + project_, {}, {{"if-match", "*"}}).status(), 204);
  EXPECT_EQ(as("ana", "GET", "/api/v1/projects/" + project_).status(), 404);
}

TEST_F(Sharing, AnEditorDeletesOnlyWhatTheyMade) {
  const auto mine = as("editor", "POST", "/api/v1/tasks", in_project("mine")).text("/id");
  EXPECT_EQ(as("editor", "DELETE", "/api/v1/tasks/" + mine, {}, {{"if-match", "*"}}).status(), 204);
  EXPECT_EQ(as("editor", "DELETE", at(), {}, {{"if-match", "*"}}).status(), 403);
}

TEST_F(Sharing, ListsShowOnesOwnTasksAndThoseGivenToOne) {
  const auto mine = as("editor", "POST", "/api/v1/tasks", in_project("mine")).text("/id");
  subject_ = "viewer";
  EXPECT_EQ(titles("/api/v1/tasks"), "");
  EXPECT_EQ(titles("/api/v1/tasks?project=" + project_ + "&sort=title"), "mine report");
  EXPECT_EQ(titles("/api/v1/tasks?filter=%23work&sort=-title"), "report mine");
  EXPECT_EQ(as("ana", "PATCH", at(), R"({"assignee_id":"viewer"})", {{"if-match", "*"}}).status(), 200);
  subject_ = "viewer";
  make("alone");
  EXPECT_EQ(titles("/api/v1/tasks?sort=title"), "alone report");
  EXPECT_EQ(titles("/api/v1/tasks?sort=-created"), "alone report");
  EXPECT_EQ(titles("/api/v1/tasks?sort=priority"), "report alone");
}

TEST_F(Sharing, PagesOfMergedListsMissNothing) {
  subject_ = "ana";
  for (const char* title : {"b", "d", "f"})
    EXPECT_EQ(post("/api/v1/tasks", std::string(R"({"title":")") + title + R"(","project_id":")" + project_ + R"(","assignee_id":"editor"})").status(), 201);
  subject_ = "editor";
  for (const char* title : {"a", "C", "e"}) make(title);
  for (const std::string sort : {"title", "-title", "created", "due", "-priority"}) {
    std::string all, cursor;
    for (int i = 0; i < 10; ++i) {
      const auto answer = get("/api/v1/tasks?limit=2&sort=" + sort + (cursor.empty() ? "" : "&cursor=" + cursor));
      ASSERT_EQ(answer.status(), 200) << answer.raw.body;
      const auto body = answer.body();
      for (const auto& item : body.at("items").as_array()) all += item.at("title").as_string().c_str();
      if (body.at("next_cursor").is_null()) break;
      cursor = body.at("next_cursor").as_string().c_str();
    }
    if (sort == "title") { EXPECT_EQ(all, "abCdef"); }
    if (sort == "-title") { EXPECT_EQ(all, "fedCba"); }
    if (sort == "created") { EXPECT_EQ(all, "bdfaCe"); }
    EXPECT_EQ(all.size(), 6U) << sort << ' ' << all;
  }
}

TEST_F(Sharing, OnlyAMemberIsGivenATask) {
  EXPECT_EQ(as("ana", "PATCH", at(), R"({"assignee_id":"eve"})", {{"if-match", "*"}}).text("/errors/0/pointer"), "/assignee_id");
  EXPECT_EQ(as("ana", "POST", "/api/v1/tasks", R"({"title":"x","assignee_id":"ana"})").status(), 422) << "a private task is nobody else's";
}

TEST_F(Sharing, IdsInBodiesAreAuthorisedLikeIdsInPaths) {
  const auto other = as("eve", "POST", "/api/v1/projects", R"({"name":"Secret"})").text("/id");
  const auto foreign = as("eve", "POST", "/api/v1/tasks", R"({"title":"secret"})").text("/id");
  const auto moved = as("editor", "PATCH", at(), R"({"project_id":")" + other + "\"}", {{"if-match", "*"}});
  EXPECT_EQ(moved.status(), 404);
  EXPECT_EQ(moved.text("/errors/0/pointer"), "/project_id");
  EXPECT_EQ(as("editor", "PATCH", at(), R"({"parent_id":")" + foreign + "\"}", {{"if-match", "*"}}).status(), 404);
  EXPECT_EQ(as("viewer", "POST", "/api/v1/tasks", R"({"title":"x","parent_id":")" + task_ + "\"}").status(), 403);
  EXPECT_EQ(as("ana", "GET", at()).text("/project_id"), project_);
}

TEST_F(Sharing, AMoveNeedsAnEditorOnBothSides) {
  const auto own = as("editor", "POST", "/api/v1/projects", R"({"name":"Own"})").text("/id");
  EXPECT_EQ(as("viewer", "PATCH", at(), R"({"project_id":")" + own + "\"}", {{"if-match", "*"}}).status(), 403);
  const std::size_t before = host_.published().size();
  const auto moved = as("editor", "PATCH", at(), R"({"project_id":")" + own + "\"}", {{"if-match", "*"}});
  EXPECT_EQ(moved.status(), 200);
  EXPECT_EQ(moved.text("/owner"), "editor") << "ana does not see the other project, so the task is its owner's";
  EXPECT_EQ(as("ana", "GET", at()).status(), 404);
  std::map<std::string, std::string> seen;
  for (const auto& each : events("task-updates", before)) seen[each.key] += each.type == "todo.task.deleted.v1" ? "gone " : "updated ";
  EXPECT_EQ(seen, (std::map<std::string, std::string>{{"ana", "gone "}, {"commenter", "gone "}, {"editor", "updated "}, {"owner", "gone "}, {"viewer", "gone "}}));
}

TEST_F(Sharing, EverybodyWhoMaySeeAChangeHearsOfItOnce) {
  const std::size_t before = host_.published().size();
  EXPECT_EQ(as("editor", "PATCH", at(), R"({"title":"report 2"})", {{"if-match", "*"}}).status(), 200);
  EXPECT_EQ(keys("task-updates", before), (std::vector<std::string>{"ana", "commenter", "editor", "owner", "viewer"}));
  EXPECT_EQ(keys("task-events", before), std::vector<std::string>{"ana"}) << "the key is the task's owner";
  EXPECT_EQ(chat_test::parse(events("task-events", before)[0].payload).at("actor").at("id").as_string(), "editor");
}

TEST_F(Sharing, APrivateTaskIsToldToItsOwnerAlone) {
  const std::size_t before = host_.published().size();
  subject_ = "ana";
  make("mine");
  EXPECT_EQ(keys("task-updates", before), std::vector<std::string>{"ana"});
}

TEST_F(Sharing, MembershipChangesReachAllMembersAndTheOneConcerned) {
  const std::size_t before = host_.published().size();
  as("ana", "PATCH", members() + "/viewer", R"({"role":"editor"})");
  as("ana", "DELETE", members() + "/viewer");
  std::vector<std::string> types;
  for (const auto& each : events("task-events", before)) types.push_back(each.type);
  EXPECT_EQ(types, (std::vector<std::string>{"todo.project.member_changed.v1", "todo.project.member_removed.v1"}));
  const auto told = events("task-updates", before);
  EXPECT_EQ(std::count_if(told.begin(), told.end(), [](const auto& e) { return e.key == "viewer"; }), 2);
  EXPECT_EQ(told.size(), 10U);
  EXPECT_EQ(as("viewer", "GET", at()).status(), 404);
}

TEST_F(Sharing, TheLastOwnerStays) {
  EXPECT_EQ(as("ana", "DELETE", members() + "/owner").status(), 204);
  for (const auto& answer : {as("ana", "DELETE", members() + "/ana"), as("ana", "PATCH", members() + "/ana", R"({"role":"editor"})")}) {
    EXPECT_EQ(answer.status(), 409);
    EXPECT_EQ(answer.text("/code"), "last-owner");
  }
}

TEST_F(Sharing, WhoeverLeavesHandsTheirTasksOver) {
  const auto mine = as("editor", "POST", "/api/v1/tasks",
                       R"({"title":"mine","due":{"instant":"2030-01-01T10:00:00Z"},"reminders":[{"offset":"-PT1H"}],"project_id":")" + project_ + "\"}").text("/id");
  as("ana", "PATCH", at(), R"({"assignee_id":"editor"})", {{"if-match", "*"}});
  const std::size_t before = host_.published().size();
  EXPECT_EQ(as("editor", "DELETE", members() + "/editor").status(), 204) << "anybody may leave";
  EXPECT_EQ(as("editor", "GET", "/api/v1/tasks/" + mine).status(), 404);
  EXPECT_EQ(as("ana", "GET", "/api/v1/tasks/" + mine).text("/owner"), "ana");
  EXPECT_EQ(as("ana", "GET", at()).text("/assignee_id"), "null");
  std::string reminders;
  for (const auto& each : events("reminders", before)) reminders += each.type + ">" + each.key + " ";
  EXPECT_EQ(reminders, "todo.reminder.cancelled.v1>editor todo.reminder.scheduled.v1>ana ");
  EXPECT_EQ(as("editor", "POST", "/api/v1/undo").status(), 409) << "what they did here is out of their hands";
}

TEST_F(Sharing, TheOwnersPlaceGoesToAnotherOwner) {
  EXPECT_EQ(as("ana", "DELETE", members() + "/ana").status(), 204);
  EXPECT_EQ(as("owner", "GET", "/api/v1/projects/" + project_).text("/owner"), "owner");
  EXPECT_EQ(as("owner", "GET", at()).text("/owner"), "owner");
}

TEST_F(Sharing, UndoTakesBackOnesOwnChangeAndNobodyElses) {
  const auto changed = as("editor", "PATCH", at(), R"({"title":"x"})", {{"if-match", "*"}});
  EXPECT_EQ(as("ana", "POST", "/api/v1/undo", R"({"undo_token":")" + changed.header("Undo-Token") + "\"}").status(), 400);
  EXPECT_EQ(as("editor", "POST", "/api/v1/undo").status(), 200);
  EXPECT_EQ(as("ana", "GET", at()).text("/title"), "report");
  as("editor", "PATCH", at(), R"({"title":"y"})", {{"if-match", "*"}});
  as("ana", "PATCH", members() + "/editor", R"({"role":"viewer"})");
  EXPECT_EQ(as("editor", "POST", "/api/v1/undo").text("/code"), "undo-conflict");
}

TEST_F(Sharing, AnInvitationBecomesAMembershipWithTheAccount) {
  const auto invited = as("ana", "POST", members(), R"({"email":"Zoe@Example.com","role":"editor"})");
  EXPECT_EQ(invited.status(), 201);
  EXPECT_EQ(invited.text("/user_id"), "null");
  EXPECT_EQ(invited.text("/invited"), "true");
  EXPECT_EQ(as("ana", "POST", members(), R"({"email":"zoe@example.com","role":"viewer"})").text("/code"), "already-member");
  EXPECT_EQ(as("u-zoe", "GET", at()).status(), 404);
  const std::size_t before = host_.published().size();
  account("u-zoe", "zoe@example.com", "todo.user.created.v1", R"("name":"Zoe",)");
  EXPECT_EQ(as("u-zoe", "PATCH", at(), R"({"title":"x"})", {{"if-match", "*"}}).status(), 200);
  EXPECT_EQ(events("task-updates", before)[0].type, "todo.project.member_added.v1");
  EXPECT_NE(as("ana", "GET", members()).raw.body.find(R"("user_id":"u-zoe","email":"zoe@example.com","name":"Zoe","role":"editor")"), std::string::npos);
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_member WHERE invited = 1"), "0");
}

TEST_F(Sharing, AKnownAddressIsAMemberAtOnce) {
  account("u-bob", "bob@example.com");
  EXPECT_EQ(as("ana", "POST", members(), R"({"email":"BOB@example.com","role":"viewer"})").text("/user_id"), "u-bob");
  EXPECT_EQ(as("u-bob", "GET", at()).status(), 200);
  EXPECT_EQ(as("u-bob", "GET", "/api/v1/projects").text("/items/0/role"), "viewer");
}

TEST_F(Sharing, ADeletedAccountLeavesItsProjects) {
  account("editor", "e@example.com");
  const auto mine = as("editor", "POST", "/api/v1/tasks", in_project("mine")).text("/id");
  account("editor", "e@example.com", "todo.user.deleted.v1");
  EXPECT_EQ(as("editor", "GET", at()).status(), 404);
  EXPECT_EQ(as("ana", "GET", "/api/v1/tasks/" + mine).text("/owner"), "ana");
}

TEST_F(Sharing, BadMembersAreRefused) {
  subject_ = "ana";
  for (const char* body : {R"({"role":"viewer"})", R"({"email":"a@b.c"})", R"({"email":"a@b.c","role":"king"})", R"({"email":"nobody","role":"viewer"})",
                           R"({"email":"a@b.c","user_id":"x","role":"viewer"})", R"({"user_id":"","role":"viewer"})", R"({"user_id":"x","role":"viewer","invited":false})",
                           R"({"email":"a@b@c","role":"viewer"})"})
    EXPECT_EQ(post(members(), body).status(), 422) << body;
  EXPECT_EQ(send("PATCH", members() + "/nobody", R"({"role":"viewer"})").status(), 404);
  EXPECT_EQ(send("DELETE", members() + "/nobody").status(), 404);
}

TEST_F(Sharing, WhatIsNoAccountEventIsSetAside) {
  const auto bad = host_.deliver("user-events", {{.topic = "user-events", .type = "todo.user.created.v1", .id = "x", .key = "x", .payload = R"({"user_id":7})", .offset = 0}});
  EXPECT_EQ(bad.results, std::vector<std::uint8_t>{EVH_DEAD_LETTER});
  const auto other = host_.deliver("user-events", {{.topic = "user-events", .type = "todo.user.other.v9", .id = "y", .key = "y", .payload = "7", .offset = 1}});
  EXPECT_EQ(other.results, std::vector<std::uint8_t>{EVH_ACK});
}

}  // namespace
