// What admins may do to accounts, and who is one.
#include "tests/unit/plugins/identity/identity_host.hpp"

namespace identity::tests {
namespace {

struct Admin : identity_fixture {
  person root, ann;
  void SetUp() override {
    identity_fixture::SetUp();
    root = sign_up("root@example.com");
    ann = sign_up();
  }
  answer as(const person& who, const std::string& method, const std::string& path, const std::string& body = "", const std::string& roles = "user admin") {
    return host.request({.method = method, .target = "/api/v1/admin/users" + path, .body = body, .headers = {{"Content-Type", "application/json"}}, .subject = who.id, .roles = roles});
  }
};

TEST_F(Admin, ListsAccountsInPages) {
  const auto first = body_of(as(root, "GET", "?limit=1"));
  EXPECT_EQ(first.at("items").as_array().at(0).at("email").as_string(), "root@example.com");
  const auto cursor = std::string(first.at("next_cursor").as_string());
  const auto second = body_of(as(root, "GET", "?limit=1&cursor=" + cursor));
  EXPECT_EQ(second.at("items").as_array().at(0).at("id").as_string(), ann.id);
  EXPECT_TRUE(second.at("next_cursor").is_null());
  EXPECT_EQ(as(root, "GET", "?cursor=00.1").status, 400);
  for (const auto* limit : {"0", "201", "-1", "x", "1e9"}) EXPECT_EQ(as(root, "GET", "?limit=" + std::string(limit)).status, 422) << limit;
}

TEST_F(Admin, RoleIsNeededInTheTokenAndInTheTable) {
  EXPECT_EQ(as(ann, "GET", "").status, 403) << "the token says admin, the table does not";
  EXPECT_EQ(as(root, "GET", "", "", "user").status, 403) << "the table says admin, the token does not";
  EXPECT_EQ(as(root, "GET", "", "", "user superadmin").status, 403);
  EXPECT_EQ(as({"stranger", "", ""}, "GET", "").status, 403);
  EXPECT_EQ(as(ann, "POST", "/" + root.id + "/disable").status, 403);
  EXPECT_EQ(as(ann, "PATCH", "/" + ann.id, R"({"roles":["admin"]})").status, 403);
  EXPECT_EQ(host.scalar("SELECT roles FROM identity_user WHERE id = '" + ann.id + "'"), "user");
}

TEST_F(Admin, DisabledAccountIsOutUntilItIsEnabled) {
  const auto disabled = as(root, "POST", "/" + ann.id + "/disable", R"({"reason":"spam"})");
  EXPECT_EQ(disabled.status, 200);
  EXPECT_TRUE(body_of(disabled).at("disabled").as_bool());
  EXPECT_EQ(get("token", bearer(ann)).status, 401);
  EXPECT_EQ(code_of(sign_in("correct horse")), "BANNED_USER");
  EXPECT_EQ(code_of(sign_in("wrong horse")), "INVALID_EMAIL_OR_PASSWORD") << "only the owner learns of it";
  const auto told = events("todo.user.disabled.v1");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_GT(told.front().at("tokens_from").as_int64(), 0);
  EXPECT_EQ(told.front().at("actor").at("id").as_string(), root.id);
  as(root, "POST", "/" + ann.id + "/disable");
  EXPECT_EQ(events("todo.user.disabled.v1").size(), 1U);
  EXPECT_EQ(as(root, "POST", "/" + ann.id + "/enable").status, 200);
  EXPECT_EQ(events("todo.user.enabled.v1").size(), 1U);
  EXPECT_EQ(get("token", bearer(ann)).status, 401) << "its sessions stay ended";
  EXPECT_EQ(sign_in("correct horse").status, 200);
}

TEST_F(Admin, RoleTakenAwayEndsTheTokensThatNameIt) {
  EXPECT_EQ(as(root, "PATCH", "/" + ann.id, R"({"roles":["auditor"]})").status, 200);
  EXPECT_FALSE(events("todo.user.updated.v1").back().contains("tokens_from")) << "nothing was taken";
  as(root, "PATCH", "/" + ann.id, R"({"roles":[]})");
  EXPECT_TRUE(events("todo.user.updated.v1").back().contains("tokens_from"));
  get("token", bearer(ann));
  EXPECT_EQ(host.issued().back().roles, "user");
  EXPECT_EQ(host.issued().back().issued_from_s, events("todo.user.updated.v1").back().at("tokens_from").as_int64());
}

TEST_F(Admin, CannotLockThemselvesOut) {
  EXPECT_EQ(as(root, "POST", "/" + root.id + "/disable").status, 409);
  EXPECT_EQ(as(root, "PATCH", "/" + root.id, R"({"roles":["user"]})").status, 409);
}

TEST_F(Admin, BadInputIsRefused) {
  EXPECT_EQ(as(root, "POST", "/nobody/disable").status, 404);
  EXPECT_EQ(as(root, "PATCH", "/" + ann.id, R"({"roles":["root"]})").status, 422);
  EXPECT_EQ(as(root, "PATCH", "/" + ann.id, R"({"roles":"admin"})").status, 422);
  EXPECT_EQ(as(root, "PATCH", "/" + ann.id, R"({"roles":[],"email":"x@y.zz"})").status, 422);
  EXPECT_EQ(as(root, "PATCH", "/" + ann.id, "").status, 400);
  EXPECT_EQ(as(root, "POST", "/" + ann.id + "/disable", R"({"reason":5})").status, 422);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_user WHERE disabled_at IS NOT NULL"), "0");
}

TEST_F(Admin, DeedsAreAudited) {
  as(root, "POST", "/" + ann.id + "/disable");
  as(root, "POST", "/" + ann.id + "/enable");
  as(root, "PATCH", "/" + ann.id, R"({"roles":["auditor"]})");
  EXPECT_TRUE(audit().ends_with("disable_user success, enable_user success, change_roles success")) << audit();
}

}  // namespace
}  // namespace identity::tests
