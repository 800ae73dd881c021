// The plugin in the in-memory host: staging, queries by role, proofs, cursors, bad input.
#include "tests/unit/plugins/audit/audit_host.hpp"

#include "plugins/audit/log/merkle.hpp"
#include "plugins/audit/log/note.hpp"

#include <chrono>
#include <thread>

namespace audit_test {
namespace {

struct AuditPlugin : audit_host {};

const std::string t1 = "01901111-1111-7111-8111-111111111111", t2 = "01902222-2222-7222-8222-222222222222";

TEST_F(AuditPlugin, EveryEventIsOneLeafWhateverItSays) {
  event("ana", t1);
  host.deliver("notifications", {{.topic = "notifications", .type = "odd", .id = "x", .key = "ana", .payload = "no json", .offset = 0},
                                 {.topic = "notifications", .type = "odd", .id = "y", .key = "", .payload = "", .offset = 1}});
  integrate();
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "3");
  EXPECT_EQ(items("auditor", "", "user auditor").size(), 3u);
}

TEST_F(AuditPlugin, ARepeatedBatchAddsNothingAReplayedHoleDoes) {
  const auto id = event("ana", t1);
  next["task-events"] = 2;  // offset 1 was set aside
  event("ana", t1);
  const auto again = [&](std::int64_t offset) {
    host.deliver("task-events", {{.topic = "task-events", .type = "todo.task.created.v1", .id = id, .key = "ana", .payload = "{}", .offset = offset}});
  };
  again(0);
  again(2);
  integrate();
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "2");
  again(1);
  again(1);
  integrate();
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "3");
}

TEST_F(AuditPlugin, RolledBackUnitsLeaveNothingTwice) {
  host.fail_next_commits(2);
  event("ana", t1);
  integrate();
  host.fail_next_commits(1);
  event("ana", t2);
  integrate();
  EXPECT_EQ(host.scalar("SELECT size FROM audit_state"), "2");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM audit_person"), "1");
  EXPECT_EQ(items("ana").size(), 2u);
}

TEST_F(AuditPlugin, OwnersAndActorsSeeTheirsStrangersNothing) {
  event("ana", t1);
  event("ana", t2, "bob");
  integrate();
  EXPECT_EQ(items("ana").size(), 2u);
  const auto bobs = items("bob");
  ASSERT_EQ(bobs.size(), 1u);
  EXPECT_EQ(bobs[0].at("resource"), json::value("task:" + t2));
  EXPECT_TRUE(items("eve").empty());
  EXPECT_TRUE(items("eve", "?task=" + t1).empty());
  EXPECT_TRUE(items("eve", "?user=ana").empty());
  EXPECT_EQ(ask("eve", "/api/v1/audit/events/e0").status, 404);
  EXPECT_EQ(ask("eve", "/api/v1/audit/events/e0/proof").status, 404);
  EXPECT_EQ(ask("ana", "/api/v1/audit/events/e0").status, 200);
}

TEST_F(AuditPlugin, AuditorSeesContentAdminDoesNotAndBothAreRecorded) {
  event("ana", t1);
  integrate();
  const auto seen = items("aud", "?user=ana", "user auditor");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].at("payload").at("task").at("title"), json::value("milk"));
  const auto meta = items("root", "?user=ana", "user admin");
  ASSERT_EQ(meta.size(), 1u);
  EXPECT_FALSE(meta[0].as_object().contains("payload"));
  ASSERT_EQ(host.published().size(), 2u);
  EXPECT_EQ(host.published()[0].topic, "audit-events");
  EXPECT_EQ(host.published()[0].type, "todo.audit.admin.v1");
  EXPECT_EQ(host.published()[0].key, "aud");
  EXPECT_EQ(json::parse(host.published()[1].payload).at("object"), json::value("user:ana"));
  items("aud", "?user=aud", "user auditor");  // one's own trail is no news
  EXPECT_EQ(host.published().size(), 2u);
}

TEST_F(AuditPlugin, NoUserIdStandsInALeafOrTheIndex) {
  event("secret-person-id", t1);
  integrate();
  for (const auto* sql : {"SELECT data FROM audit_leaves", "SELECT data FROM audit_payloads", "SELECT group_concat(key) FROM audit_index"})
    EXPECT_EQ(host.scalar(sql).find("secret-person"), std::string::npos) << sql;
}

TEST_F(AuditPlugin, FiltersByTaskTypeTopicAndTime) {
  event("ana", t1);
  event("ana", t2);
  event("ana", t1, "", "task-updates");
  integrate();
  EXPECT_EQ(items("ana", "?task=" + t1).size(), 2u);
  EXPECT_EQ(items("ana", "?task=" + t1 + "&topic=task-updates").size(), 1u);
  EXPECT_EQ(items("ana", "?type=todo.task.created.v1").size(), 3u);
  EXPECT_EQ(items("ana", "?type=todo.task.deleted.v1").size(), 0u);
  EXPECT_EQ(items("ana", "?to=1960-01-01T00:00:00Z").size(), 0u);
  EXPECT_EQ(items("ana", "?from=1960-01-01T00:00:00Z").size(), 3u);
  EXPECT_EQ(items("aud", "?type=todo.task.created.v1", "auditor").size(), 3u);
}

TEST_F(AuditPlugin, PagesGoBackWithoutGapOrRepeat) {
  for (int i = 0; i < 25; ++i) {
    event("ana", i % 2 ? t1 : t2);
    if (i % 4 == 0) integrate();
  }
  integrate();
  std::vector<std::int64_t> seen;
  std::string cursor;
  for (int page = 0; page < 10; ++page) {
    const auto v = parsed(ask("ana", "/api/v1/audit?limit=4" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    for (const auto& i : v.at("items").as_array()) seen.push_back(i.at("index").as_int64());
    if (v.at("next_cursor").is_null()) break;
    cursor = v.at("next_cursor").as_string();
  }
  ASSERT_EQ(seen.size(), 25u);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<std::int64_t>(24 - i));
  EXPECT_EQ(ask("ana", "/api/v1/audit?limit=4&task=" + t1 + "&cursor=" + cursor).status, 422);
  EXPECT_EQ(ask("bob", "/api/v1/audit?limit=4&cursor=" + cursor).status, 422);
}

TEST_F(AuditPlugin, ProofsVerifyAndWaitForIntegration) {
  const auto id = event("ana", t1);
  const auto early = ask("ana", "/api/v1/audit/events/" + id + "/proof");
  EXPECT_EQ(early.status, 409);
  EXPECT_NE(early.body.find("not-yet-integrated"), std::string::npos);
  EXPECT_EQ(early.headers.at("Retry-After"), "1");
  for (int i = 0; i < 9; ++i) event("ana", t2);
  integrate();
  const auto p = parsed(ask("ana", "/api/v1/audit/events/" + id + "/proof"));
  std::vector<audit::hash> hashes;
  for (const auto& h : p.at("hashes").as_array()) hashes.push_back(audit::hash_of(audit::base64_decode(h.as_string()).value()));
  const std::string note(p.at("checkpoint").as_string());
  const auto root_at = note.find('\n', note.find('\n') + 1) + 1;
  const auto root = audit::hash_of(audit::base64_decode(note.substr(root_at, 44)).value());
  EXPECT_TRUE(audit::verify_inclusion(audit::leaf_hash(p.at("leaf").as_string()), static_cast<std::uint64_t>(p.at("index").as_int64()),
                                      static_cast<std::uint64_t>(p.at("size").as_int64()), hashes, root));
  const auto text = ask("ana", "/api/v1/audit/events/" + id + "/proof", "user", "GET", "", {{"accept", "text/plain"}});
  EXPECT_TRUE(text.body.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n")) << text.body;
  EXPECT_TRUE(text.body.ends_with(note));
}

TEST_F(AuditPlugin, CheckpointKeyAndConsistencyNeedNoToken) {
  EXPECT_EQ(ask("", "/api/v1/audit/checkpoint").status, 404);
  event("ana", t1);
  integrate();
  event("ana", t1);
  integrate();
  EXPECT_TRUE(ask("", "/api/v1/audit/checkpoint").body.starts_with("test/audit\n2\n"));
  EXPECT_TRUE(parsed(ask("", "/api/v1/audit/key")).at("vkey").as_string().starts_with("test/audit+"));
  EXPECT_EQ(parsed(ask("", "/api/v1/audit/consistency?from=1")).at("hashes").as_array().size(), 1u);
  EXPECT_EQ(ask("", "/api/v1/audit/consistency?from=3").status, 422);
  EXPECT_EQ(ask("", "/api/v1/audit/consistency").status, 422);
  EXPECT_EQ(ask("", "/api/v1/audit").status, 401);
}

TEST_F(AuditPlugin, BadInputIsRefused) {
  for (const auto* query : {"?limit=0", "?limit=201", "?limit=x", "?from=yesterday", "?cursor=forged", "?nonsense=1", "?task="})
    EXPECT_EQ(ask("ana", std::string("/api/v1/audit") + query).status, 422) << query;
  EXPECT_EQ(ask("ana", "/api/v1/audit/events/none").status, 404);
  EXPECT_EQ(ask("ana", "/api/v1/audit/export", "user", "POST", "{}").status, 403);
  EXPECT_EQ(ask("aud", "/api/v1/audit/export", "auditor", "POST", R"({"from":-1})").status, 422);
}

TEST_F(AuditPlugin, ExportHoldsEverythingInOrder) {
  for (int i = 0; i < 5; ++i) event("ana", t1);
  integrate();
  const auto a = ask("aud", "/api/v1/audit/export", "user auditor", "POST", R"({"from":1,"to":4})");
  ASSERT_EQ(a.status, 200) << a.body;
  EXPECT_TRUE(a.body.starts_with(R"({"bundle":"evhost-audit@v1","origin":"test/audit","from":1,"to":4,"size":5,"vkey":"test/audit+)")) << a.body;
  for (const auto* part : {"{\"checkpoint\":", "{\"left\":", "{\"hashes_from\":1,", "{\"index\":1,", "{\"index\":3,", "{\"proof_index\":3,"})
    EXPECT_NE(a.body.find(part), std::string::npos) << part;
  EXPECT_EQ(a.body.find("{\"index\":4,"), std::string::npos);
  EXPECT_EQ(host.published().size(), 1u);
}

}  // namespace
}  // namespace audit_test
