// The identity plugin gives the same answers on SQLite and on PostgreSQL, and PostgreSQL's units hold under races.
#include "tests/integration/engines/twins.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace evhost::engines {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

enum class with { nothing, session, access, admin };

// One account on both sides.
class IdentityOnBoth : public Twins {
 protected:
  struct side_state {
    std::string session, access, admin, id;
  };

  static e2e::reply wrap(test::http_answer raw) {
    e2e::reply r;
    r.status = raw.status;
    boost::system::error_code ec;
    r.body = json::parse(raw.body, ec);
    r.raw = std::move(raw);
    return r;
  }

  e2e::reply one(std::size_t i, const std::string& method, const std::string& target, const std::string& body, with what, test::field_list fields = {}) {
    auto& s = state[i];
    if (what == with::session) fields.emplace_back("Authorization", "Bearer " + s.session);
    if (what == with::access) fields.emplace_back("Authorization", "Bearer " + s.access);
    if (what == with::admin) fields.emplace_back("Authorization", "Bearer " + s.admin);
    if (!body.empty()) fields.emplace_back("Content-Type", "application/json");
    std::string to = target;
    if (const auto at = to.find("@id@"); at != to.npos) to.replace(at, 4, s.id);
    test::http_client http(sides[i]->host.port(), 60s);
    return wrap(http.send({method, to, std::move(fields), body}));
  }

  // Both; equal once tokens are written alike.
  e2e::reply both(const std::string& method, const std::string& target, const std::string& body = {}, with what = with::nothing, test::field_list fields = {}) {
    std::array<std::string, 2> shown;
    e2e::reply last;
    for (std::size_t i = 0; i < 2; ++i) {
      last = one(i, method, target, body, what, fields);
      if (const auto token = last.text("/token"); token.size() == 32) state[i].session = token;
      if (const auto id = last.text("/user/id"); !id.empty()) state[i].id = id;
      shown[i] = sides[i]->shown(last);
      for (std::size_t at; !state[i].session.empty() && (at = shown[i].find(state[i].session)) != shown[i].npos;) shown[i].replace(at, 32, "<session>");
    }
    EXPECT_EQ(shown[0], shown[1]) << method << " " << target << " " << body;
    EXPECT_LT(last.status, 500u) << target << " " << last.raw.body;
    return last;
  }
  void fetch_access() {
    for (std::size_t i = 0; i < 2; ++i) state[i].access = one(i, "GET", "/api/auth/token", "", with::session).text("/token");
  }
  e2e::reply sign_up(const std::string& email) { return both("POST", "/api/auth/sign-up/email", R"({"name":"Ann","email":")" + email + R"(","password":"correct horse"})"); }
  e2e::reply sign_in(const std::string& email, const std::string& password) {
    return both("POST", "/api/auth/sign-in/email", R"({"email":")" + email + R"(","password":")" + password + "\"}");
  }
  void become_admin() {
    for (std::size_t i = 0; i < 2; ++i) {
      state[i].admin = sides[i]->host.token("root", "admin");
      const auto deadline = std::chrono::steady_clock::now() + 15s;
      while (one(i, "GET", "/api/v1/admin/users", "", with::admin).status != 200) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::sleep_for(20ms);  // polls another process
      }
    }
  }
  bool eventually(std::size_t i, const std::function<bool()>& holds) {
    (void)i;
    for (const auto deadline = std::chrono::steady_clock::now() + 5s; std::chrono::steady_clock::now() < deadline; std::this_thread::sleep_for(10ms))  // polls another process
      if (holds()) return true;
    return false;
  }

  std::array<side_state, 2> state;
};

TEST_F(IdentityOnBoth, AnAccountLivesTheSameLife) {
  EXPECT_EQ(sign_up("life@example.com").status, 200u);
  EXPECT_EQ(sign_up("LIFE@example.com").status, 422u) << "the same address";
  both("POST", "/api/auth/sign-up/email", R"({"email":"no address","password":"correct horse"})");
  both("POST", "/api/auth/sign-up/email", R"({"email":"short@example.com","password":"short"})");
  EXPECT_EQ(sign_in("life@example.com", "wrong horse").status, 401u);
  EXPECT_EQ(sign_in("nobody@example.com", "wrong horse").status, 401u);
  EXPECT_EQ(sign_in("life@example.com", "correct horse").status, 200u);
  both("GET", "/api/auth/get-session", "", with::session);
  both("GET", "/api/auth/get-session");
  both("POST", "/api/auth/update-user", R"({"name":"Änn O'Neil","image":"https://example.com/a.png"})", with::session);
  both("GET", "/api/auth/get-session", "", with::session);
  both("POST", "/api/auth/change-password", R"({"currentPassword":"wrong","newPassword":"another horse"})", with::session);
  both("POST", "/api/auth/change-password", R"({"currentPassword":"correct horse","newPassword":"another horse","revokeOtherSessions":true})", with::session);
  EXPECT_EQ(sign_in("life@example.com", "correct horse").status, 401u);
  EXPECT_EQ(sign_in("life@example.com", "another horse").status, 200u);
  both("POST", "/api/auth/sign-out", "{}", with::session);
  both("GET", "/api/auth/get-session", "", with::session);
}

TEST_F(IdentityOnBoth, SessionsAreListedAndRevoked) {
  sign_up("sessions@example.com");
  const auto first = state;
  sign_in("sessions@example.com", "correct horse");
  EXPECT_EQ(both("GET", "/api/auth/list-sessions", "", with::session).body.as_array().size(), 2u);
  fetch_access();
  EXPECT_EQ(both("GET", "/api/v1/preferences", "", with::access).status, 200u);
  both("POST", "/api/auth/revoke-other-sessions", "{}", with::session);
  EXPECT_EQ(both("GET", "/api/auth/list-sessions", "", with::session).body.as_array().size(), 1u);
  const auto kept = state;
  for (std::size_t i = 0; i < 2; ++i) state[i].session = first[i].session;
  EXPECT_EQ(both("GET", "/api/auth/get-session", "", with::session).raw.body, "null");
  state = kept;
  both("POST", "/api/auth/revoke-sessions", "{}", with::session);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(eventually(i, [&] { return one(i, "GET", "/api/v1/preferences", "", with::access).status == 401; })) << "side " << i;
  both("GET", "/api/auth/list-sessions", "", with::session);
}

TEST_F(IdentityOnBoth, AdminsDisableEnableAndGiveRoles) {
  become_admin();
  sign_up("ruled@example.com");
  fetch_access();
  both("GET", "/api/v1/admin/users", "", with::access);
  both("PATCH", "/api/v1/admin/users/@id@", R"({"roles":["user","auditor"]})", with::admin);
  both("PATCH", "/api/v1/admin/users/@id@", R"({"roles":["emperor"]})", with::admin);
  both("POST", "/api/v1/admin/users/@id@/disable", R"({"reason":"spam"})", with::admin);
  both("POST", "/api/v1/admin/users/@id@/disable", R"({"reason":"again"})", with::admin);
  EXPECT_EQ(sign_in("ruled@example.com", "correct horse").status, 403u);
  both("POST", "/api/v1/admin/users/@id@/enable", "", with::admin);
  EXPECT_EQ(sign_in("ruled@example.com", "correct horse").status, 200u);
  both("POST", "/api/v1/admin/users/01890000-0000-7000-8000-000000000000/enable", "", with::admin);
}

TEST_F(IdentityOnBoth, PreferencesKeepTheirVersion) {
  sign_up("wishes@example.com");
  fetch_access();
  const auto put = [&](const std::string& body, const std::string& match) {
    return both("PUT", "/api/v1/preferences", body, with::access, match.empty() ? test::field_list{} : test::field_list{{"If-Match", match}}).status;
  };
  both("GET", "/api/v1/preferences", "", with::access);
  EXPECT_EQ(put(R"({"tz":"Europe/Paris"})", ""), 428u);
  EXPECT_EQ(put(R"({"tz":"Europe/Paris"})", "\"0\""), 200u);
  EXPECT_EQ(put(R"({"tz":"Europe/Rome"})", "\"0\""), 412u);
  EXPECT_EQ(put(R"({"tz":"Europe/Rome"})", "\"1\""), 200u);
  EXPECT_EQ(put(R"({"tz":"Nowhere/At all"})", "*"), 422u);
  both("GET", "/api/v1/preferences", "", with::access);
}

TEST_F(IdentityOnBoth, GuessingIsPaused) {
  sign_up("guessed@example.com");
  unsigned last = 0;
  for (int i = 0; i < 8 && last != 429; ++i) {
    std::array<unsigned, 2> got{};
    for (std::size_t side = 0; side < 2; ++side)
      got[side] = one(side, "POST", "/api/auth/sign-in/email", R"({"email":"guessed@example.com","password":"wrong horse"})", with::nothing).status;
    EXPECT_EQ(got[0], got[1]);
    last = got[1];
  }
  EXPECT_EQ(last, 429u);
}

// Two units that insert the same key at once: one of them runs again and gives the answer it would have given later.
TEST_F(IdentityOnBoth, RacesHaveOneWinnerAndNoErrors) {
  for (int round = 0; round < 5; ++round) {
    const std::string body = R"({"name":"Ann","email":"race)" + std::to_string(round) + R"(@example.com","password":"correct horse"})";
    std::atomic<int> made{0}, taken{0}, other{0};
    {
      std::vector<std::jthread> rivals;
      for (int i = 0; i < 4; ++i)
        rivals.emplace_back([&] {
          const auto status = one(1, "POST", "/api/auth/sign-up/email", body, with::nothing).status;
          (status == 200 ? made : status == 422 ? taken : other)++;
        });
    }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(taken, 3);
    EXPECT_EQ(other, 0);
  }
  sign_up("first@example.com");
  fetch_access();
  std::atomic<int> ok{0}, late{0}, other{0};
  {
    std::vector<std::jthread> rivals;
    for (int i = 0; i < 6; ++i)
      rivals.emplace_back([&] {
        const auto status = one(1, "PUT", "/api/v1/preferences", R"({"tz":"Europe/Paris"})", with::access, {{"If-Match", "\"0\""}}).status;
        (status == 200 ? ok : status == 412 ? late : other)++;
      });
  }
  EXPECT_EQ(ok, 1);
  EXPECT_EQ(late, 5);
  EXPECT_EQ(other, 0);
}

// A sign-in that was under way while the password changed opens no session that lives on.
TEST_F(IdentityOnBoth, NoSessionOutlivesThePasswordItWasOpenedWith) {
  const auto post = [&](const std::string& path, const std::string& body, const std::string& session = {}) {
    test::http_client http(sides[1]->host.port(), 60s);
    test::field_list fields{{"Content-Type", "application/json"}};
    if (!session.empty()) fields.emplace_back("Authorization", "Bearer " + session);
    return wrap(http.send({"POST", "/api/auth/" + path, std::move(fields), body}));
  };
  int opened = 0;
  for (int round = 0; round < 6; ++round) {
    const std::string email = "old" + std::to_string(round) + "@example.com";
    const auto mine = post("sign-up/email", R"({"name":"Ann","email":")" + email + R"(","password":"correct horse"})").text("/token");
    std::array<std::vector<std::string>, 3> sessions;
    std::atomic<bool> changed{false};
    {
      std::vector<std::jthread> rivals;
      for (auto& mine_too : sessions)
        rivals.emplace_back([&] {
          while (!changed)
            if (const auto in = post("sign-in/email", R"({"email":")" + email + R"(","password":"correct horse"})"); in.status == 200) mine_too.push_back(in.text("/token"));
        });
      while (post("change-password", R"({"currentPassword":"correct horse","newPassword":"another horse","revokeOtherSessions":true})", mine).status == 503) {
      }
      changed = true;
    }
    for (const auto& each : sessions)
      for (const auto& token : each) {
        ++opened;
        test::http_client http(sides[1]->host.port(), 60s);
        EXPECT_EQ(http.get("/api/auth/get-session", {{"Authorization", "Bearer " + token}}).body, "null") << "round " << round;
      }
  }
  EXPECT_GT(opened, 0);
}

}  // namespace
}  // namespace evhost::engines
