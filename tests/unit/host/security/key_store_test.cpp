// Keys on disk: made once, private, and refused with a sentence when they are not.
#include "host/security/key_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <fstream>
#include <thread>
#include <vector>

namespace evhost::security {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct key_store_fixture : ::testing::Test {
  fs::path root = [] {
    std::string pattern = (fs::temp_directory_path() / "evh-keys-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  fs::path directory = root / "data" / "keys";
  key_store store{directory};

  ~key_store_fixture() override { fs::remove_all(root); }
  static mode_t mode_of(const fs::path& path) {
    struct stat found {};
    EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
    return found.st_mode & 07777;
  }
  std::string refusal() { return store.load_signing_key().error().message; }
};

using KeyStore = key_store_fixture;

TEST_F(KeyStore, MakesPrivateFilesAtTheFirstStart) {
  const auto key = store.load_signing_key();
  ASSERT_TRUE(key.has_value());
  ASSERT_TRUE(store.load_mac_key().has_value());
  EXPECT_EQ(mode_of(directory), 0700U);
  EXPECT_EQ(mode_of(directory / "signing.pem"), 0600U);
  EXPECT_EQ(mode_of(directory / "mac.key"), 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory), fs::directory_iterator()), 2) << "no temporary file stays";
}

TEST_F(KeyStore, FindsTheSameKeysAgain) {
  EXPECT_EQ(store.load_signing_key().value().kid(), store.load_signing_key().value().kid());
  EXPECT_EQ(store.load_mac_key().value().reveal_text(), store.load_mac_key().value().reveal_text());
  EXPECT_NE(store.load_mac_key("other").value().reveal_text(), store.load_mac_key().value().reveal_text());
}

TEST_F(KeyStore, MountedKeysMayBeLinksTheGroupReads) {
  ASSERT_TRUE(store.load_signing_key().has_value());
  fs::create_directories(root / "mounted" / "..data");
  const fs::path real = root / "mounted" / "..data" / "signing.pem", shown = root / "mounted" / "signing.pem";
  fs::copy_file(directory / "signing.pem", real);
  fs::create_symlink(real, shown);
  const key_store mounted(root / "mounted", true);
  ::chmod(real.c_str(), 0440);
  EXPECT_EQ(mounted.load_signing_key().value().kid(), store.load_signing_key().value().kid());
  ::chmod(real.c_str(), 0444);
  EXPECT_THAT(mounted.load_signing_key().error().message, HasSubstr("0440"));
  EXPECT_THAT(mounted.load_mac_key().error().message, HasSubstr("mac.key"));
  EXPECT_FALSE(fs::exists(root / "mounted" / "mac.key")) << "nothing is made on a mount";
  EXPECT_FALSE(mounted.writable());
  ::chmod(real.c_str(), 0440);
  EXPECT_THAT(key_store(root / "mounted").load_signing_key().error().message, HasSubstr("symbolic link"));
}

TEST_F(KeyStore, RacingStartsAgreeOnOneKey) {
  std::vector<std::string> kids(8);
  {
    std::vector<std::jthread> starts;
    for (auto& kid : kids)
      starts.emplace_back([this, &kid] { kid = key_store(directory).load_signing_key().value().kid(); });
  }
  for (const auto& kid : kids) EXPECT_EQ(kid, kids.front());
}

TEST_F(KeyStore, RefusesAKeyOthersMayRead) {
  (void)store.load_signing_key();
  for (const mode_t mode : {0644U, 0640U, 0604U}) {
    ::chmod((directory / "signing.pem").c_str(), mode);
    EXPECT_THAT(refusal(), HasSubstr("run: chmod 0600"));
  }
  ::chmod((directory / "signing.pem").c_str(), 0400);
  EXPECT_TRUE(store.load_signing_key().has_value());
}

TEST_F(KeyStore, RefusesADirectoryOthersMayWrite) {
  (void)store.load_signing_key();
  ::chmod(directory.c_str(), 0770);
  EXPECT_THAT(refusal(), HasSubstr("chmod 0700"));
}

TEST_F(KeyStore, RefusesLinksAndDirectories) {
  (void)store.load_signing_key();
  fs::rename(directory / "signing.pem", directory / "elsewhere.pem");
  fs::create_symlink(directory / "elsewhere.pem", directory / "signing.pem");
  EXPECT_THAT(refusal(), HasSubstr("symbolic link"));
  fs::remove(directory / "signing.pem");
  fs::create_directory(directory / "signing.pem");
  EXPECT_THAT(refusal(), HasSubstr("not a regular file"));
}

TEST_F(KeyStore, RefusesADamagedKeyAndKeepsIt) {
  (void)store.load_signing_key();
  std::ifstream in(directory / "signing.pem");
  const std::string good(std::istreambuf_iterator<char>(in), {});
  const std::string bad[] = {"",
                             "x",
                             good.substr(0, good.size() / 2),
                             good + "x",
                             "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                             std::string(1 << 20, 'x')};
  for (const auto& text : bad) {
    std::ofstream(directory / "signing.pem", std::ios::trunc) << text;
    EXPECT_FALSE(store.load_signing_key().has_value());
    EXPECT_THAT(refusal(), HasSubstr("restore it from a backup"));
    EXPECT_EQ(fs::file_size(directory / "signing.pem"), text.size()) << "a damaged key is evidence, not rubbish";
  }
}

TEST_F(KeyStore, SaysWhatIsWrongWithTheDirectory) {
  std::ofstream(root / "data") << "a file where the data directory should be";
  EXPECT_THAT(refusal(), HasSubstr("cannot be made"));
}

TEST_F(KeyStore, ReadsWhatOpensslWrites) {
  fs::create_directories(directory);
  ::chmod(directory.c_str(), 0700);
  // RFC 8410 section 10.3, the private key of its example.
  std::ofstream(directory / "signing.pem")
      << "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END "
         "PRIVATE KEY-----\n";
  ::chmod((directory / "signing.pem").c_str(), 0600);
  EXPECT_TRUE(store.load_signing_key().has_value());
}

}  // namespace
}  // namespace evhost::security
