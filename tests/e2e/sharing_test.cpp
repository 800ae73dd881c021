// Sharing on the real host: every route as three people with tokens, and live frames at everybody who may see a change.
#include "tests/e2e/client.hpp"
#include "tests/support/ws_client.hpp"

#include <gtest/gtest.h>

#include <map>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;

struct Sharing : testing::Test {
  test::host_under_test host;
  std::map<std::string, std::unique_ptr<person>> people;
  std::map<std::string, std::string> ids;
  std::string project, task;

  person& as(const std::string& name) {
    auto& who = people[name];
    if (!who) who = std::make_unique<person>(host, name);
    return *who;
  }
  // The id of the account a token stands for.
  const std::string& id_of(const std::string& name) {
    auto& id = ids[name];
    if (id.empty()) id = as(name).post("/api/v1/tasks", R"({"title":"who am I"})").text("/owner");
    return id;
  }
  std::string members() const { return "/api/v1/projects/" + project + "/members"; }
  reply give(const std::string& name, const std::string& role) {
    return as("ana").post(members(), json::serialize(json::object{{"user_id", id_of(name)}, {"role", role}}));
  }
  void SetUp() override {
    host.start();
    project = as("ana").post("/api/v1/projects", R"({"name":"Trip"})").id();
    task = as("ana").post("/api/v1/tasks", R"({"title":"tickets","project_id":")" + project + "\"}").id();
  }
};

// A subscribed socket of this person.
struct listener {
  test::ws_client ws;
  listener(const test::host_under_test& host, const std::string& token) : ws(host.port(), "/api/v1/ws") {
    ws.send(json::serialize(json::object{{"type", "auth"}, {"token", token}}));
    ws.send(R"({"type":"subscribe","since":null})");
    for (std::string type; type != "subscribed";) type = std::string(next().at("type").as_string());
  }
  json::object next() {
    const auto m = ws.receive(5s);
    if (!m) throw std::runtime_error("no frame; close code " + std::to_string(ws.close_code()));
    return json::parse(m->payload).as_object();
  }
  // Type and subject (task or project) of the next event.
  std::pair<std::string, std::string> event() {
    const auto frame = next();
    const auto& data = frame.at("data").as_object();
    const auto* task = data.if_contains("task_id");
    return {std::string(frame.at("event").as_string()), std::string((task ? *task : data.at("project").at("id")).as_string())};
  }
};

TEST_F(Sharing, EveryRouteAsEveryRole) {
  const std::string at = "/api/v1/tasks/" + task, in = "/api/v1/projects/" + project;
  struct row {
    const char* method;
    std::string target, body;
    unsigned none, viewer, editor;
  };
  const std::vector<row> rows{
      {"GET", at, "", 404, 200, 200},
      {"GET", at + "/history", "", 404, 200, 200},
      {"GET", "/api/v1/tasks?project=" + project, "", 404, 200, 200},
      {"GET", in, "", 404, 200, 200},
      {"GET", members(), "", 404, 200, 200},
      {"POST", "/api/v1/tasks", R"({"title":"x","project_id":")" + project + "\"}", 404, 403, 201},
      {"PATCH", at, R"({"title":"y"})", 404, 403, 200},
      {"POST", at + "/snooze", R"({"for":"PT20M"})", 404, 403, 200},
      {"POST", at + "/complete", "", 404, 403, 200},
      {"POST", at + "/reopen", "", 404, 403, 200},
      {"DELETE", at, "", 404, 403, 403},
      {"PATCH", in, R"({"name":"z"})", 404, 403, 403},
      {"POST", members(), R"({"email":"eve@example.com","role":"owner"})", 404, 403, 403},
      {"PATCH", members() + "/" + id_of("ana"), R"({"role":"viewer"})", 404, 403, 403},
      {"DELETE", members() + "/" + id_of("ana"), "", 404, 403, 403},
      {"DELETE", in, "", 404, 403, 403},
  };
  const auto run = [&](const std::string& who, unsigned row::* expected) {
    for (const auto& each : rows) {
      const test::field_list any{{"If-Match", "*"}};
      const std::string method = each.method;
      const bool versioned = (method == "PATCH" || method == "DELETE") && each.target.find("/members") == std::string::npos;
      const auto fields = versioned ? any : test::field_list{};
      const auto answer = method == "GET" ? as(who).get(each.target) : method == "POST" ? as(who).post(each.target, each.body)
                        : method == "PATCH" ? as(who).patch(each.target, each.body, fields) : as(who).del(each.target, fields);
      EXPECT_EQ(answer.status, each.*expected) << who << ' ' << each.method << ' ' << each.target << '\n' << answer.raw.body;
    }
  };
  run("bob", &row::none);
  ASSERT_EQ(give("bob", "viewer").status, 201u);
  run("bob", &row::viewer);
  ASSERT_EQ(as("ana").patch(members() + "/" + id_of("bob"), R"({"role":"editor"})").status, 200u);
  run("bob", &row::editor);
  run("eve", &row::none);
}

TEST_F(Sharing, AChangeReachesEveryMemberLive) {
  ASSERT_EQ(give("bob", "viewer").status, 201u);
  ASSERT_EQ(give("cem", "editor").status, 201u);
  id_of("eve");
  listener ana(host, as("ana").token), bob(host, as("bob").token), cem(host, as("cem").token), eve(host, as("eve").token);
  ASSERT_EQ(as("cem").patch("/api/v1/tasks/" + task, R"({"title":"train tickets"})", {{"If-Match", "*"}}).status, 200u);
  for (auto* each : {&ana, &bob, &cem}) EXPECT_EQ(each->event(), (std::pair<std::string, std::string>("todo.task.updated.v1", task)));
  ASSERT_EQ(as("ana").del(members() + "/" + id_of("bob")).status, 204u);
  for (auto* each : {&ana, &bob, &cem}) EXPECT_EQ(each->event(), (std::pair<std::string, std::string>("todo.project.member_removed.v1", project)));
  ASSERT_EQ(as("ana").post("/api/v1/tasks/" + task + "/complete").status, 200u);
  for (auto* each : {&ana, &cem}) EXPECT_EQ(each->event().first, "todo.task.completed.v1");
  // What neither of these two may see did not come: the next thing they hear of is their own.
  const auto mine = as("bob").post("/api/v1/tasks", R"({"title":"mine"})").id();
  EXPECT_EQ(bob.event(), (std::pair<std::string, std::string>("todo.task.created.v1", mine)));
  const auto hers = as("eve").post("/api/v1/tasks", R"({"title":"hers"})").id();
  EXPECT_EQ(eve.event(), (std::pair<std::string, std::string>("todo.task.created.v1", hers)));
}

TEST_F(Sharing, ATaskThatLeavesTheProjectLeavesTheView) {
  ASSERT_EQ(give("bob", "viewer").status, 201u);
  listener bob(host, as("bob").token);
  ASSERT_EQ(as("ana").patch("/api/v1/tasks/" + task, R"({"project_id":null})", {{"If-Match", "*"}}).status, 200u);
  EXPECT_EQ(bob.event(), (std::pair<std::string, std::string>("todo.task.deleted.v1", task)));
  EXPECT_EQ(as("bob").get("/api/v1/tasks/" + task).status, 404u);
}

TEST_F(Sharing, MembershipSurvivesAKill) {
  ASSERT_EQ(give("bob", "editor").status, 201u);
  host.kill(SIGKILL);
  host.wait_exit();
  host.start();
  people.clear();
  EXPECT_EQ(as("bob").patch("/api/v1/tasks/" + task, R"({"title":"still"})", {{"If-Match", "*"}}).status, 200u);
  EXPECT_EQ(as("ana").del(members() + "/" + id_of("ana")).code(), "last-owner");
}

}  // namespace
}  // namespace evhost::e2e
