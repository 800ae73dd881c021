// Sign up, in and out, with the answers, cookies and events they give.
#include "tests/unit/plugins/identity/identity_host.hpp"

#include <chrono>

namespace identity::tests {
namespace {

using Sign = identity_fixture;

TEST_F(Sign, UpAnswersAsBetterAuthAndTellsEverybody) {
  const auto made = post("sign-up/email", R"({"name":"Ann","email":"Ann@Example.com","password":"correct horse"})");
  const auto ann = read_person(made);
  const auto user = body_of(made).at("user").as_object();
  for (const auto* name : {"id", "email", "name", "image", "emailVerified", "createdAt", "updatedAt", "role"}) EXPECT_TRUE(user.contains(name)) << name;
  EXPECT_EQ(user.at("email").as_string(), "ann@example.com");
  EXPECT_EQ(user.at("role").as_string(), "user");
  EXPECT_EQ(made.headers.at("set-auth-token"), ann.token);
  EXPECT_EQ(ann.token.size(), 32U);
  ASSERT_EQ(events("todo.user.created.v1").size(), 1U);
  EXPECT_EQ(host.published().front().key, ann.id);
  EXPECT_EQ(audit(), "sign_up success");
}

TEST_F(Sign, NothingSecretIsKept) {
  const auto ann = sign_up();
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_session WHERE token_hash LIKE '%" + ann.token + "%' OR id LIKE '%" + ann.token + "%'"), "0");
  EXPECT_TRUE(host.scalar("SELECT password_hash FROM identity_credential").starts_with("$argon2id$"));
  for (const auto& event : host.published()) EXPECT_EQ(event.payload.find(ann.token), std::string::npos);
  for (const auto& line : host.log_lines()) EXPECT_EQ(line.find("correct horse"), std::string::npos);
}

TEST_F(Sign, UpTwiceWithOneAddressInAnyCaseIsRefused) {
  sign_up();
  const auto again = post("sign-up/email", R"({"name":"B","email":"ANN@example.com","password":"correct horse"})");
  EXPECT_EQ(again.status, 422);
  EXPECT_EQ(code_of(again), "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_user"), "1");
  EXPECT_EQ(events("todo.user.created.v1").size(), 1U);
}

TEST_F(Sign, UpRefusesWhatIsNoAccount) {
  const auto code = [&](const std::string& body) { return code_of(post("sign-up/email", body)); };
  EXPECT_EQ(code(R"({"email":"a@b.co","password":"short"})"), "PASSWORD_TOO_SHORT");
  EXPECT_EQ(code(R"({"email":"a@b.co","password":")" + std::string(129, 'x') + "\"}"), "PASSWORD_TOO_LONG");
  EXPECT_EQ(code(R"({"email":"a@b.co","password":"nul\u0000inside it"})"), "INVALID_PASSWORD");
  EXPECT_EQ(code(R"({"email":"a@b.co","password":"password123"})"), "PASSWORD_COMPROMISED");
  EXPECT_EQ(code(R"({"email":"nobody","password":"correct horse"})"), "INVALID_EMAIL");
  EXPECT_EQ(code(R"({"email":5,"password":"correct horse"})"), "VALIDATION_ERROR");
  EXPECT_EQ(code(R"({"email":"a@b.co","email":"c@d.ef","password":"correct horse"})"), "INVALID_JSON");
  EXPECT_EQ(code("[1]"), "INVALID_JSON");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_user"), "0");
}

TEST_F(Sign, UpTakesNoRoleFromTheBody) {
  post("sign-up/email", R"({"name":"A","email":"a@b.co","password":"correct horse","role":"admin","roles":["admin"],"id":"x","emailVerified":true})");
  EXPECT_EQ(host.scalar("SELECT roles || email_verified FROM identity_user"), "user0");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_user WHERE id = 'x'"), "0");
}

TEST_F(Sign, AddressesOfAdminsGetTheRole) {
  sign_up("Root@example.com");
  EXPECT_EQ(host.scalar("SELECT roles FROM identity_user"), "user,admin");
}

TEST_F(Sign, InOpensANewSession) {
  const auto first = sign_up();
  const auto in = sign_in("correct horse");
  EXPECT_FALSE(body_of(in).at("redirect").as_bool());
  const auto second = read_person(in);
  EXPECT_EQ(second.id, first.id);
  EXPECT_NE(second.token, first.token);
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_session"), "2");
  EXPECT_EQ(audit(), "sign_up success, sign_in success");
}

TEST_F(Sign, WrongPasswordAndUnknownAddressLookAlike) {
  sign_up();
  const auto wrong = sign_in("wrong horse"), unknown = sign_in("wrong horse", "nobody@example.com");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(code_of(wrong), "INVALID_EMAIL_OR_PASSWORD");
  EXPECT_EQ(unknown.status, wrong.status);
  EXPECT_EQ(unknown.body, wrong.body);
  EXPECT_EQ(unknown.headers, wrong.headers);
  EXPECT_EQ(audit(), "sign_up success, sign_in failure, sign_in failure");
}

TEST_F(Sign, UnknownAddressCostsAHashToo) {
  sign_up();
  const auto took = [&](const char* email) {
    const auto begun = std::chrono::steady_clock::now();
    sign_in("wrong horse", email);
    return std::chrono::steady_clock::now() - begun;
  };
  took("nobody@example.com");
  EXPECT_GT(took("other@example.com"), took("ann@example.com") / 4) << "no hash was computed";
}

TEST_F(Sign, AccountWithoutAPasswordCannotSignIn) {
  host.deliver("user-events", {{.topic = "user-events", .type = "todo.user.requested.v1", .id = "1", .key = "u",
                                .payload = R"({"user_id":"u","name":"ann","actor":{"id":"evhost-cli","kind":"system"},"correlation_id":"1"})"}});
  EXPECT_EQ(sign_in("", "ann@local.invalid").status, 401);
}

TEST_F(Sign, GuessingIsPausedAndTheOwnerGetsInAfterIt) {
  sign_up();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("wrong horse").status, 401) << i;
  const auto paused = sign_in("correct horse");
  EXPECT_EQ(paused.status, 429);
  EXPECT_EQ(code_of(paused), "TOO_MANY_REQUESTS");
  EXPECT_EQ(paused.headers.at("Retry-After"), "1");
  EXPECT_EQ(sign_in("wrong horse", "other@example.com").status, 401) << "another account is not touched";
}

TEST_F(Sign, OutEndsTheSessionAndTellsIt) {
  const auto ann = sign_up();
  const auto out = post("sign-out", "", {{"Cookie", ann.cookie}, {"Origin", "http://localhost"}});
  EXPECT_EQ(out.body, R"({"success":true})");
  EXPECT_NE(out.headers.at("Set-Cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(get("get-session", {{"Cookie", ann.cookie}}).body, "null");
  ASSERT_EQ(events("todo.user.session_revoked.v1").size(), 1U);
  EXPECT_TRUE(events("todo.user.session_revoked.v1").front().contains("session_id"));
  EXPECT_EQ(post("sign-out", "").status, 200) << "whoever is signed out may say so again";
}

TEST_F(Sign, ForeignPagesAreRefused) {
  const auto ann = sign_up();
  for (const auto* origin : {"https://evil.example", "null", "https://page.example.evil"})
    EXPECT_EQ(code_of(post("sign-out", "", {{"Cookie", ann.cookie}, {"Origin", origin}})), "INVALID_ORIGIN") << origin;
  EXPECT_EQ(code_of(post("sign-out", "", {{"Cookie", ann.cookie}})), "MISSING_OR_NULL_ORIGIN");
  EXPECT_EQ(code_of(get("token", {{"Cookie", ann.cookie}, {"Sec-Fetch-Site", "cross-site"}})), "INVALID_ORIGIN");
  EXPECT_EQ(code_of(get("token", {{"Cookie", ann.cookie}, {"Origin", "https://evil.example"}})), "INVALID_ORIGIN");
  EXPECT_EQ(get("token", {{"Cookie", ann.cookie}, {"Sec-Fetch-Site", "same-origin"}}).status, 200);
  EXPECT_EQ(post("sign-in/email", "{}", {{"Origin", "https://evil.example"}}).status, 403) << "nobody is signed in by a foreign page";
  EXPECT_EQ(post("sign-out", "", {{"Cookie", ann.cookie}, {"Origin", "https://page.example"}}).status, 200);
}

TEST_F(Sign, BodyMustBeSentAsJson) {
  EXPECT_EQ(post("sign-in/email", "{}", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(post("sign-in/email", R"({"email":"a@b.co","password":"x"})", {{"Content-Type", "Application/JSON; charset=utf-8"}}).status, 401);
}

TEST_F(Sign, RolledBackUnitRunsAgainWithoutATrace) {
  host.fail_next_commits(1);
  sign_up();
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_user"), "1");
  EXPECT_EQ(host.scalar("SELECT count(*) FROM identity_session"), "1");
  EXPECT_EQ(events("todo.user.created.v1").size(), 1U);
}

}  // namespace
}  // namespace identity::tests
