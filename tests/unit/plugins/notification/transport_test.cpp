// libcurl against servers that do not behave.
#include "plugins/notification/curl_transport.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>

#include "plugins/notification/ids.hpp"
#include "plugins/notification/mail.hpp"
#include "tests/support/scripted_server.hpp"

namespace notification {
namespace {

using evhost::test::act;
using evhost::test::scripted_server;
using namespace std::chrono_literals;

const address_guard local_allowed({"127.0.0.0/8", "::1/128"});

// Sends one message and waits for what came of it.
outcome send(transport& by, outgoing what) {
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<outcome> came;
  };
  auto s = std::make_shared<state>();
  by.start(std::move(what), [s](const outcome& o) {
    const std::lock_guard lock(s->mutex);
    s->came = o;
    s->changed.notify_all();
  });
  std::unique_lock lock(s->mutex);
  if (!s->changed.wait_for(lock, 20s, [&] { return s->came.has_value(); })) throw std::runtime_error("the transport says nothing");
  return *s->came;
}

outgoing hook(const std::string& url) { return {.url = url, .headers = {"Content-Type: application/json", "webhook-id: m1"}, .body = R"({"a":1})"}; }
std::string at(const scripted_server& s, const std::string& host = "127.0.0.1") { return "http://" + host + ":" + std::to_string(s.port()) + "/hook"; }

struct Transport : testing::Test {
  scripted_server server{scripted_server::protocol::http};
  curl_transport out{{.guard = local_allowed, .timeout = 500ms}};
};

}  // namespace

TEST_F(Transport, SuccessIsTwoHundred) {
  const auto came = send(out, hook(at(server)));
  EXPECT_TRUE(came.sent) << came.error;
  EXPECT_EQ(came.response, 200);
  EXPECT_EQ(server.messages().at(0).body, R"({"a":1})");
  EXPECT_EQ(server.messages().at(0).id, "m1");
}

TEST_F(Transport, FailuresSayWhatTheyAre) {
  server.script({act::fail_500, act::refuse_400, act::gone_410, act::drop_after_accept, act::drop_early, act::stall});
  EXPECT_EQ(send(out, hook(at(server))).response, 500);
  EXPECT_EQ(send(out, hook(at(server))).response, 400);
  EXPECT_EQ(send(out, hook(at(server))).response, 410);
  EXPECT_FALSE(send(out, hook(at(server))).sent);
  EXPECT_FALSE(send(out, hook(at(server))).sent);
  const auto stalled = send(out, hook(at(server)));
  EXPECT_FALSE(stalled.sent);
  EXPECT_EQ(stalled.response, 0);
  EXPECT_FALSE(stalled.error.empty());
  EXPECT_FALSE(send(out, hook("http://127.0.0.1:1/")).sent);
}

TEST_F(Transport, RedirectIsAFailureAndIsNotFollowed) {
  scripted_server target(scripted_server::protocol::http);
  scripted_server redirecting(scripted_server::protocol::http, {act::redirect}, at(target));
  const auto came = send(out, hook(at(redirecting)));
  EXPECT_FALSE(came.sent);
  EXPECT_EQ(came.response, 302);
  EXPECT_EQ(target.connections(), 0u);
}

TEST_F(Transport, GuardLooksAtTheAddressThatIsConnectedTo) {
  curl_transport guarded({.guard = {}, .timeout = 500ms, .pinned = {"rebound.example:" + std::to_string(server.port()) + ":127.0.0.1"}});
  for (const auto* host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.1", "rebound.example", "169.254.169.254", "[::1]"}) {
    const auto came = send(guarded, hook(at(server, host)));
    EXPECT_FALSE(came.sent) << host;
    EXPECT_TRUE(came.blocked) << host << ": " << came.error;
  }
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(Transport, ProxyOfTheEnvironmentIsNotUsed) {
  ::setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(server.port())).c_str(), 1);
  curl_transport guarded({.guard = {}, .timeout = 500ms});
  EXPECT_TRUE(send(guarded, hook("http://127.0.0.1:9/")).blocked);
  ::unsetenv("http_proxy");
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(Transport, OneThatStallsDelaysNoOther) {
  scripted_server slow(scripted_server::protocol::http, {act::stall});
  curl_transport patient({.guard = local_allowed, .timeout = 10s});
  for (int i = 0; i < 40; ++i) patient.start(hook(at(slow)), [](const outcome&) {});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(send(patient, hook(at(server))).sent);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  patient.stop(std::chrono::steady_clock::now() + 100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
}

TEST_F(Transport, NothingIsCalledAfterStop) {
  scripted_server slow(scripted_server::protocol::http, {act::stall});
  curl_transport patient({.guard = local_allowed, .timeout = 10s});
  std::atomic<int> calls{0};
  patient.start(hook(at(slow)), [&](const outcome&) { ++calls; });
  ASSERT_TRUE(slow.wait_messages(1));
  patient.stop(std::chrono::steady_clock::now());
  patient.start(hook(at(server)), [&](const outcome&) { ++calls; });
  patient.stop(std::chrono::steady_clock::now());
  EXPECT_EQ(calls, 0);
}

TEST_F(Transport, SignatureIsRightToAnIndependentProgram) {
  const auto secret = new_webhook_secret();
  const std::string id = "0198b2a0-0000-8000-8000-000000000000.x", body = R"({"type":"todo.notification.due.v1","data":{"title":"Zoë ☂"}})";
  const auto signature = webhook_signature("whsec_AAAA", id, 1787049005, body) + " " + webhook_signature(secret, id, 1787049005, body);
  outgoing message{.url = at(server), .headers = {"webhook-id: " + id, "webhook-timestamp: 1787049005", "webhook-signature: " + signature}, .body = body};
  ASSERT_TRUE(send(out, message).sent);
  const auto got = server.messages().at(0);
  const auto file = std::string(::testing::TempDir()) + "webhook-body-" + std::to_string(::getpid());
  std::ofstream(file) << got.body;
  const auto check = [&](const std::string& with, const std::string& time) {
    return std::system((std::string(EVH_TEST_PYTHON) + " " + EVH_TEST_VERIFY_WEBHOOK + " '" + with + "' '" + got.fields.at("webhook-id") + "' '" + time + "' '" +
                        got.fields.at("webhook-signature") + "' < " + file).c_str());
  };
  EXPECT_EQ(check(secret, got.fields.at("webhook-timestamp")), 0);
  EXPECT_NE(check(new_webhook_secret(), got.fields.at("webhook-timestamp")), 0);
  EXPECT_NE(check(secret, "1787049006"), 0);
  std::remove(file.c_str());
}

struct Smtp : testing::Test {
  scripted_server server{scripted_server::protocol::smtp};
  curl_transport out{{.smtp = {.url = "smtp://127.0.0.1:" + std::to_string(server.port()), .starttls = false}, .timeout = 500ms}};
  static outgoing letter() {
    outgoing message{.how = outgoing::way::mail, .body = format_mail({"todo@example.org", "ana@example.org", "n1.email", "example.org", "Reminder: x", "text\r\n.\r\nmore", 0})};
    message.mail_from = "todo@example.org";
    message.mail_to = "ana@example.org";
    return message;
  }
};

TEST_F(Smtp, MailArrivesWhole) {
  const auto came = send(out, letter());
  ASSERT_TRUE(came.sent) << came.error;
  const auto got = server.messages().at(0);
  EXPECT_EQ(got.id, "<n1.email@example.org>");
  EXPECT_EQ(got.recipient.substr(0, 17), "<ana@example.org>");
  EXPECT_EQ(got.fields.at("subject"), "Reminder: x");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(send(out, letter()).sent);
}

TEST_F(Smtp, FailuresSayWhatTheyAre) {
  server.script({act::fail_500, act::refuse_400, act::drop_after_accept, act::drop_early, act::stall, act::accept});
  const auto later = send(out, letter());
  EXPECT_FALSE(later.sent);
  EXPECT_EQ(later.response, 451);
  const auto never = send(out, letter());
  EXPECT_FALSE(never.sent);
  EXPECT_EQ(never.response, 550);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(send(out, letter()).sent) << i;
  server.script({act::accept});
  const auto good = send(out, letter());
  EXPECT_TRUE(good.sent) << good.error << " " << server.connections() << " " << server.messages().size();
  for (const auto& each : server.messages()) EXPECT_EQ(each.id, "<n1.email@example.org>");
}

TEST_F(Smtp, DemandedEncryptionThatIsNotOfferedSendsNothing) {
  curl_transport strict({.smtp = {.url = "smtp://127.0.0.1:" + std::to_string(server.port())}, .timeout = 500ms});
  EXPECT_FALSE(send(strict, letter()).sent);
  EXPECT_EQ(server.messages().size(), 0u);
}

}  // namespace notification
