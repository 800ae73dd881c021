// What an operator does: commands beside a running host and without one.
#include "tests/e2e/client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace evhost::e2e {
namespace {

struct Operate : testing::Test {
  test::host_under_test host;
};

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

TEST_F(Operate, TokenPrintsOneTokenAndNothingElse) {
  const auto r = host.command({"token", "--user", "ana"});
  EXPECT_EQ(r.exit, 0) << r.err;
  EXPECT_EQ(lines(r.out), 1u);
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '.'), 2);
  EXPECT_EQ(r.err, "");
  EXPECT_EQ(host.command({"token"}).exit, 64);
  EXPECT_EQ(host.command({"token", "--user", ""}).exit, 64);
}

TEST_F(Operate, KeysAreReadableByTheirOwnerAlone) {
  EXPECT_FALSE(host.token("ana").empty());
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(host.data() / "keys").permissions(), perms::owner_all);
  for (const auto& file : std::filesystem::directory_iterator(host.data() / "keys"))
    EXPECT_EQ(file.status().permissions(), perms::owner_read | perms::owner_write) << file.path();
}

TEST_F(Operate, TopicsWorkTheSameWithAndWithoutAHost) {
  host.start();
  const auto put = host.command({"topics", "put", "task-updates", R"({"n":1})", "--key", "ana", "--type", "todo.test.v1"});
  EXPECT_EQ(put.exit, 0) << put.err;
  EXPECT_EQ(host.stop(), 0) << host.log();
  const auto offline = host.command({"topics", "put", "task-updates", "--key", "ana"}, R"({"n":2})");
  EXPECT_EQ(offline.exit, 0) << offline.err;
  const auto tail = host.command({"topics", "tail", "task-updates", "--from", "earliest"});
  EXPECT_EQ(tail.exit, 0) << tail.err;
  EXPECT_EQ(lines(tail.out), 2u) << tail.out;
  EXPECT_EQ(json::parse(tail.out.substr(0, tail.out.find('\n'))).at("payload").at("n").as_int64(), 1);
  EXPECT_NE(host.command({"topics", "list"}).out.find("task-updates"), std::string::npos);
  EXPECT_EQ(host.command({"topics", "tail", "no-such-topic"}).exit, 66);
}

TEST_F(Operate, PluginsAreListedAndRefusalsExplained) {
  const auto good = host.command({"plugins"});
  EXPECT_EQ(good.exit, 0) << good.err;
  EXPECT_NE(good.out.find("chat"), std::string::npos);
  const auto folder = host.data() / "more";
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "broken.so") << "this is no library";
  const auto bad = host.command({"plugins", "--plugins", folder.string()});
  EXPECT_EQ(bad.exit, 65);
  EXPECT_NE(bad.out.find("broken.so"), std::string::npos);
}

TEST_F(Operate, ValidateTellsGoodFromBad) {
  const auto good = host.command({"validate", EVH_TEST_FIXTURES "/ledger.so", EVH_TEST_PLUGINS "/sync.so"});
  EXPECT_EQ(good.exit, 0) << good.out << good.err;
  std::ofstream(host.data() / "bad.so") << "no";
  EXPECT_EQ(host.command({"validate", (host.data() / "bad.so").string()}).exit, 65);
  EXPECT_EQ(host.command({"validate", "/no/such/file.so"}).exit, 66);
}

TEST_F(Operate, MigrateBringsAnEmptyDatabaseUp) {
  const auto r = host.command({"migrate"});
  EXPECT_EQ(r.exit, 0) << r.err;
  EXPECT_TRUE(std::filesystem::exists(host.database()));
  EXPECT_EQ(host.command({"migrate"}).exit, 0);
}

TEST_F(Operate, ConfigShowsSourcesAndRefusesTypos) {
  const auto printed = host.command({"config", "print", "--set", "http.port=9999"});
  EXPECT_EQ(printed.exit, 0) << printed.err;
  EXPECT_NE(printed.out.find("9999"), std::string::npos);
  const auto typo = host.command({"config", "check", "--set", "http.prot=1"});
  EXPECT_EQ(typo.exit, 78);
  EXPECT_NE(typo.err.find("http.port"), std::string::npos) << "names the nearest key: " << typo.err;
  EXPECT_EQ(json::parse(host.command({"config", "schema"}).out).at("type").as_string(), "object");
}

TEST_F(Operate, HelpAndUsageErrors) {
  for (const auto* command : {"run", "validate", "plugins", "config", "migrate", "topics", "dlq", "replay", "token", "version"})
    EXPECT_EQ(host.command({command, "--help"}).exit, 0) << command;
  EXPECT_EQ(host.command({"dance"}).exit, 64);
  EXPECT_EQ(host.command({}).exit, 64);
  EXPECT_NE(host.command({"version"}).out.find("evhost 0"), std::string::npos);
}

TEST_F(Operate, TermDrainsAndEndsWithZero) {
  host.start();
  std::atomic<bool> stop{false};
  std::atomic<int> acknowledged{0};
  std::jthread writer([&] {
    try {
      person ana(host, "ana");
      while (!stop)
        if (ana.post("/api/v1/tasks", R"({"title":"x"})").status == 201) ++acknowledged;
    } catch (const std::runtime_error&) {
      // closed by the drain
    }
  });
  while (acknowledged < 50) std::this_thread::yield();
  EXPECT_EQ(host.stop(), 0) << host.log();
  stop = true;
  writer.join();
  host.start();
  person ana(host, "ana");
  int found = 0;
  std::string cursor;
  do {
    const auto page = ana.get("/api/v1/tasks?limit=200" + (cursor.empty() ? "" : "&cursor=" + cursor));
    found += static_cast<int>(page.items());
    cursor = page.body.at("next_cursor").is_null() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  EXPECT_GE(found, acknowledged.load());
}

}  // namespace
}  // namespace evhost::e2e
