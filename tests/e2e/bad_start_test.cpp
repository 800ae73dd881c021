// What keeps a host from starting gets one sentence, a documented exit code, and leaves the data as it was.
#include "tests/e2e/client.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

namespace evhost::e2e {
namespace {

struct BadStart : testing::Test {
  test::host_under_test host;
};

TEST_F(BadStart, SecondHostOnOneDirectoryNamesTheFirst) {
  host.start();
  const auto second = host.command({"run"});
  EXPECT_EQ(second.exit, 75) << second.err;
  EXPECT_NE(second.err.find(std::to_string(host.pid())), std::string::npos) << second.err;
  EXPECT_TRUE(host.running());
}

TEST_F(BadStart, PortTakenNamesThePort) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  const auto port = std::to_string(ntohs(address.sin_port));
  const auto r = host.command({"run", "--set", "http.port=" + port});
  ::close(fd);
  EXPECT_EQ(r.exit, 69) << r.err;
  EXPECT_NE(r.err.find(port), std::string::npos) << r.err;
}

TEST_F(BadStart, DamagedDatabaseIsSaidAndLeftAlone) {
  std::ofstream(host.database()) << std::string(8192, 'x');
  const auto r = host.command({"run"});
  EXPECT_TRUE(r.exit == 65 || r.exit == 74) << r.exit << r.err;
  EXPECT_NE(r.err.find("evhost.db"), std::string::npos) << r.err;
  EXPECT_EQ(std::filesystem::file_size(host.database()), 8192u);
}

TEST_F(BadStart, UnknownPluginInTheConfigurationIsNamed) {
  const auto file = host.data() / "evhost.yaml";
  std::ofstream(file) << "plugins:\n  chta:\n    enabled: true\n";
  const auto r = host.command({"run", "--config", file.string()});
  EXPECT_EQ(r.exit, 78) << r.err;
  EXPECT_NE(r.err.find("chta"), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("chat"), std::string::npos) << r.err;
}

TEST_F(BadStart, MissingConfigurationFileIsNamed) {
  const auto r = host.command({"run", "--config", "/no/such/evhost.yaml"});
  EXPECT_EQ(r.exit, 78) << r.err;
  EXPECT_NE(r.err.find("/no/such/evhost.yaml"), std::string::npos) << r.err;
}

TEST_F(BadStart, OtherEnginesAreRefusedWithASentence) {
  const auto r = host.command({"run", "--set", "storage.database_url=postgresql://localhost/x"});
  EXPECT_EQ(r.exit, 78) << r.err;
}

TEST_F(BadStart, KeyThatOthersCanReadIsRefused) {
  EXPECT_FALSE(host.token("ana").empty());
  std::filesystem::permissions(host.data() / "keys" / "signing.pem", std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto r = host.command({"run"});
  EXPECT_NE(r.exit, 0);
  EXPECT_NE(r.err.find("signing.pem"), std::string::npos) << r.err;
}

TEST_F(BadStart, BrokenPluginFileLeavesTheOthersServingAndNotReady) {
  const auto folder = host.data() / "more";
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "broken.so") << "this is no library";
  host.launch({{"EVH_PLUGINS", std::string(EVH_TEST_PLUGINS) + ":" + folder.string()}});
  try {
    host.wait_ready(std::chrono::seconds(3));
    FAIL() << "ready in spite of a broken plugin";
  } catch (const std::runtime_error&) {
    test::http_client http(host.port());
    const auto ready = http.get("/readyz");
    EXPECT_EQ(ready.status, 503u);
    EXPECT_NE(ready.body.find("broken.so"), std::string::npos) << ready.body;
    EXPECT_EQ(person(host, "ana").post("/api/v1/tasks", R"({"title":"still works"})").status, 201u);
  }
}

// A disk that fills up: writes are refused, reads go on, nothing acknowledged is lost, space makes it write again.
TEST_F(BadStart, FullDiskRefusesWritesServesReadsAndRecovers) {
  const auto disk = host.data() / "small";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=6m") != 0) GTEST_SKIP() << "needs root to mount a small disk";
  struct unmount {
    std::filesystem::path at;
    ~unmount() { ::umount2(at.c_str(), MNT_DETACH); }
  } guard{disk};
  host.start({{"EVH_STORAGE__DATABASE_URL", "sqlite://" + (disk / "evhost.db").string()}});
  person ana(host, "ana");
  const auto ballast = disk / "ballast";
  std::ofstream(ballast) << std::string(1 << 20, 'b');
  unsigned written = 0;
  reply refused;
  for (int i = 0; i < 5000 && refused.status == 0; ++i) {
    auto r = ana.post("/api/v1/tasks", R"({"title":"fill","description":")" + std::string(3000, 'd') + R"("})");
    if (r.status == 201) ++written;
    else refused = std::move(r);
  }
  EXPECT_EQ(refused.status, 503u) << refused.raw.body;
  EXPECT_EQ(ana.get("/api/v1/tasks?limit=1").status, 200u) << "reads go on";
  EXPECT_EQ(ana.get("/readyz").status, 503u);
  std::filesystem::remove(ballast);
  bool recovered = false;
  for (int i = 0; i < 100 && !recovered; ++i) {
    recovered = ana.post("/api/v1/tasks", R"({"title":"room again"})").status == 201;
    if (!recovered) ::usleep(100'000);  // the store probes the disk once a second
  }
  EXPECT_TRUE(recovered) << host.log();
  unsigned found = 0;
  std::string cursor;
  do {
    const auto page = ana.get("/api/v1/tasks?limit=200" + (cursor.empty() ? "" : "&cursor=" + cursor));
    found += static_cast<unsigned>(page.items());
    cursor = page.body.at("next_cursor").is_null() ? "" : page.text("/next_cursor");
  } while (!cursor.empty());
  EXPECT_EQ(found, written + 1);
}

}  // namespace
}  // namespace evhost::e2e
