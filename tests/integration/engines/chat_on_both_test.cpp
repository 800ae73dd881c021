// The chat plugin gives the same answers on SQLite and on PostgreSQL.
#include "tests/integration/engines/twins.hpp"

#include <set>
#include <thread>

namespace evhost::engines {
namespace {

using ChatOnBoth = Twins;

std::string uuid_of(int n) {
  char text[40];
  std::snprintf(text, sizeof text, "01890000-0000-7000-8000-%012d", n);
  return text;
}
std::string encoded(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) {
    char one[4];
    std::snprintf(one, sizeof one, "%%%02X", c);
    out += one;
  }
  return out;
}

TEST_F(ChatOnBoth, ATaskLivesTheSameLife) {
  post("/api/v1/tasks", R"({"title":"Größe  \u00e9t\u00e9 'quoted' \"x\"","description":"line\nline","priority":"high","tags":["a","b"],)"
                        R"("due":{"local":"2090-05-01T09:00","tz":"Europe/Paris"},"reminders":[{"before":"PT15M"}]})", "t");
  const std::string at = "/api/v1/tasks/@t@";
  get(at);
  patch(at, R"({"title":"changed","due":null,"tags":["c"]})", "1");
  patch(at, R"({"title":"stale"})", "1");
  ask("PATCH", at, R"({"title":"unconditional"})");
  ask("PATCH", at, R"({"title":"any"})", {{"If-Match", "*"}});
  ask("PATCH", at, R"({"title":"any"})", {{"If-Match", "*"}});
  post(at + "/complete");
  post(at + "/complete");
  post(at + "/reopen");
  get(at + "/history");
  walk(at + "/history", 2);
  ask("DELETE", at, "", {{"If-Match", "\"1\""}});
  ask("DELETE", at, "", {{"If-Match", "\"5\""}});
  get(at);
  post("/api/v1/undo");
  get(at);
  get(at + "/history");
  post("/api/v1/undo");
  post("/api/v1/undo", R"({"redo":true})");
  get(at);
  get("/api/v1/tasks/" + uuid_of(1));
  get("/api/v1/tasks/none");
  post("/api/v1/tasks", R"({"title":")" + std::string(500, 't') + R"(","description":")" + std::string(9000, 'd') + R"("})", "long");
  get("/api/v1/tasks/@long@");   // larger than ODB's first buffers
  patch("/api/v1/tasks/@long@", R"({"priority":"low"})", "1");
}

TEST_F(ChatOnBoth, EveryOrderFilterAndSearch) {
  post("/api/v1/projects", R"({"name":"Home"})", "p");
  const std::vector<std::string> titles{"apple", "Apple", "APPLE pie", "banana_split", "banana%", "b\\\\a", "[x]", "_y", "Zebra", "zebra", "\u00c9clair", "\u00e9clair",
                                        "\u00e4", "a-b (c)", "a b c", "pay rent", "Pay Rent", "100%", "call-Ana", "\u65e5\u672c"};
  int n = 0;
  for (const auto& title : titles) {
    ++n;
    std::string body = R"({"title":")" + title + "\",\"id\":\"" + uuid_of(100 + n) + "\"";
    if (n % 3 == 0) body += R"(,"priority":"critical")";
    if (n % 3 == 1) body += R"(,"priority":"low","description":"Call ANA, 50% off_")";
    if (n % 4 == 0) body += ",\"due\":{\"date\":\"2090-01-" + std::to_string(10 + n % 7) + "\"}";
    if (n % 4 == 1) body += ",\"due\":{\"instant\":\"2090-01-1" + std::to_string(n % 5) + "T10:00:00Z\"}";
    if (n % 4 == 2) body += R"(,"due":{"local":"2020-01-10T09:00","tz":"Asia/Tokyo"})";
    if (n % 5 == 0) body += R"(,"tags":["work","q3"])";
    if (n % 5 == 1) body += R"(,"tags":["workshop"])";
    if (n % 6 == 0) body += R"(,"project_id":"@p@")";
    if (n % 7 == 0) body += ",\"parent_id\":\"" + uuid_of(101) + "\"";
    EXPECT_EQ(post("/api/v1/tasks", body + "}").status, 201u);
    if (n % 5 == 2) post("/api/v1/tasks/" + uuid_of(100 + n) + "/complete");
  }
  for (const std::string sort : {"created", "updated", "due", "priority", "title"})
    for (const std::string sign : {"", "-"}) {
      walk("/api/v1/tasks?sort=" + sign + sort, 3);
      walk("/api/v1/tasks?status=pending&sort=" + sign + sort, 7);
    }
  for (const std::string each : {"status=pending", "status=completed", "priority=critical", "priority=low", "tag=work", "tag=WORK&tag=q3", "project=@p@", "parent=01890000-0000-7000-8000-000000000101",
                                 "due_before=2090-01-12", "due_after=2090-01-12", "due_after=2020-01-09&due_before=2090-01-12&tz=Asia/Tokyo"})
    walk("/api/v1/tasks?sort=title&" + each, 5);
  for (const std::string each : {"apple", "APPLE", "_", "%", "\\", "\xc3\x89", "\xc3\xa9", "ana", "off_", "50%", "zzz", "'"})
    walk("/api/v1/tasks?sort=title&q=" + encoded(each), 50);
  for (const std::string each : {"overdue", "no date", "p1", "p1 | p4", "#Home", "@work", "@work & p4", "!@work", "due before: 2090-01-12", "search: zebra", "!subtask", "(p1 | p4) & !#Home", "p1 &", "done"})
    walk("/api/v1/tasks?sort=title&tz=Europe/Paris&filter=" + encoded(each), 50);
  get("/api/v1/tasks?sort=nonsense");
  get("/api/v1/tasks?q=%00");
  get("/api/v1/tasks?cursor=forged");
}

TEST_F(ChatOnBoth, DuplicatesAreConflicts) {
  const std::string id = uuid_of(500);
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"first","id":")" + id + "\"}").status, 201u);
  EXPECT_EQ(post("/api/v1/tasks", R"({"title":"second","id":")" + id + "\"}").status, 409u);
  get("/api/v1/tasks/" + id);
  EXPECT_EQ(post("/api/v1/projects", R"({"name":"Garden"})", "a").status, 201u);
  EXPECT_EQ(post("/api/v1/projects", R"({"name":"GARDEN"})").status, 409u);
  EXPECT_EQ(post("/api/v1/projects", R"({"name":"Kitchen"})", "b").status, 201u);
  EXPECT_EQ(patch("/api/v1/projects/@b@", R"({"name":"garden"})", "1").status, 409u);
  EXPECT_EQ(patch("/api/v1/projects/@b@", R"({"name":"KITCHEN","description":"d"})", "1").status, 200u);
  walk("/api/v1/projects", 1);
  post("/api/v1/tasks", R"({"title":"in it","project_id":"@a@"})", "t");
  ask("DELETE", "/api/v1/projects/@a@", "", {{"If-Match", "\"1\""}});
  ask("DELETE", "/api/v1/tasks/@t@", "", {{"If-Match", "*"}});
  ask("DELETE", "/api/v1/projects/@a@", "", {{"If-Match", "\"1\""}});
  get("/api/v1/projects/@a@");
}

TEST_F(ChatOnBoth, AKeyReplaysItsAnswer) {
  const test::field_list key{{"Idempotency-Key", "the-key"}};
  ask("POST", "/api/v1/tasks", R"({"title":"once"})", key, "t");
  ask("POST", "/api/v1/tasks", R"({"title":"once"})", key);
  ask("POST", "/api/v1/tasks", R"({"title":"other"})", key);
  ask("POST", "/api/v1/tasks", R"({"title":"taken","id":"@t@"})", {{"Idempotency-Key", "k2"}});
  ask("POST", "/api/v1/tasks", R"({"title":"taken","id":"@t@"})", {{"Idempotency-Key", "k2"}});
  get("/api/v1/tasks");
}

TEST_F(ChatOnBoth, SharingAsSeveralPeople) {
  const std::string owner = who;
  for (const char* name : {"bob", "eve"})
    for (auto& side : sides) side->names[name] = side->as(name).post("/api/v1/tasks", R"({"title":"who am I"})").text("/owner");
  post("/api/v1/projects", R"({"name":"Trip"})", "p");
  const std::string members = "/api/v1/projects/@p@/members";
  post("/api/v1/projects", R"({"name":"Scratch"})", "scratch");   // shows when the directory has heard of both
  for (const char* name : {"bob", "eve"}) {
    for (auto& side : sides)
      side->as(owner).post("/api/v1/projects/" + side->names["scratch"] + "/members", R"({"user_id":")" + side->names[name] + R"(","role":"viewer"})");
    wait("/api/v1/projects/@scratch@/members", [&](const e2e::reply& r) { return r.raw.body.find(std::string(name) + "@") != std::string::npos; });
  }
  post(members, R"({"user_id":"@bob@","role":"editor"})");
  post(members, R"({"user_id":"a\u0000b","role":"editor"})");
  post(members, R"({"email":"a\u0000b@example.com","role":"editor"})");
  ask("DELETE", members + "/a%00b");
  post("/api/v1/projects", R"({"name":"a\u0000b"})");
  post("/api/v1/projects", R"({"name":"ab","description":"a\u0000b"})");
  post(members, R"({"user_id":"@bob@","role":"viewer"})");
  post(members, R"({"email":"nobody@example.com","role":"viewer"})");
  post("/api/v1/tasks", R"({"title":"tickets","project_id":"@p@","assignee_id":"@bob@"})", "t");
  post("/api/v1/tasks", R"({"title":"hotel","project_id":"@p@","assignee_id":"@eve@"})");
  who = "bob";
  walk("/api/v1/tasks?sort=title", 1);
  get("/api/v1/tasks/@t@");
  patch("/api/v1/tasks/@t@", R"({"title":"two tickets"})", "1");
  post("/api/v1/tasks", R"({"title":"bob adds","project_id":"@p@"})", "u");
  ask("DELETE", "/api/v1/tasks/@t@", "", {{"If-Match", "*"}});
  patch("/api/v1/projects/@p@", R"({"name":"mine"})", "1");
  who = "eve";
  get("/api/v1/tasks/@t@");
  get("/api/v1/projects/@p@");
  post("/api/v1/tasks/@t@/complete");
  who = owner;
  walk("/api/v1/tasks?sort=-updated&project=@p@", 1);
  ask("PATCH", members + "/@bob@", R"({"role":"viewer"})");
  who = "bob";
  patch("/api/v1/tasks/@u@", R"({"title":"not any more"})", "1");
  who = owner;
  ask("DELETE", members + "/@bob@");
  get("/api/v1/tasks/@u@");
  get(members);
  ask("DELETE", members + "/" + "@nobody@");
  who = "bob";
  get("/api/v1/tasks/@u@");
  get("/api/v1/projects");
}

TEST_F(ChatOnBoth, SeriesAndSnooze) {
  post("/api/v1/tasks", R"({"title":"water","due":{"date":"2090-05-01"},"recurrence":{"rrule":"FREQ=DAILY;INTERVAL=2"}})", "t");
  for (auto& side : sides) side->names["s"] = side->as(who).get("/api/v1/tasks/" + side->names["t"]).text("/recurrence/series_id");
  get("/api/v1/series");
  get("/api/v1/series/@s@");
  post("/api/v1/series/@s@/skip");
  patch("/api/v1/series/@s@", R"({"rrule":"FREQ=WEEKLY"})", "1");
  ask("PATCH", "/api/v1/series/@s@", R"({"rrule":"FREQ=WEEKLY"})", {{"If-Match", "*"}});
  post("/api/v1/series/@s@/pause");
  post("/api/v1/series/@s@/resume");
  post("/api/v1/tasks/@t@/snooze", R"({"until":"2090-04-01T10:00:00Z"})");
  post("/api/v1/tasks/@t@/snooze", R"({"until":"2020-04-01T10:00:00Z"})");
  get("/api/v1/tasks/@t@/history");
  post("/api/v1/tasks/@t@/complete");
  ask("DELETE", "/api/v1/series/@s@");
  ask("DELETE", "/api/v1/series/@s@", "", {{"If-Match", "*"}});
  get("/api/v1/series");
  post("/api/v1/undo");
  get("/api/v1/tasks/@t@");
}

TEST_F(ChatOnBoth, AConversation) {
  bool first = true;
  for (const char* said : {"buy milk on 1 may 2090 at 9am #errands", "add pay rent 2 may 2090 p1 and call Ana", "create project Garden", "show my tasks", "complete the second one", "undo",
                           "rename pay rent to pay the rent", "move milk to 3 may 2090", "what is due in may 2090?", "delete call Ana", "yes", "what did I do today?", "how many tasks do I have?", "search milk",
                           "every monday water the plants", "skip water the plants", "snooze milk", "redo", "make everything urgent", "no", "share Garden with zoe@example.com", "help", "zzz qqq"}) {
    const std::string body = e2e::json::serialize(first ? e2e::json::object{{"message", said}, {"tz", "Europe/Paris"}}
                                                        : e2e::json::object{{"message", said}, {"tz", "Europe/Paris"}, {"conversation_id", "@c@"}});
    ask("POST", "/api/v1/chat", body, {}, first ? "c" : "", "/conversation_id");
    first = false;
  }
  post("/api/v1/chat", R"({"message":"a second conversation","tz":"UTC"})");
  walk("/api/v1/conversations", 1);
  walk("/api/v1/conversations/@c@/messages", 7);
  post("/api/v1/chat", R"({"message":"null \u0000 byte"})");
  post("/api/v1/chat/parse", R"({"message":"pay rent tomorrow","now":"2090-01-01T00:00:00Z","tz":"UTC"})");
}

// ---- Many at once, on PostgreSQL: committers and snapshots meet.

class Race : public Twins {
 protected:
  // How often each status came, over `threads` clients that each send what make(thread) gives.
  std::map<unsigned, int> race(int threads, int rounds, const std::function<test::http_answer(test::http_client&, int thread, int round)>& send) {
    std::vector<std::map<unsigned, int>> counts(static_cast<std::size_t>(threads));
    std::vector<std::jthread> running;
    const std::string token = sides[1]->as(who).token;
    for (int t = 0; t < threads; ++t)
      running.emplace_back([&, t] {
        test::http_client me(sides[1]->host.port());
        me.bearer(token);
        for (int r = 0; r < rounds; ++r) ++counts[static_cast<std::size_t>(t)][send(me, t, r).status];
      });
    running.clear();
    std::map<unsigned, int> all;
    for (const auto& each : counts)
      for (const auto& [status, count] : each) all[status] += count;
    return all;
  }
};

TEST_F(Race, OneOfManyWithAnIdMakesTheTask) {
  const auto got = race(8, 6, [](test::http_client& me, int, int round) { return me.post("/api/v1/tasks", R"({"title":"x","id":")" + uuid_of(700 + round) + "\"}"); });
  EXPECT_EQ(got, (std::map<unsigned, int>{{201, 6}, {409, 42}}));
}

TEST_F(Race, OneOfManyTakesTheName) {
  const auto got = race(8, 5, [](test::http_client& me, int, int round) { return me.post("/api/v1/projects", R"({"name":"name )" + std::to_string(round) + "\"}"); });
  EXPECT_EQ(got, (std::map<unsigned, int>{{201, 5}, {409, 35}}));
}

TEST_F(Race, OneKeyMakesOneTask) {
  const auto got = race(8, 4, [](test::http_client& me, int, int round) {
    return me.post("/api/v1/tasks", R"({"title":"keyed"})", {{"Idempotency-Key", "race-" + std::to_string(round)}});
  });
  EXPECT_EQ(got, (std::map<unsigned, int>{{201, 32}}));
  EXPECT_EQ(sides[1]->as(who).get("/api/v1/tasks").items(), 4u);
}

TEST_F(Race, NoChangeOfATaskIsLost) {
  auto& me = sides[1]->as(who);
  const auto id = me.post("/api/v1/tasks", R"({"title":"contended"})").id();
  const auto got = race(6, 8, [&id](test::http_client& each, int thread, int round) {
    return each.patch("/api/v1/tasks/" + id, R"({"description":")" + std::to_string(thread * 100 + round) + "\"}", {{"If-Match", "*"}});
  });
  EXPECT_EQ(got, (std::map<unsigned, int>{{200, 48}}));
  EXPECT_EQ(me.get("/api/v1/tasks/" + id).etag(), "\"49\"");
  EXPECT_EQ(me.get("/api/v1/tasks/" + id + "/history?limit=200").items(), 49u);
}

TEST_F(Race, OfTwoWhoReadTheSameVersionOneWrites) {
  auto& me = sides[1]->as(who);
  const auto id = me.post("/api/v1/tasks", R"({"title":"contended"})").id();
  const auto got = race(6, 1, [&id](test::http_client& each, int thread, int) {
    return each.patch("/api/v1/tasks/" + id, R"({"description":")" + std::to_string(thread) + "\"}", {{"If-Match", "\"1\""}});
  });
  EXPECT_EQ(got, (std::map<unsigned, int>{{200, 1}, {412, 5}}));
}

}  // namespace
}  // namespace evhost::engines
