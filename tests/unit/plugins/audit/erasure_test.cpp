// Erasure: two people, payload gone, proofs still good.
#include "tests/unit/plugins/audit/audit_host.hpp"

#include <chrono>
#include <thread>

namespace audit_test {
namespace {

struct AuditErasure : audit_host {
  const std::string task = "01901111-1111-7111-8111-111111111111";
  const std::string why = R"json({"reason":"asked by letter","legal_basis":"GDPR 17(1)(b)"})json";

  std::string requested(const std::string& target) {
    const auto a = ask("root", target, "user admin", "POST", why);
    EXPECT_EQ(a.status, 202) << a.body;
    return std::string(parsed(a).at("id").as_string());
  }
  evh::testing::answer approve(const std::string& id, const std::string& who = "aud", const std::string& roles = "user auditor") {
    return ask(who, "/api/v1/audit/erasures/" + id + "/approval", roles, "POST");
  }
};

TEST_F(AuditErasure, OfOneEventLeavesItsLeafAndTheOthers) {
  const auto gone = event("ana", task), stays = event("ana", task);
  integrate();
  const auto before = ask("ana", "/api/v1/audit/events/" + gone + "/proof").body;
  const auto id = requested("/api/v1/audit/events/" + gone + "/erasure");
  EXPECT_EQ(approve(id).status, 200);
  const auto e = parsed(ask("ana", "/api/v1/audit/events/" + gone));
  EXPECT_TRUE(e.at("redacted").as_bool());
  EXPECT_FALSE(e.as_object().contains("payload"));
  EXPECT_FALSE(e.at("commitment").as_string().empty());
  EXPECT_EQ(ask("ana", "/api/v1/audit/events/" + gone + "/proof").body, before);
  EXPECT_EQ(parsed(ask("ana", "/api/v1/audit/events/" + stays)).at("payload").at("task").at("title"), json::value("milk"));
  EXPECT_EQ(ask("root", "/api/v1/audit/events/" + gone + "/erasure", "admin", "POST", why).status, 409);
  EXPECT_EQ(approve(id).status, 409);
  const auto list = ask("aud", "/api/v1/audit/erasures", "user auditor");
  EXPECT_NE(list.body.find("\"status\":\"erased\""), std::string::npos) << list.body;
}

TEST_F(AuditErasure, IsItselfTwoEvents) {
  const auto gone = event("ana", task);
  integrate();
  approve(requested("/api/v1/audit/events/" + gone + "/erasure"));
  ASSERT_EQ(host.published().size(), 2u);
  EXPECT_EQ(host.published()[0].type, "todo.audit.erasure.v1");
  EXPECT_EQ(json::parse(host.published()[0].payload).at("reason"), json::value("GDPR 17(1)(b): asked by letter"));
  EXPECT_EQ(json::parse(host.published()[1].payload).at("action"), json::value("approve_erasure"));
}

TEST_F(AuditErasure, NeedsAnAdminAndAnotherPersonWhoIsAuditor) {
  const auto gone = event("ana", task);
  integrate();
  EXPECT_EQ(ask("ana", "/api/v1/audit/events/" + gone + "/erasure", "user", "POST", why).status, 404);
  EXPECT_EQ(ask("aud", "/api/v1/audit/events/" + gone + "/erasure", "auditor", "POST", why).status, 403);
  EXPECT_EQ(ask("root", "/api/v1/audit/events/" + gone + "/erasure", "admin", "POST", R"({"reason":"x"})").status, 422);
  EXPECT_EQ(ask("root", "/api/v1/audit/events/none/erasure", "admin", "POST", why).status, 404);
  const auto id = requested("/api/v1/audit/events/" + gone + "/erasure");
  EXPECT_EQ(approve(id, "root", "user admin").status, 403);
  EXPECT_EQ(approve(id, "root", "user admin auditor").status, 403);
  EXPECT_EQ(approve(id, "ana", "user").status, 404);
  EXPECT_EQ(approve("none").status, 404);
  EXPECT_EQ(parsed(ask("ana", "/api/v1/audit/events/" + gone)).at("redacted"), json::value(false));
}

TEST_F(AuditErasure, OfAPersonMakesAllOfTheirsUnreadableAndUnlinked) {
  event("ana", task);
  const auto shared = event("ana", task, "bob");
  event("bob", task);
  integrate();
  EXPECT_EQ(approve(requested("/api/v1/audit/users/ana/erasure")).status, 200);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM audit_person WHERE person = 'ana'"), "0");
  EXPECT_TRUE(items("ana").empty());
  const auto e = parsed(ask("bob", "/api/v1/audit/events/" + shared));
  EXPECT_TRUE(e.at("redacted").as_bool());
  EXPECT_EQ(items("bob").size(), 2u);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM audit_erasure WHERE subject <> ''"), "0");
  // Events of the same person after that begin a new identity, and no key of the old one is used.
  event("ana", task);
  integrate();
  ASSERT_EQ(items("ana").size(), 1u);
  EXPECT_EQ(items("ana")[0].at("payload").at("task").at("title"), json::value("milk"));
}

}  // namespace
}  // namespace audit_test
