// Bad events on the real host: a poison event is set aside, shown and replayed; one that aborts the process is set aside
// at the third crash; everything else flows.
#include "tests/e2e/client.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;

struct Ladder : testing::Test {
  test::host_under_test host{{.plugin_directories = {EVH_TEST_PLUGINS, EVH_TEST_FIXTURES},
                              .environment = {{"EVH_RUNTIME__RETRY_BACKOFF", "10ms"}, {"EVH_RUNTIME__RETRY_BACKOFF_MAX", "50ms"}},
                              .arguments = {}}};

  json::array dead_letters() {
    json::array list;
    const auto r = host.command({"dlq", "ledger"});
    EXPECT_EQ(r.exit, 0) << r.err;
    for (std::size_t at = 0; at < r.out.size();) {
      const auto end = r.out.find('\n', at);
      list.push_back(json::parse(r.out.substr(at, end - at)));
      at = end + 1;
    }
    return list;
  }
  // Waits until the ledger group has `n` dead letters.
  json::array wait_for_letters(std::size_t n) {
    for (int i = 0; i < 300; ++i) {
      auto letters = dead_letters();
      if (letters.size() >= n) return letters;
      std::this_thread::sleep_for(100ms);  // polling another process
    }
    ADD_FAILURE() << "no " << n << " dead letters\n" << host.log();
    return {};
  }
};

TEST_F(Ladder, PoisonIsSetAsideShownAndReplayed) {
  host.start();
  person ana(host, "ana");
  for (int i = 0; i < 20; ++i) ana.post("/api/v1/tasks", i == 7 ? R"({"title":"please throw"})" : R"({"title":"fine"})");
  const auto letters = wait_for_letters(1);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].at("topic").as_string(), "task-events");
  EXPECT_NE(letters[0].at("error").as_string().find("asked to throw"), json::string::npos);
  EXPECT_GE(letters[0].at("attempts").as_int64(), 5);
  const auto replayed = host.command({"replay", "ledger", "--all"});
  EXPECT_EQ(replayed.exit, 0) << replayed.err;
  EXPECT_EQ(json::parse(replayed.out).at("replayed").as_int64(), 1);
  wait_for_letters(2);  // still poison: it comes back
  EXPECT_EQ(ana.get("/readyz").status, 200u);
}

TEST_F(Ladder, EventThatAbortsTheProcessIsSetAsideAtTheThirdCrash) {
  host.launch({});
  host.wait_ready();
  host.stop();
  test::host_under_test supervised({.plugin_directories = {EVH_TEST_PLUGINS, EVH_TEST_FIXTURES}, .environment = {}, .arguments = {"--supervise"}});
  supervised.start();
  std::vector<std::string> acknowledged;
  int sent = 0;
  // The host goes down under us three times; clients repeat with the same id until they are answered.
  for (int i = 0; i < 60; ++i) {
    const bool bad = i == 20;
    const auto key = "\"" + std::to_string(i) + "\"";
    for (int attempt = 0; attempt < 400; ++attempt) {
      try {
        supervised.wait_ready(20s);
        person ana(supervised, "ana");
        const auto r = ana.post("/api/v1/tasks", bad ? R"({"title":"please abort"})" : R"({"title":"fine"})", {{"Idempotency-Key", key}});
        if (r.status != 201) continue;
        acknowledged.push_back(r.id());
        ++sent;
        break;
      } catch (const std::runtime_error&) {
        std::this_thread::sleep_for(20ms);  // the supervisor is starting it again
      }
    }
  }
  EXPECT_EQ(sent, 60);
  json::array letters;
  for (int i = 0; i < 200 && letters.empty(); ++i) {
    const auto r = supervised.command({"dlq", "ledger"});
    if (r.exit == 0 && !r.out.empty()) letters.push_back(json::parse(r.out.substr(0, r.out.find('\n'))));
    else std::this_thread::sleep_for(100ms);  // crashing and starting again
  }
  ASSERT_EQ(letters.size(), 1u) << supervised.log();
  EXPECT_EQ(letters[0].at("reason").as_string(), "crash");
  supervised.wait_ready(20s);
  person ana(supervised, "ana");
  std::size_t found = 0;
  std::string cursor;
  do {
    const auto page = ana.get("/api/v1/tasks?limit=200" + (cursor.empty() ? "" : "&cursor=" + cursor));
    found += page.items();
    cursor = page.body.at("next_cursor").is_null() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  EXPECT_EQ(found, 60u);
  EXPECT_EQ(supervised.stop(), 0) << supervised.log();
}

}  // namespace
}  // namespace evhost::e2e
