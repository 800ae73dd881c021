// Sessions, access tokens, passwords, preferences of somebody who is signed in; accounts others ask for.
#include "tests/unit/plugins/identity/identity_host.hpp"

namespace identity::tests {
namespace {

using Accounts = identity_fixture;

TEST_F(Accounts, SessionGivesAnAccessTokenForItself) {
  const auto ann = sign_up();
  const auto session = get("get-session", {{"Cookie", ann.cookie}});
  EXPECT_EQ(body_of(session).at("session").at("token").as_string(), ann.token);
  EXPECT_EQ(body_of(session).at("user").at("id").as_string(), ann.id);
  EXPECT_EQ(session.headers.at("set-auth-jwt"), "token:" + ann.id);
  EXPECT_EQ(session.headers.at("Access-Control-Expose-Headers"), "set-auth-jwt");
  EXPECT_EQ(body_of(get("token", bearer(ann))).at("token").as_string(), "token:" + ann.id);
  const auto& issued = host.issued().back();
  EXPECT_EQ(issued.roles, "user");
  EXPECT_EQ(issued.session, host.scalar("SELECT id FROM identity_session"));
  const auto claims = json::parse(issued.claims).as_object();
  for (const auto* name : {"id", "email", "emailVerified", "createdAt", "updatedAt"}) EXPECT_TRUE(claims.contains(name)) << name;
}

TEST_F(Accounts, NobodyHasNoSessionAndNoToken) {
  EXPECT_EQ(get("get-session").body, "null");
  EXPECT_EQ(get("token").status, 401);
  EXPECT_EQ(code_of(get("token")), "UNAUTHORIZED");
  for (const auto* wrong : {"Bearer x", "Bearer ", "Basic YTpi", "Bearer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Bearer eyJhbGciOiJub25lIn0.e30."})
    EXPECT_EQ(get("token", {{"Authorization", wrong}}).status, 401) << wrong;
}

TEST_F(Accounts, ExpiredSessionIsOver) {
  const auto ann = sign_up();
  host.scalar("UPDATE identity_session SET expires_at = 1");
  EXPECT_EQ(get("token", bearer(ann)).status, 401);
  host.fire(0);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_session"), "0");
}

TEST_F(Accounts, UsedSessionLivesOnOnceADay) {
  const auto ann = sign_up();
  EXPECT_FALSE(get("get-session", {{"Cookie", ann.cookie}}).headers.contains("Set-Cookie"));
  host.scalar("UPDATE identity_session SET updated_at = updated_at - 90000000, expires_at = expires_at - 90000000");
  const auto before = std::stoll(host.scalar("SELECT expires_at FROM identity_session"));
  EXPECT_TRUE(get("get-session", {{"Cookie", ann.cookie}}).headers.contains("Set-Cookie"));
  EXPECT_GE(std::stoll(host.scalar("SELECT expires_at FROM identity_session")), before + 90000000);
}

TEST_F(Accounts, ListShowsSessionsWithoutTheirTokens) {
  const auto ann = sign_up();
  read_person(sign_in("correct horse"));
  sign_up("bob@example.com");
  const auto list = get("list-sessions", bearer(ann));
  EXPECT_EQ(body_of(list).as_array().size(), 2U);
  EXPECT_EQ(list.body.find(ann.token), std::string::npos);
}

TEST_F(Accounts, RevokeEndsOneOwnSessionByIdOrToken) {
  const auto ann = sign_up();
  const auto second = read_person(sign_in("correct horse")), third = read_person(sign_in("correct horse"));
  const auto bob = sign_up("bob@example.com");
  post("revoke-session", R"({"token":")" + second.token + "\"}", bearer(ann));
  EXPECT_EQ(get("token", bearer(second)).status, 401);
  const auto bobs = std::string(body_of(get("list-sessions", bearer(bob))).as_array()[0].at("id").as_string());
  EXPECT_EQ(post("revoke-session", R"({"token":")" + bobs + "\"}", bearer(ann)).status, 200);
  EXPECT_EQ(get("token", bearer(bob)).status, 200) << "nobody ends another person's session";
  const auto own = body_of(get("list-sessions", bearer(ann)));
  ASSERT_EQ(own.as_array().size(), 2U);
  for (const std::size_t newest_first : {1U, 0U})   // the last one is the session that asks
    post("revoke-session", R"({"token":")" + std::string(own.as_array()[newest_first].at("id").as_string()) + "\"}", bearer(ann));
  EXPECT_EQ(get("token", bearer(third)).status, 401);
  EXPECT_EQ(get("token", bearer(ann)).status, 401);
}

TEST_F(Accounts, RevokeOthersKeepsThisOne) {
  const auto ann = sign_up();
  const auto other = read_person(sign_in("correct horse"));
  EXPECT_EQ(post("revoke-other-sessions", "", bearer(ann)).body, R"({"status":true})");
  EXPECT_EQ(get("token", bearer(ann)).status, 200);
  EXPECT_EQ(get("token", bearer(other)).status, 401);
}

TEST_F(Accounts, RevokeAllEndsEveryTokenIssuedSoFar) {
  const auto ann = sign_up();
  read_person(sign_in("correct horse"));
  post("revoke-sessions", "", bearer(ann));
  EXPECT_EQ(get("token", bearer(ann)).status, 401);
  const auto revoked = events("todo.user.session_revoked.v1");
  ASSERT_EQ(revoked.size(), 3U) << "each session, then the tokens of none";
  EXPECT_FALSE(revoked.back().contains("session_id"));
  const auto from = revoked.back().at("tokens_from").as_int64();
  const auto again = read_person(sign_in("correct horse"));
  get("token", bearer(again));
  EXPECT_EQ(host.issued().back().issued_from_s, from) << "the next token counts at once";
}

TEST_F(Accounts, PasswordChangeNeedsTheOldOne) {
  const auto ann = sign_up();
  const auto change = [&](const std::string& current, const std::string& wanted, const std::string& further = "") {
    return post("change-password", R"({"currentPassword":")" + current + R"(","newPassword":")" + wanted + "\"" + further + "}", bearer(ann));
  };
  EXPECT_EQ(code_of(change("wrong horse", "battery staple")), "INVALID_PASSWORD");
  EXPECT_EQ(code_of(change("correct horse", "short")), "PASSWORD_TOO_SHORT");
  const auto done = change("correct horse", "battery staple");
  EXPECT_EQ(done.status, 200);
  EXPECT_TRUE(body_of(done).at("token").is_null());
  EXPECT_EQ(get("token", bearer(ann)).status, 200);
  EXPECT_EQ(sign_in("correct horse").status, 401);
  EXPECT_EQ(sign_in("battery staple").status, 200);
  EXPECT_EQ(post("change-password", R"({"currentPassword":"battery staple","newPassword":"correct horse"})").status, 401);
}

TEST_F(Accounts, PasswordChangeMayEndTheOtherSessions) {
  const auto ann = sign_up();
  const auto other = read_person(sign_in("correct horse"));
  const auto done = read_person(post("change-password", R"({"currentPassword":"correct horse","newPassword":"battery staple","revokeOtherSessions":true})", bearer(ann)));
  EXPECT_EQ(get("token", bearer(other)).status, 401);
  EXPECT_EQ(get("token", bearer(ann)).status, 401) << "the session got a new token";
  EXPECT_EQ(get("token", bearer(done)).status, 200);
}

TEST_F(Accounts, NameAndImageMayChange) {
  const auto ann = sign_up();
  EXPECT_EQ(post("update-user", R"({"name":"Anna"})", bearer(ann)).body, R"({"status":true})");
  EXPECT_EQ(body_of(get("get-session", bearer(ann))).at("user").at("name").as_string(), "Anna");
  EXPECT_EQ(events("todo.user.updated.v1").size(), 1U);
  EXPECT_EQ(post("update-user", "{}", bearer(ann)).status, 400);
  EXPECT_EQ(post("update-user", R"({"name":"a\nb"})", bearer(ann)).status, 400);
}

// ---- preferences ----

struct KeptPreferences : identity_fixture {
  answer put(const std::string& body, const std::string& match = "*") {
    return host.request({.method = "PUT", .target = "/api/v1/preferences", .body = body, .headers = {{"Content-Type", "application/json"}, {"If-Match", match}}, .subject = "u1"});
  }
  answer read() { return host.request({.target = "/api/v1/preferences", .subject = "u1"}); }
};

TEST_F(KeptPreferences, AreKeptPerPersonWithVersions) {
  EXPECT_EQ(read().body, "{}");
  EXPECT_EQ(read().headers.at("ETag"), "\"0\"");
  EXPECT_EQ(put(R"({"tz":"Europe/Paris","channels":["in_app"]})", "\"0\"").status, 200);
  EXPECT_EQ(read().body, R"({"tz":"Europe/Paris","channels":["in_app"]})");
  EXPECT_EQ(put(R"({"tz":"UTC"})", "\"0\"").status, 412);
  EXPECT_EQ(put(R"({"tz":"UTC"})", "\"1\"").headers.at("ETag"), "\"2\"");
  EXPECT_EQ(host.request({.target = "/api/v1/preferences", .subject = "u2"}).body, "{}");
  const auto told = events("todo.user.preferences.v1");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told.back().at("preferences").at("tz").as_string(), "UTC");
}

TEST_F(KeptPreferences, WrongOnesChangeNothing) {
  put(R"({"tz":"UTC"})");
  EXPECT_EQ(put(R"({"tz":"Mars/Base"})").status, 422);
  EXPECT_EQ(put(R"({"colour":"red"})").status, 422);
  EXPECT_EQ(put("{").status, 400);
  EXPECT_EQ(host.request({.method = "PUT", .target = "/api/v1/preferences", .body = "{}", .headers = {{"Content-Type", "application/json"}}, .subject = "u1"}).status, 428);
  EXPECT_EQ(host.request({.method = "PUT", .target = "/api/v1/preferences", .body = "{}", .headers = {{"If-Match", "*"}}, .subject = "u1"}).status, 415);
  EXPECT_EQ(read().body, R"({"tz":"UTC"})");
}

TEST_F(KeptPreferences, ChatChangesOnlyWhatWasSaid) {
  put(R"({"tz":"UTC","week_start":"monday","morning":"08:00"})");
  const auto ask = [&](const std::string& inner) {
    return host.deliver("user-events", {{.topic = "user-events", .type = "todo.user.preferences_requested.v1", .id = "1", .key = "u1",
                                         .payload = R"({"user_id":"u1",)" + inner + R"("actor":{"id":"u1","kind":"user"},"correlation_id":"1"})"}});
  };
  EXPECT_EQ(ask(R"("preferences":{"tz":"Europe/Paris"},"clear":["morning"],)").status, EVH_OK);
  EXPECT_EQ(read().body, R"({"tz":"Europe/Paris","week_start":"monday"})");
  EXPECT_EQ(events("todo.user.preferences.v1").size(), 2U);
  EXPECT_EQ(ask(R"("preferences":{"tz":"Europe/Paris"},)").status, EVH_OK);
  EXPECT_EQ(events("todo.user.preferences.v1").size(), 2U) << "nothing changed, nothing is told";
  EXPECT_NE(ask(R"("preferences":{"tz":"Mars/Base"},)").status, EVH_OK);
  EXPECT_EQ(read().body, R"({"tz":"Europe/Paris","week_start":"monday"})");
}

// ---- accounts an operator asked for ----

struct Requested : identity_fixture {
  evh_status ask(const std::string& id, const std::string& name, const std::string& roles = R"(["user"])") {
    return host.deliver("user-events", {{.topic = "user-events", .type = "todo.user.requested.v1", .id = "1", .key = id,
                                         .payload = R"({"user_id":")" + id + R"(","name":")" + name + R"(","roles":)" + roles +
                                                    R"(,"actor":{"id":"evhost-cli","kind":"system"},"correlation_id":"1"})"}}).status;
  }
};

TEST_F(Requested, AccountIsMadeOnceWithItsRoles) {
  EXPECT_EQ(ask("u1", "boss", R"(["user","admin","root"])"), EVH_OK);
  EXPECT_EQ(ask("u1", "boss", R"(["user","admin"])"), EVH_OK);
  EXPECT_EQ(host.scalar("SELECT id || email || roles FROM identity_user"), "u1boss@local.invaliduser,admin");
  EXPECT_EQ(events("todo.user.created.v1").size(), 1U);
  EXPECT_EQ(ask("u1", "boss", R"(["auditor"])"), EVH_OK);
  EXPECT_EQ(host.scalar("SELECT roles FROM identity_user"), "user,admin,auditor");
  EXPECT_EQ(events("todo.user.updated.v1").size(), 1U);
}

TEST_F(Requested, AddressThatIsTakenStaysWithItsOwner) {
  const auto ann = sign_up();
  EXPECT_EQ(ask("u1", "ann@example.com"), EVH_OK);
  EXPECT_EQ(host.scalar("SELECT email FROM identity_user WHERE id = 'u1'"), "u1@local.invalid");
  EXPECT_EQ(host.scalar("SELECT id FROM identity_user WHERE email = 'ann@example.com'"), ann.id);
}

TEST_F(Requested, BrokenRecordIsRefusedAndForeignTypesAreSkipped) {
  EXPECT_NE(ask("", "boss"), EVH_OK);
  EXPECT_NE(ask("u1", "a\\nb"), EVH_OK);
  EXPECT_EQ(host.deliver("user-events", {{.topic = "user-events", .type = "todo.user.unheard_of.v9", .id = "1", .key = "u1", .payload = "what"}}).status, EVH_OK);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_user"), "0");
}

}  // namespace
}  // namespace identity::tests
