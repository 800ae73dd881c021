// REST for projects.
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

class Projects : public chat_test::chat_host {
 protected:
  std::string project(const std::string& name) {
    const auto made = post("/api/v1/projects", "{\"name\":\"" + name + "\"}");
    EXPECT_EQ(made.status(), 201) << made.raw.body;
    return made.text("/id");
  }
};

TEST_F(Projects, CreateReadChangeDelete) {
  const std::string id = project("Work");
  const std::string at = "/api/v1/projects/" + id;
  EXPECT_EQ(get(at).header("ETag"), "\"1\"");
  EXPECT_EQ(get(at, {{"if-none-match", "\"1\""}}).status(), 304);
  EXPECT_EQ(send("PATCH", at, R"({"name":"Office"})").status(), 428);
  EXPECT_EQ(send("PATCH", at, R"({"name":"Office"})", {{"if-match", "\"2\""}}).status(), 412);
  EXPECT_EQ(send("PATCH", at, R"({"name":"Office","archived":true})", {{"if-match", "\"1\""}}).text("/archived"), "true");
  EXPECT_EQ(send("DELETE", at, {}, {{"if-match", "\"2\""}}).status(), 204);
  EXPECT_EQ(get(at).status(), 404);
}

TEST_F(Projects, ANameIsTakenOncePerPersonWithoutCase) {
  project("Work");
  EXPECT_EQ(post("/api/v1/projects", R"({"name":"wORK"})").status(), 409);
  const std::string other = project("Home");
  EXPECT_EQ(send("PATCH", "/api/v1/projects/" + other, R"({"name":"work"})", {{"if-match", "*"}}).status(), 409);
  subject_ = "user-2";
  project("Work");
}

TEST_F(Projects, OneWithTasksIsNotDeleted) {
  const std::string id = project("Work");
  const std::string task = make("a", "\"project_id\":\"" + id + "\"");
  const auto answer = send("DELETE", "/api/v1/projects/" + id, {}, {{"if-match", "*"}});
  EXPECT_EQ(answer.text("/code"), "project-not-empty");
  EXPECT_EQ(titles("/api/v1/tasks?project=" + id), "a");
  remove(task, "*");
  EXPECT_EQ(send("DELETE", "/api/v1/projects/" + id, {}, {{"if-match", "*"}}).status(), 204);
  EXPECT_EQ(post("/api/v1/undo").status(), 200) << "the task comes back without the project that is gone";
  EXPECT_EQ(get("/api/v1/tasks/" + task).text("/project_id"), "null");
}

TEST_F(Projects, OthersDoNotExist) {
  const std::string id = project("Work");
  subject_ = "user-2";
  EXPECT_EQ(get("/api/v1/projects/" + id).status(), 404);
  EXPECT_EQ(send("DELETE", "/api/v1/projects/" + id, {}, {{"if-match", "*"}}).status(), 404);
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"a","project_id":")" + id + "\"}").status(), 404);
  EXPECT_EQ(get("/api/v1/projects").text("/items"), "[]");
}

TEST_F(Projects, ListIsByNameInPages) {
  for (const char* name : {"c", "A", "b"}) project(name);
  const auto first = get("/api/v1/projects?limit=2");
  EXPECT_EQ(first.text("/items/0/name"), "A");
  EXPECT_EQ(first.text("/items/1/name"), "b");
  EXPECT_EQ(get("/api/v1/projects?limit=2&cursor=" + first.text("/next_cursor")).text("/items/0/name"), "c");
}

TEST_F(Projects, BadBodies) {
  for (const char* body : {"{}", R"({"name":""})", R"({"name":5})", R"({"name":"a","archived":1})", R"({"name":"a","owner":"x"})"})
    EXPECT_EQ(post("/api/v1/projects", body).status(), 422) << body;
}

}  // namespace
