// SIGHUP: a supervised host takes over new configuration and plugin files when they are good, and nothing changes when not.
#include "tests/e2e/client.hpp"

#include <gtest/gtest.h>

#include <signal.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace evhost::e2e {
namespace {

using namespace std::chrono_literals;

std::string content(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

struct Reload : testing::Test {
  test::host_under_test host{{.plugin_directories = {}, .environment = {}, .arguments = {"--supervise"}}};
  const std::filesystem::path file = host.data() / "evhost.yaml", plugins = host.data() / "plugins";

  void start() {
    std::filesystem::create_directory(plugins);
    std::filesystem::copy_file(EVH_TEST_PLUGINS "/chat.so", plugins / "chat.so");
    write("observe:\n  log_format: text\n");
    host.start({{"EVH_CONFIG", file.string()}, {"EVH_PLUGINS", plugins.string()}});
  }
  void write(const std::string& text) const { std::ofstream(file) << text; }
  // What names the process that serves.
  std::string serving() const { return content(host.data() / "host.json"); }
  bool wait_until(const std::function<bool()>& done) const {
    for (int i = 0; i < 400; ++i) {
      if (done()) return true;
      std::this_thread::sleep_for(50ms);  // polling another process
    }
    return false;
  }
  bool says(const std::string& words) const {
    return wait_until([&] { return host.log().find(words) != std::string::npos; });
  }
  std::string health() const { return test::http_client(host.port()).get("/health").body; }
};

TEST_F(Reload, AGoodConfigurationAndNewPluginsAreTakenOver) {
  start();
  const auto before = serving();
  person ana(host, "ana");
  const auto task = ana.post("/api/v1/tasks", R"({"title":"stays"})");
  ASSERT_EQ(task.status, 201u);
  std::filesystem::copy_file(EVH_TEST_FIXTURES "/ledger.so", plugins / "ledger.so");
  write("observe:\n  log_format: json\n");
  host.kill(SIGHUP);
  ASSERT_TRUE(wait_until([&] { return !serving().empty() && serving() != before; })) << host.log();
  host.wait_ready();
  EXPECT_NE(health().find("ledger"), std::string::npos) << health();
  EXPECT_TRUE(says("{\"")) << "not with the new configuration";
  EXPECT_EQ(person(host, "ana").get("/api/v1/tasks/" + task.id()).status, 200u);
  EXPECT_EQ(host.log().find("starting it again in"), std::string::npos) << "it was taken for a crash";
  EXPECT_EQ(host.stop(), 0) << host.log();
}

TEST_F(Reload, ABadConfigurationChangesNothing) {
  start();
  const auto before = serving();
  write("observe:\n  log_formt: json\n");
  host.kill(SIGHUP);
  EXPECT_TRUE(says("not reloaded"));
  EXPECT_NE(host.log().find("observe.log_formt"), std::string::npos) << host.log();
  EXPECT_EQ(serving(), before);
  EXPECT_EQ(test::http_client(host.port()).get("/readyz").status, 200u);
  // Neither does a plugin that cannot be opened, or one with a wrong key.
  write("observe:\n  log_format: text\n");
  std::ofstream(plugins / "broken.so") << "this is no library";
  host.kill(SIGHUP);
  EXPECT_TRUE(says("broken.so")) << host.log();
  std::filesystem::remove(plugins / "broken.so");
  write("plugins:\n  chat:\n    no_such_key: 1\n");
  host.kill(SIGHUP);
  EXPECT_TRUE(says("no_such_key")) << host.log();
  EXPECT_EQ(serving(), before);
  EXPECT_EQ(host.stop(), 0) << host.log();
}

TEST_F(Reload, AStopInTheMiddleOfItDrainsToo) {
  start();
  host.kill(SIGHUP);
  ASSERT_TRUE(says("drains and starts again"));
  EXPECT_EQ(host.stop(), 0) << host.log();
}

TEST(ReloadAlone, AHostWithoutASupervisorSaysWhatToDoAndStays) {
  test::host_under_test host;
  host.start();
  host.kill(SIGHUP);
  for (int i = 0; i < 400 && host.log().find("--supervise") == std::string::npos; ++i) std::this_thread::sleep_for(50ms);  // polling another process
  EXPECT_NE(host.log().find("--supervise"), std::string::npos) << host.log();
  EXPECT_EQ(test::http_client(host.port()).get("/readyz").status, 200u);
  EXPECT_EQ(host.stop(), 0) << host.log();
}

}  // namespace
}  // namespace evhost::e2e
