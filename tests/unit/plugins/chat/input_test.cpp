// Bad input, and what it gets: a status, a code, the field at fault, and nothing kept.
#include "tests/unit/plugins/chat/chat_host.hpp"

namespace {

using namespace std::string_literals;

struct bad_body {
  std::string body;
  int status;
  std::string code, pointer;
};
std::ostream& operator<<(std::ostream& out, const bad_body& bad) { return out << bad.body.substr(0, 80); }

class BadInput : public chat_test::chat_host, public testing::WithParamInterface<bad_body> {};

TEST_P(BadInput, IsRefusedWithTheFieldAndNothingIsKept) {
  const auto& bad = GetParam();
  const auto answer = post("/api/v1/tasks", bad.body);
  EXPECT_EQ(answer.status(), bad.status) << answer.raw.body;
  EXPECT_EQ(answer.raw.content_type, "application/problem+json");
  EXPECT_EQ(answer.text("/code"), bad.code);
  EXPECT_EQ(answer.text("/type"), "/problems/" + bad.code);
  if (!bad.pointer.empty()) {
    EXPECT_EQ(answer.text("/errors/0/pointer"), bad.pointer) << answer.raw.body;
  }
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_task"), "0");
  EXPECT_EQ(host_.published().size(), 0U);
}

std::string deep(std::size_t levels) { return "{\"title\":" + std::string(levels, '[') + std::string(levels, ']') + "}"; }

INSTANTIATE_TEST_SUITE_P(Json, BadInput, testing::Values(
    bad_body{"", 400, "invalid-json", ""}, bad_body{"{", 400, "invalid-json", ""}, bad_body{"[]", 400, "invalid-json", ""},
    bad_body{R"({"title":"a"} x)", 400, "invalid-json", ""}, bad_body{"\xEF\xBB\xBF{\"title\":\"a\"}", 400, "invalid-json", ""},
    bad_body{R"({"title":"a","title":"b"})", 400, "invalid-json", ""}, bad_body{R"({"title":"\ud800"})", 400, "invalid-json", ""},
    bad_body{"{\"title\":\"\xff\"}", 400, "invalid-json", ""}, bad_body{R"({"title":NaN})", 400, "invalid-json", ""},
    bad_body{deep(10'000), 400, "invalid-json", ""}, bad_body{"{\"title\":" + std::string(1'000'000, '9') + "}", 422, "validation-failed", "/title"}));

INSTANTIATE_TEST_SUITE_P(Fields, BadInput, testing::Values(
    bad_body{"{}", 422, "validation-failed", "/title"}, bad_body{R"({"title":""})", 422, "validation-failed", "/title"},
    bad_body{R"({"title":"  "})", 422, "validation-failed", "/title"}, bad_body{R"({"title":"a\r\nb"})", 422, "validation-failed", "/title"},
    bad_body{"{\"title\":\"" + std::string(501, 'a') + "\"}", 422, "validation-failed", "/title"},
    bad_body{R"({"title":5})", 422, "validation-failed", "/title"},
    bad_body{R"({"title":"a","priority":"p1"})", 422, "validation-failed", "/priority"},
    bad_body{R"({"title":"a","tags":"x"})", 422, "validation-failed", "/tags"},
    bad_body{R"({"title":"a","tags":["ok","two words"]})", 422, "validation-failed", "/tags/1"},
    bad_body{R"({"title":"a","project_id":"x"})", 422, "validation-failed", "/project_id"},
    bad_body{R"({"title":"a","project_id":"0190b5a0-0000-7000-8000-000000000009"})", 404, "not-found", "/project_id"},
    bad_body{R"({"title":"a","due":"tomorrow"})", 422, "validation-failed", "/due"},
    bad_body{R"({"title":"a","due":{}})", 422, "validation-failed", "/due"},
    bad_body{R"({"title":"a","due":{"date":"2026-02-30"}})", 422, "validation-failed", "/due/date"},
    bad_body{R"({"title":"a","due":{"date":"2026-02-03","local":"2026-02-03T10:00"}})", 422, "validation-failed", "/due"},
    bad_body{R"({"title":"a","due":{"local":"2026-02-03T25:00"}})", 422, "validation-failed", "/due/local"},
    bad_body{R"({"title":"a","due":{"local":"2026-02-03T10:00","tz":"Mars/Base"}})", 422, "validation-failed", "/due/tz"},
    bad_body{R"({"title":"a","due":{"tz":"Europe/Paris"}})", 422, "validation-failed", "/due"},
    bad_body{R"({"title":"a","due":{"instant":"2026-02-03 10:00"}})", 422, "validation-failed", "/due/instant"},
    bad_body{R"({"title":"a","reminders":[{"offset":"-PT30M"}]})", 422, "validation-failed", "/reminders/0/offset"},
    bad_body{R"({"title":"a","due":{"date":"2026-02-03"},"reminders":[{"offset":"PT30M"}]})", 422, "validation-failed", "/reminders/0/offset"},
    bad_body{R"({"title":"a","reminders":[{"at":{"date":"2026-02-03"}}]})", 422, "validation-failed", "/reminders/0/at"},
    bad_body{R"({"title":"a","recurrence":{"anchor":"schedule"}})", 422, "validation-failed", "/recurrence/rrule"}));

INSTANTIATE_TEST_SUITE_P(MassAssignment, BadInput, testing::Values(
    bad_body{R"({"title":"a","owner":"user-2"})", 422, "unknown-field", "/owner"}, bad_body{R"({"title":"a","version":9})", 422, "unknown-field", "/version"},
    bad_body{R"({"title":"a","created_at":"2020-01-01T00:00:00Z"})", 422, "unknown-field", "/created_at"},
    bad_body{R"({"title":"a","status":"completed"})", 422, "unknown-field", "/status"}, bad_body{R"({"title":"a","a/b~c":1})", 422, "unknown-field", "/a~1b~0c"},
    bad_body{R"({"title":"a","due":{"date":"2026-02-03","x":1}})", 422, "unknown-field", "/due/x"}));

using Input = chat_test::chat_host;

TEST_F(Input, NamesEveryWrongFieldAtOnce) {
  const auto answer = post("/api/v1/tasks", R"({"title":"","priority":"x","tags":[5],"zebra":1})");
  EXPECT_EQ(answer.body().at("errors").as_array().size(), 4U) << answer.raw.body;
  EXPECT_EQ(answer.text("/code"), "unknown-field");
}

TEST_F(Input, AnotherContentTypeIsNotRead) {
  EXPECT_EQ(send("POST", "/api/v1/tasks", "title=a", {{"content-type", "application/x-www-form-urlencoded"}}).status(), 415);
  EXPECT_EQ(send("POST", "/api/v1/tasks", R"({"title":"a"})", {{"content-type", "Application/JSON; charset=utf-8"}}).status(), 201);
}

TEST_F(Input, PatchRefusesWhatAPersonMayNotSet) {
  const std::string id = make("a");
  for (const char* body : {R"({"id":"0190b5a0-0000-7000-8000-000000000001"})", R"({"owner":"x"})", R"({"version":3})", R"({"completed_at":null})"})
    EXPECT_EQ(patch(id, body, "*").text("/code"), "unknown-field") << body;
}

TEST_F(Input, StrangeTextIsKeptAsItIs) {
  for (const std::string title : {"'; DROP TABLE chat_task; --", "100% _under_ \\\\ back", "\u202Ebidi", "<script>", "a\u0301", "日本語"}) {
    const std::string id = make(title);
    EXPECT_EQ(get("/api/v1/tasks/" + id).status(), 200);
  }
  EXPECT_EQ(host_.scalar("SELECT count(*) FROM chat_task"), "6");
  EXPECT_EQ(titles("/api/v1/tasks?q=100%25"), "100% _under_ \\ back");
  EXPECT_EQ(titles("/api/v1/tasks?q=_under_"), "100% _under_ \\ back");
}

TEST_F(Input, AnswersStayJsonWhateverTheQuerySays) {
  std::string many;
  for (int i = 0; i < 40; ++i) many += "%C3%A9";
  for (const std::string& query : {std::string("%ff=1"), std::string("filter=%ff%fe"), many + "=1", std::string("%0d%0aX=1"), std::string("sort=%22%5c")}) {
    const auto answer = get("/api/v1/tasks?" + query);
    EXPECT_EQ(answer.status(), 422) << query;
    EXPECT_TRUE(answer.body().is_object()) << answer.raw.body;
  }
}

TEST_F(Input, ListParametersAreReadStrictly) {
  for (const char* query : {"limit=0", "limit=-1", "limit=1e9", "limit=201", "status=open", "priority=p1", "sort=colour", "tz=Mars/Base", "filter=due<<",
                            "due_before=soon", "project=x", "q=", "stauts=pending", "tag=two%20words"}) {
    const auto answer = get(std::string("/api/v1/tasks?") + query);
    EXPECT_EQ(answer.status(), 422) << query;
    EXPECT_EQ(answer.text("/errors/0/parameter"), std::string(query).substr(0, std::string(query).find('='))) << answer.raw.body;
  }
}

}  // namespace
